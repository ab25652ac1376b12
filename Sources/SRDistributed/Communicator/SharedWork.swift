import CMPIShim
import SRFiles
import SRTensor
import Synchronization

/// Ranks of one host that hold buffers in common. Each of them does a share of the work on these.
///
/// All ranks of a job have the same weights. So those of a host need them only once, and each rank can update and prepare a share
/// for the others. The shares follow cache lines or whole layers, so the results have the bits that one rank alone would compute.
///
/// Ranks share with those that run on the same memory nodes (NUMA), because others' memory is slower.
package final class SharedWork: Sendable {
  private let communicator: Communicator
  private let group: CommunicatorHandle?
  /// This rank's number in the group, and the number of ranks in it.
  private let index: Int
  private let count: Int
  /// The job's rank that is the first of the group.
  private let first: Int
  private let isJoined = Atomic(false)

  /// Nobody shares anything.
  package init() {
    communicator = Communicator()
    (group, index, count, first) = (nil, 0, 1, 0)
  }

  /// Finds the rank's group. Collective.
  package init(_ communicator: Communicator) throws {
    let places = try communicator.allGather(
      Place(host: communicator.firstLocalRank, memoryNodes: AvailableResources().memoryNodes))
    let place = places[communicator.rank]
    let members = places.indices.filter { places[$0] == place }
    self.communicator = communicator
    first = members[0]
    index = members.firstIndex(of: communicator.rank)!
    count = members.count
    // All or none: splitting is collective over the job.
    group =
      Set(places).count < places.count
      ? try communicator.split(color: first) : nil
  }

  /// Whether buffers are shared.
  package var isShared: Bool { isJoined.load(ordering: .relaxed) }

  /// The part of a work that thread `worker` of `workers` does on this rank: `index` of `count` parts.
  package func part(_ worker: Int, of workers: Int) -> (index: Int, count: Int) {
    isShared ? (index * workers + worker, count * workers) : (worker, workers)
  }

  /// Waits for the group's other ranks, if buffers are shared. All ranks of the group call this.
  package func wait(_ activity: RankActivity) throws(MPIError) {
    guard isShared, let group else { return }
    let phase = activity.state.phase
    activity.enter(.sharing)
    try MPIError.check(srdist_mpi_barrier(group.pointer), "MPI_Barrier", rank: communicator.rank)
    activity.enter(phase)
  }

  /// Puts the buffers of each group's first rank in the place of the others'. Collective over the job.
  ///
  /// A group that cannot share keeps its own buffers.
  ///
  /// - Parameters:
  ///   - buffers: in pages of their own. They have the same values on all ranks.
  ///   - workers: the threads of this rank. A group shares only if all its ranks have as many.
  /// - Returns: why a group does not share, a line for each such group; the same on all ranks.
  package func join(_ buffers: [AlignedBuffer], workers: Int) throws -> [String] {
    guard group != nil else { return [] }
    precondition(buffers.allSatisfy { $0.pageBytes > 0 }, "buffers that are shared lie in pages of their own")
    let bytes = buffers.reduce(0) { $0 + $1.pageBytes }
    var memory: SharedMemory?
    var offer = Offer(first: first, count: count, workers: workers, host: communicator.hostName)
    if count > 1, index == 0 {
      do {
        let made = try SharedMemory(bytes: bytes)
        try forEach(buffers) { buffer, offset in
          try made.write(UnsafeRawBufferPointer(start: buffer.pointer, count: buffer.pageBytes), at: offset)
        }
        memory = made
        offer.address = made.address
      } catch {
        offer.problem = "\(error)"
      }
    }
    let leader = try communicator.allGather(offer)[first]
    if count > 1, index > 0, let address = leader.address {
      do {
        guard leader.workers == workers else {
          throw Mismatch(
            description:
              "rank \(first) has \(leader.workers) threads, rank \(communicator.rank) has \(workers)")
        }
        memory = try SharedMemory(at: address, bytes: bytes)
      } catch {
        offer.problem = "\(error)"
      }
    }
    let problems = try communicator.allGather(offer).filter { $0.problem != nil }
    if count > 1, !problems.contains(where: { $0.first == first }), let memory {
      // From here on an error ends the job: some ranks may have others' pages.
      try forEach(buffers) { buffer, offset in
        try memory.replacePages(at: buffer.pointer, count: buffer.pageBytes, offset: offset)
      }
      isJoined.store(true, ordering: .relaxed)
    }
    // The first rank keeps the memory open until all have opened it.
    try withExtendedLifetime(memory) { try communicator.barrier() }
    var told: Set<Int> = []
    return problems.filter { told.insert($0.first).inserted }.map {
      "the \($0.count) ranks from rank \($0.first) on, on \($0.host), do not share their weights: \($0.problem ?? "")"
    }
  }

  private func forEach(_ buffers: [AlignedBuffer], _ body: (AlignedBuffer, Int) throws -> Void) rethrows {
    var offset = 0
    for buffer in buffers {
      try body(buffer, offset)
      offset += buffer.pageBytes
    }
  }

  private struct Place: Codable, Hashable {
    let host: Int
    let memoryNodes: [Int]
  }

  private struct Offer: Codable {
    let first: Int
    let count: Int
    let workers: Int
    let host: String
    var address: SharedMemory.Address?
    var problem: String?
  }

  private struct Mismatch: Error, CustomStringConvertible {
    let description: String
  }
}

extension Communicator {
  /// The ranks that give the same color. Collective.
  fileprivate func split(color: Int) throws(MPIError) -> CommunicatorHandle? {
    guard let handle else { return nil }
    var part: OpaquePointer?
    try MPIError.check(srdist_mpi_split(handle.pointer, CInt(color), &part), "MPI_Comm_split", rank: rank)
    return CommunicatorHandle(pointer: part!)
  }
}
