import CMPIShim

extension Communicator {
  /// `root`'s bytes on every rank. Only `root` knows how many they are. Collective.
  package func broadcast(_ bytes: [UInt8], from root: Int = 0) throws(MPIError) -> [UInt8] {
    preconditionRank(root)
    guard let handle, worldSize > 1 else { return bytes }
    var count = Int64(bytes.count)
    try MPIError.check(
      srdist_mpi_broadcast(handle.pointer, &count, Int64(MemoryLayout<Int64>.size), root: root),
      "MPI_Bcast", rank: rank)
    var result = rank == root ? bytes : [UInt8](repeating: 0, count: Int(count))
    try MPIError.check(
      srdist_mpi_broadcast(handle.pointer, &result, count, root: root), "MPI_Bcast", rank: rank)
    return result
  }

  /// Fills every rank's `buffer` with `root`'s floats. The buffer has the same count everywhere. Collective.
  package func broadcast(_ buffer: UnsafeMutableBufferPointer<Float>, from root: Int = 0) throws(MPIError) {
    preconditionRank(root)
    guard let handle, worldSize > 1, let base = buffer.baseAddress else { return }
    // MPI counts bytes in 32 bits, and an arena may be larger: it goes in pieces.
    let piece = 1 << 28
    for start in stride(from: 0, to: buffer.count, by: piece) {
      let bytes = Int64(min(piece, buffer.count - start) * MemoryLayout<Float>.stride)
      try MPIError.check(
        srdist_mpi_broadcast(handle.pointer, base + start, bytes, root: root), "MPI_Bcast", rank: rank)
    }
  }

  /// Every rank's bytes in rank order, on every rank. Each rank may pass another number of bytes. Collective.
  package func allGather(_ bytes: [UInt8]) throws(MPIError) -> [[UInt8]] {
    guard let handle, worldSize > 1 else { return [bytes] }
    let counts = try gatherCounts(bytes.count, handle)
    let offsets = startOffsets(counts)
    var all = [UInt8](repeating: 0, count: Int(offsets.last! + counts.last!))
    try MPIError.check(
      srdist_mpi_allgatherv(handle.pointer, bytes, Int64(bytes.count), &all, counts, offsets),
      "MPI_Allgatherv", rank: rank)
    return zip(offsets, counts).map { Array(all[Int($0)..<Int($0 + $1)]) }
  }

  /// Every rank's bytes in rank order on `root`, and nil on the others. Collective.
  package func gather(_ bytes: [UInt8], to root: Int = 0) throws(MPIError) -> [[UInt8]]? {
    preconditionRank(root)
    guard let handle, worldSize > 1 else { return [bytes] }
    let counts = try gatherCounts(bytes.count, handle)
    let offsets = startOffsets(counts)
    var all = [UInt8](repeating: 0, count: rank == root ? Int(offsets.last! + counts.last!) : 0)
    try MPIError.check(
      srdist_mpi_gatherv(
        handle.pointer, bytes, Int64(bytes.count), &all, counts, offsets, CInt(root)),
      "MPI_Gatherv", rank: rank)
    guard rank == root else { return nil }
    return zip(offsets, counts).map { Array(all[Int($0)..<Int($0 + $1)]) }
  }

  /// Every rank's numbers in rank order, on every rank. Each rank may pass another count. Collective.
  package func allGather(_ values: [Double]) throws(MPIError) -> [[Double]] {
    let parts = try allGather(values.withUnsafeBytes { Array($0) })
    return parts.map { part in
      part.withUnsafeBytes { bytes in
        (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self) }
      }
    }
  }

  /// Every rank's byte, in rank order on every rank. Collective, in one call of MPI.
  package func allGather(_ byte: UInt8) throws(MPIError) -> [UInt8] {
    guard let handle, worldSize > 1 else { return [byte] }
    var byte = byte
    var all = [UInt8](repeating: 0, count: worldSize)
    try MPIError.check(srdist_mpi_allgather(handle.pointer, &byte, 1, &all), "MPI_Allgather", rank: rank)
    return all
  }

  /// Per-sample values of the whole batch, in sample order on every rank. Collective, in one call of MPI.
  ///
  /// `local` holds `fields` values for each sample of this rank's share, sample by sample. A sum over the result from its
  /// start has the same bits on any number of ranks.
  package func gatherSampleValues(
    _ local: [Double], fields: Int, batchSize: Int
  ) throws(MPIError) -> [[Double]] {
    let share = ReductionTree.share(of: batchSize, rank: rank, worldSize: worldSize)
    precondition(
      local.count == share.count * fields,
      "\(share.count) samples of \(fields) values were expected, \(local.count) values given")
    var all = local
    if let handle, worldSize > 1 {
      // Every rank knows all shares. They are contiguous and in rank order, so their concatenation is in sample order.
      let sampleBytes = fields * MemoryLayout<Double>.stride
      let shares = (0..<worldSize).map {
        ReductionTree.share(of: batchSize, rank: $0, worldSize: worldSize)
      }
      all = [Double](repeating: 0, count: batchSize * fields)
      try MPIError.check(
        srdist_mpi_allgatherv(
          handle.pointer, local, Int64(share.count * sampleBytes), &all,
          shares.map { Int64($0.count * sampleBytes) }, shares.map { Int64($0.lowerBound * sampleBytes) }),
        "MPI_Allgatherv", rank: rank)
    }
    return (0..<batchSize).map { Array(all[$0 * fields..<($0 + 1) * fields]) }
  }

  private func gatherCounts(_ own: Int, _ handle: CommunicatorHandle) throws(MPIError) -> [Int64] {
    var count = Int64(own)
    var counts = [Int64](repeating: 0, count: worldSize)
    try MPIError.check(
      srdist_mpi_allgather(handle.pointer, &count, Int64(MemoryLayout<Int64>.size), &counts),
      "MPI_Allgather", rank: rank)
    return counts
  }

  private func startOffsets(_ counts: [Int64]) -> [Int64] {
    var next: Int64 = 0
    return counts.map { count in
      defer { next += count }
      return next
    }
  }
}

/// The same call with the root rank as an `Int`.
private func srdist_mpi_broadcast(
  _ communicator: OpaquePointer, _ bytes: UnsafeMutableRawPointer, _ count: Int64, root: Int
) -> CInt {
  CMPIShim.srdist_mpi_broadcast(communicator, bytes, count, CInt(root))
}
