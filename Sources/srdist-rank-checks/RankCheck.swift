import SRDistributed

/// Something to be seen on every rank of a job.
protocol RankCheck {
  /// The program's argument that runs it.
  static var name: String { get }
  /// Throws what is wrong; returns what is worth comparing between runs.
  static func run(on communicator: Communicator) throws -> String
}

struct CheckFailure: Error, CustomStringConvertible {
  let description: String
}

/// Throws a message unless the condition holds.
func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
  if !condition { throw CheckFailure(description: message()) }
}
