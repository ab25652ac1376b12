/// `metrics.jsonl` or what is made of it cannot be read or written.
package struct MetricsLogError: Error, Equatable, Sendable, CustomStringConvertible {
  package let path: String
  /// From 1, where one line is at fault.
  package let line: Int?
  package let problem: String

  init(path: String, line: Int? = nil, _ problem: String) {
    self.path = path
    self.line = line
    self.problem = problem
  }

  package var description: String {
    line.map { "\(path), line \($0): \(problem)" } ?? "\(path): \(problem)"
  }
}
