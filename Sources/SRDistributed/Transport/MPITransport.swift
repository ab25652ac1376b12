import CMPIShim

/// Collectives over MPI, on two communicators of its own.
///
/// MPI matches the collectives of a communicator by the order in which they start. All-to-alls start in bucket order, and so
/// do all-gathers, but how the two interleave depends on timing. Each kind has its own communicator, so one rank's
/// all-gather can never meet another's all-to-all.
struct MPITransport: ExchangeTransport {
  let rank: Int
  let worldSize: Int
  private let scatter: CommunicatorHandle
  private let gather: CommunicatorHandle

  /// Collective. Precondition: a launcher started the communicator's ranks.
  init(_ communicator: Communicator) throws(MPIError) {
    guard let handle = communicator.handle else {
      preconditionFailure("a rank without a launcher needs no transport")
    }
    rank = communicator.rank
    worldSize = communicator.worldSize
    scatter = try handle.duplicate(rank: rank)
    gather = try handle.duplicate(rank: rank)
  }

  func startAllToAll(
    _ type: GradientDataType, sent: WireSegments, received: WireSegments
  ) throws -> any ExchangeRequest {
    var request: OpaquePointer?
    try MPIError.check(
      srdist_mpi_start_alltoallv(
        scatter.pointer, CInt(type.byteCount), sent.base, sent.counts, sent.offsets, received.base,
        received.counts, received.offsets, &request),
      "MPI_Ialltoallv", rank: rank)
    return MPIRequest(request, call: "MPI_Ialltoallv", rank: rank)
  }

  func startAllGather(_ type: GradientDataType, _ buffer: WireSegments) throws -> any ExchangeRequest {
    var request: OpaquePointer?
    try MPIError.check(
      srdist_mpi_start_allgatherv(
        gather.pointer, CInt(type.byteCount), buffer.base, buffer.counts, buffer.offsets, &request),
      "MPI_Iallgatherv", rank: rank)
    return MPIRequest(request, call: "MPI_Iallgatherv", rank: rank)
  }

  func startAllReduce(_ buffer: UnsafeMutablePointer<Float>, count: Int) throws -> any ExchangeRequest {
    var request: OpaquePointer?
    try MPIError.check(
      srdist_mpi_start_allreduce_sum(gather.pointer, buffer, Int64(count), &request),
      "MPI_Iallreduce", rank: rank)
    return MPIRequest(request, call: "MPI_Iallreduce", rank: rank)
  }
}

private final class MPIRequest: ExchangeRequest {
  private var pointer: OpaquePointer?
  private let call: String
  private let rank: Int

  init(_ pointer: OpaquePointer?, call: String, rank: Int) {
    self.pointer = pointer
    self.call = call
    self.rank = rank
  }

  func isComplete() throws -> Bool {
    var complete = false
    try MPIError.check(srdist_mpi_test(&pointer, &complete), "MPI_Test (\(call))", rank: rank)
    return complete
  }
}
