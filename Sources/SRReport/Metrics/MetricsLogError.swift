/// `metrics.jsonl`, or a file that is made from it, cannot be read or written.
package struct MetricsLogError: Error, Equatable, Sendable, CustomStringConvertible {
  package let path: String
  /// The line at fault, from 1; nil if the error concerns the whole file.
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
