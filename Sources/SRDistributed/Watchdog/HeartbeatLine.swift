import CMPIShim

/// Carries heartbeats between rank 0 and every other rank, on a communicator of its own; one thread uses it.
///
/// Nothing here waits: a rank that is stopped receives nothing, and the next heartbeat to it is left out as long as
/// the one before is still under way.
final class HeartbeatLine {
  private let handle: CommunicatorHandle
  private let rank: Int
  private let peers: [Int]
  /// By peer. Allocated once and never freed: MPI may still read them when the process ends.
  private let outboxes: [UnsafeMutablePointer<Int64>]
  private var requests: [OpaquePointer?]
  private let inbox = UnsafeMutablePointer<Int64>.allocate(capacity: Heartbeat.fieldCount)
  private static let tag: CInt = 77

  /// Collective; nil for a rank that is alone.
  init?(_ communicator: Communicator) throws(MPIError) {
    guard let world = communicator.handle, communicator.worldSize > 1 else { return nil }
    rank = communicator.rank
    handle = try world.duplicate(rank: communicator.rank)
    peers = communicator.rank == 0 ? Array(1..<communicator.worldSize) : [0]
    outboxes = peers.map { _ in .allocate(capacity: Heartbeat.fieldCount) }
    requests = peers.map { _ in nil }
    inbox.initialize(repeating: 0, count: Heartbeat.fieldCount)
  }

  func send(_ heartbeat: Heartbeat) throws(MPIError) {
    for (index, peer) in peers.enumerated() {
      if requests[index] != nil {
        var isComplete = false
        try MPIError.check(srdist_mpi_test(&requests[index], &isComplete), "MPI_Test", rank: rank)
        if !isComplete { continue }
      }
      outboxes[index].update(from: heartbeat.fields, count: Heartbeat.fieldCount)
      try MPIError.check(
        srdist_mpi_start_send(
          handle.pointer, outboxes[index], Self.byteCount, CInt(peer), Self.tag, &requests[index]),
        "MPI_Isend", rank: rank)
    }
  }

  /// The next heartbeat that has come, and whose it is.
  func receive() throws(MPIError) -> (heartbeat: Heartbeat, rank: Int)? {
    var source: CInt = -1
    try MPIError.check(
      srdist_mpi_receive_available(handle.pointer, inbox, Self.byteCount, Self.tag, &source),
      "MPI_Improbe", rank: rank)
    guard source >= 0 else { return nil }
    let fields = (0..<Heartbeat.fieldCount).map { inbox[$0] }
    return (Heartbeat(fields: fields), Int(source))
  }

  private static let byteCount = Int64(Heartbeat.fieldCount * MemoryLayout<Int64>.stride)
}
