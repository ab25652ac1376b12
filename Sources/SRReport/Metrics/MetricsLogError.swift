/// `metrics.jsonl` or what is made of it cannot be read or written.
public struct MetricsLogError: Error, Equatable, Sendable, CustomStringConvertible {
  public let path: String
  /// From 1, where one line is at fault.
  public let line: Int?
  public let problem: String

  init(path: String, line: Int? = nil, _ problem: String) {
    self.path = path
    self.line = line
    self.problem = problem
  }

  public var description: String {
    line.map { "\(path), line \($0): \(problem)" } ?? "\(path): \(problem)"
  }
}
