import SRFiles

/// A checkpoint cannot be written or used.
package enum CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The checkpoint at `path` was not written. Earlier ones are untouched.
  case notWritten(path: String, cause: FileError)
  /// The checkpoint at `path` is damaged. There is one problem for each file.
  case damaged(path: String, problems: [String])
  /// There is no checkpoint at `path`. `advice` says what may be meant.
  case absent(path: String, advice: String)
  /// The checkpoint was written by a newer program.
  case unknownFormat(path: String, version: Int)
  /// The checkpoint has no file of that name, such as `ema.safetensors`.
  case lacks(path: String, file: String)

  package var description: String {
    switch self {
    case .notWritten(let path, let cause):
      "checkpoint \(path) was not written; earlier ones are untouched: \(cause)"
    case .damaged(let path, let problems):
      "checkpoint \(path) is damaged: \(problems.joined(separator: "; "))"
    case .absent(let path, let advice):
      "there is no checkpoint at '\(path)': \(advice)"
    case .unknownFormat(let path, let version):
      "checkpoint \(path) has format version \(version), this program reads version "
        + "\(CheckpointState.currentFormatVersion)"
    case .lacks(let path, let file):
      "checkpoint \(path) holds no \(file)"
    }
  }
}
