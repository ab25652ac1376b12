import CMPIShim

/// An MPI call that failed on one rank.
package struct MPIError: Error, CustomStringConvertible, Sendable {
  /// MPI's name of the call, such as `MPI_Allgatherv`.
  package let call: String
  /// The rank on which the call failed; nil if MPI had not told the rank yet.
  package let rank: Int?
  /// MPI's error code. Negative codes are the shim's own.
  package let status: Int
  /// MPI's description of the code.
  package let message: String

  package var description: String {
    let place = rank.map { " on rank \($0)" } ?? ""
    return "\(call) failed\(place): \(message) (code \(status))"
  }

  init(call: String, rank: Int?, status: CInt) {
    self.call = call
    self.rank = rank
    self.status = Int(status)
    message = readCString { srdist_mpi_error_message(status, $0, $1) }
  }

  /// Turns a status of the shim into a thrown error.
  static func check(_ status: CInt, _ call: String, rank: Int?) throws(MPIError) {
    if status != 0 { throw MPIError(call: call, rank: rank, status: status) }
  }
}

/// The text that a C function writes into the buffer that it is given.
func readCString(_ write: (UnsafeMutablePointer<CChar>, CInt) -> Void) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 8192) { buffer in
    buffer[0] = 0
    write(buffer.baseAddress!, CInt(buffer.count))
    return String(cString: buffer.baseAddress!)
  }
}
