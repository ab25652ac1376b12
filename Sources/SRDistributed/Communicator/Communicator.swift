import CMPIShim
import Foundation

/// The ranks of one job and the calls among them: a thin wrapper over an MPI communicator that throws.
///
/// Without a launcher (mpirun, srun) the process is rank 0 of 1, and MPI is not even initialised. Every rank makes the
/// calls that are named collective, in the same order. Calls may come from any thread, but two collectives of one
/// communicator may not run at the same time.
package final class Communicator: Sendable {
  package let rank: Int
  /// Number of ranks.
  package let worldSize: Int
  /// Rank among those on the same host.
  package let localRank: Int
  /// Number of ranks on this host.
  package let localSize: Int
  /// The first rank on this host.
  package let firstLocalRank: Int
  /// Number of hosts.
  package let nodeCount: Int
  package let hostName: String

  /// MPI's communicator; nil without a launcher.
  let handle: CommunicatorHandle?

  /// All ranks of the job. Initialises MPI with `MPI_THREAD_MULTIPLE`. Collective; call it once in a process.
  ///
  /// Throws ``MPIError`` if MPI cannot start or grants less thread support.
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
    (rank, worldSize, localRank, localSize, firstLocalRank, nodeCount) = (0, 1, 0, 1, 0, 1)
    hostName = readCString { _ = srdist_mpi_processor_name($0, $1) }
    handle = nil
  }

  private init(handle: CommunicatorHandle) throws(MPIError) {
    var (rank, size, localRank, localSize, first): (CInt, CInt, CInt, CInt, CInt) = (0, 0, 0, 0, 0)
    try MPIError.check(srdist_mpi_rank(handle.pointer, &rank), "MPI_Comm_rank", rank: nil)
    try MPIError.check(srdist_mpi_size(handle.pointer, &size), "MPI_Comm_size", rank: Int(rank))
    try MPIError.check(
      srdist_mpi_local(handle.pointer, &localRank, &localSize, &first), "MPI_Comm_split_type",
      rank: Int(rank))
    var isFirst: UInt8 = localRank == 0 ? 1 : 0
    var firsts = [UInt8](repeating: 0, count: Int(size))
    try MPIError.check(
      srdist_mpi_allgather(handle.pointer, &isFirst, 1, &firsts), "MPI_Allgather", rank: Int(rank))
    self.rank = Int(rank)
    worldSize = Int(size)
    self.localRank = Int(localRank)
    self.localSize = Int(localSize)
    firstLocalRank = Int(first)
    nodeCount = firsts.count { $0 == 1 }
    hostName = readCString { _ = srdist_mpi_processor_name($0, $1) }
    self.handle = handle
  }

  /// Whether a launcher started this process as one of its ranks, even if it is the only one.
  package var isLaunched: Bool { handle != nil }

  /// Name and version of the MPI library in use.
  package static var libraryVersion: String {
    readCString { srdist_mpi_library_version($0, $1) }
  }

  /// Waits until every rank has called this. Collective.
  package func barrier() throws(MPIError) {
    guard let handle else { return }
    try MPIError.check(srdist_mpi_barrier(handle.pointer), "MPI_Barrier", rank: rank)
  }

  /// Ends MPI, for a program that is about to exit with a status other than 0 on purpose. Collective.
  ///
  /// A process that exits with status 0 ends MPI by itself. One that exits with another status does not: it would wait
  /// for ranks that wait for it. No call on any communicator is allowed afterwards.
  package func finalize() throws(MPIError) {
    guard handle != nil else { return }
    try MPIError.check(srdist_mpi_finalize(), "MPI_Finalize", rank: rank)
  }

  /// Ends all ranks of the job at once. The launcher exits with `code`.
  ///
  /// If standard error is a pipe that nobody empties, or MPI hangs, this process still ends after a few seconds, and the launcher
  /// ends the others.
  /// - Parameter saying: says why, on standard error.
  package func abort(_ code: Int, saying: () -> Void = {}) -> Never {
    Self.boundEnd(code)
    saying()
    srdist_mpi_abort(CInt(truncatingIfNeeded: code))
    fatalError("MPI_Abort returned")
  }

  /// Ends this process at once. The launcher then ends the other ranks. May be called while another thread is inside MPI.
  ///
  /// - Parameter saying: as for ``abort(_:saying:)``.
  static func exit(_ code: Int, saying: () -> Void) -> Never {
    boundEnd(code)
    saying()
    _exit(CInt(truncatingIfNeeded: code))
  }

  private static func boundEnd(_ code: Int) { srdist_mpi_exit_within(10, CInt(truncatingIfNeeded: code)) }

  /// This process's rank as the launcher's variables tell it, before MPI starts: those of mpirun, `srun --mpi=pmix` and PMI
  /// launchers. 0 without a launcher.
  package static var launchedRank: Int {
    let environment = ProcessInfo.processInfo.environment
    return ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"].lazy
      .compactMap { environment[$0].flatMap { Int($0) } }.first ?? 0
  }
}

extension Communicator {
  /// Sends bytes to one rank, which receives as many with the same tag.
  package func send(_ bytes: UnsafeRawBufferPointer, to destination: Int, tag: Int = 0) throws(MPIError) {
    preconditionRank(destination)
    guard let handle else { preconditionFailure("a rank without a launcher has no other rank to send to") }
    try MPIError.check(
      srdist_mpi_send(
        handle.pointer, bytes.baseAddress, Int64(bytes.count), CInt(destination), CInt(tag)),
      "MPI_Send", rank: rank)
  }

  /// Fills `bytes` with what `source` sends with the same tag.
  package func receive(
    _ bytes: UnsafeMutableRawBufferPointer, from source: Int, tag: Int = 0
  ) throws(MPIError) {
    preconditionRank(source)
    guard let handle else {
      preconditionFailure("a rank without a launcher has no other rank to receive from")
    }
    try MPIError.check(
      srdist_mpi_receive(
        handle.pointer, bytes.baseAddress, Int64(bytes.count), CInt(source), CInt(tag)),
      "MPI_Recv", rank: rank)
  }

  func preconditionRank(_ other: Int) {
    precondition((0..<worldSize).contains(other), "rank \(other) of \(worldSize) does not exist")
  }
}

/// MPI's communicator. All its calls are thread-safe under `MPI_THREAD_MULTIPLE`.
///
/// It is never freed: `MPI_Comm_free` is collective, and a `deinit` runs at a different time on each rank.
struct CommunicatorHandle: @unchecked Sendable {
  let pointer: OpaquePointer

  /// A communicator over the same ranks. Its traffic never mixes with this one's. Collective.
  func duplicate(rank: Int) throws(MPIError) -> CommunicatorHandle {
    var copy: OpaquePointer?
    try MPIError.check(srdist_mpi_duplicate(pointer, &copy), "MPI_Comm_dup", rank: rank)
    return CommunicatorHandle(pointer: copy!)
  }
}
