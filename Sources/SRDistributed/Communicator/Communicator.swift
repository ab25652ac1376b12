import CMPIShim

/// The ranks of one job and the calls among them: a thin, throwing face of an MPI communicator.
///
/// Without a launcher (mpirun, srun) the process is rank 0 of 1 and MPI is not even initialised. Calls named
/// collective are made by every rank, in the same order. The calls may be made from any thread, but two
/// collectives of one communicator not at the same time.
package final class Communicator: Sendable {
  package let rank: Int
  /// Number of ranks.
  package let worldSize: Int
  /// Rank among those on the same host.
  package let localRank: Int
  /// Number of ranks on this host.
  package let localSize: Int
  /// Number of hosts.
  package let nodeCount: Int
  package let hostName: String

  /// MPI's communicator; nil without a launcher.
  let handle: CommunicatorHandle?

  /// All ranks of the job. Initialises MPI with `MPI_THREAD_MULTIPLE`; collective, once in a process.
  ///
  /// Throws ``MPIError`` where MPI cannot start or grants fewer threads.
  package static func world() throws(MPIError) -> Communicator {
    guard srdist_mpi_launched() else { return Communicator() }
    var provided: CInt = 0
    try MPIError.check(srdist_mpi_initialize(&provided), "MPI_Init_thread", rank: nil)
    var pointer: OpaquePointer?
    try MPIError.check(srdist_mpi_world(&pointer), "MPI_Comm_dup", rank: nil)
    return try Communicator(handle: CommunicatorHandle(pointer: pointer!))
  }

  /// This process alone: rank 0 of 1.
  package init() {
    (rank, worldSize, localRank, localSize, nodeCount) = (0, 1, 0, 1, 1)
    hostName = readCString { _ = srdist_mpi_processor_name($0, $1) }
    handle = nil
  }

  private init(handle: CommunicatorHandle) throws(MPIError) {
    var (rank, size, localRank, localSize): (CInt, CInt, CInt, CInt) = (0, 0, 0, 0)
    try MPIError.check(srdist_mpi_rank(handle.pointer, &rank), "MPI_Comm_rank", rank: nil)
    try MPIError.check(srdist_mpi_size(handle.pointer, &size), "MPI_Comm_size", rank: Int(rank))
    try MPIError.check(
      srdist_mpi_local(handle.pointer, &localRank, &localSize), "MPI_Comm_split_type", rank: Int(rank))
    var first: UInt8 = localRank == 0 ? 1 : 0
    var firsts = [UInt8](repeating: 0, count: Int(size))
    try MPIError.check(
      srdist_mpi_allgather(handle.pointer, &first, 1, &firsts), "MPI_Allgather", rank: Int(rank))
    self.rank = Int(rank)
    worldSize = Int(size)
    self.localRank = Int(localRank)
    self.localSize = Int(localSize)
    nodeCount = firsts.count { $0 == 1 }
    hostName = readCString { _ = srdist_mpi_processor_name($0, $1) }
    self.handle = handle
  }

  /// Whether a launcher started this process as one of its ranks, be it the only one.
  package var isLaunched: Bool { handle != nil }

  /// Name and version of the MPI library in use.
  package static var libraryVersion: String {
    readCString { srdist_mpi_library_version($0, $1) }
  }

  /// Waits until every rank has come here. Collective.
  package func barrier() throws(MPIError) {
    guard let handle else { return }
    try MPIError.check(srdist_mpi_barrier(handle.pointer), "MPI_Barrier", rank: rank)
  }

  /// Ends MPI before the process exits, for programs that exit with a status other than 0 on purpose.
  ///
  /// Collective. A process that exits with status 0 does so by itself; one that exits otherwise does not,
  /// since it would wait for ranks that wait for it. No call on any communicator is allowed afterwards.
  package func finalize() throws(MPIError) {
    guard handle != nil else { return }
    try MPIError.check(srdist_mpi_finalize(), "MPI_Finalize", rank: rank)
  }

  /// Ends all ranks of the job at once; the launcher exits with `code`.
  package func abort(_ code: Int) -> Never {
    srdist_mpi_abort(CInt(truncatingIfNeeded: code))
    fatalError("MPI_Abort returned")
  }
}

/// MPI's communicator; all its calls are thread-safe under `MPI_THREAD_MULTIPLE`.
///
/// It is never freed: `MPI_Comm_free` is collective, and a `deinit` runs at different times on each rank.
struct CommunicatorHandle: @unchecked Sendable {
  let pointer: OpaquePointer

  /// A communicator over the same ranks whose traffic never mixes with this one's. Collective.
  func duplicate(rank: Int) throws(MPIError) -> CommunicatorHandle {
    var copy: OpaquePointer?
    try MPIError.check(srdist_mpi_duplicate(pointer, &copy), "MPI_Comm_dup", rank: rank)
    return CommunicatorHandle(pointer: copy!)
  }
}
