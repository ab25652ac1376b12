import SRDistributed

/// A check that every rank of a job runs.
protocol RankCheck {
  /// The program's argument that runs the check.
  static var name: String { get }
  /// Throws what is wrong. Returns a text to compare between runs.
  static func run(on communicator: Communicator) throws -> String
}

struct CheckFailure: Error, CustomStringConvertible {
  let description: String
}

/// Throws a message unless the condition holds.
func expect(_ condition: Bool, _ message: @autoclosure () -> String) throws {
  if !condition { throw CheckFailure(description: message()) }
}
