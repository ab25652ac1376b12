import CMPIShim

extension Communicator {
  /// Sends bytes to one rank, which receives as many with the same tag.
  package func send(_ bytes: UnsafeRawBufferPointer, to destination: Int, tag: Int = 0) throws(MPIError) {
    preconditionRank(destination)
    guard let handle else { preconditionFailure("a rank without a launcher has nobody to send to") }
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
    guard let handle else { preconditionFailure("a rank without a launcher has nobody to receive from") }
    try MPIError.check(
      srdist_mpi_receive(
        handle.pointer, bytes.baseAddress, Int64(bytes.count), CInt(source), CInt(tag)),
      "MPI_Recv", rank: rank)
  }
}
