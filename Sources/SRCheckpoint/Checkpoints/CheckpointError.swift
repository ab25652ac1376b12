import SRFiles

/// A checkpoint cannot be written or used.
package enum CheckpointError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The checkpoint at `path` was not written. Earlier ones are untouched.
  case notWritten(path: String, cause: FileError)
  /// The checkpoint at `path` is complete and has its name, which may not survive a power failure.
  case notSettled(path: String, cause: FileError)
  /// The checkpoint at `path` is damaged. There is one problem for each file.
  case damaged(path: String, problems: [String])
  /// The checkpoint at `path` could not be read this time. It may be sound. There is one problem for each file.
  case unread(path: String, problems: [String])
  /// The checkpoint at `path` is as it was written, but its state makes no sense.
  case senseless(path: String, problem: String)
  /// No checkpoint can be written into the folder at `path`.
  case unusableFolder(path: String, cause: FileError)
  /// There is no checkpoint at `path`. `advice` says what may be meant.
  case absent(path: String, advice: String)
  /// The checkpoint was written by a newer program.
  case unknownFormat(path: String, version: Int)
  /// The checkpoint has no file of that name, such as `ema.safetensors`.
  case lacks(path: String, file: String)
  /// Averaged weights were asked for, and the checkpoint has none.
  case lacksAverage(path: String)

  package var description: String {
    switch self {
    case .notWritten(let path, let cause):
      "checkpoint \(path) was not written; earlier ones are untouched: \(cause)"
    case .notSettled(let path, let cause):
      "checkpoint \(path) was written and is in its place, but may be lost if the power fails: \(cause)"
    case .damaged(let path, let problems):
      "checkpoint \(path) is damaged: \(problems.joined(separator: "; "))"
    case .unread(let path, let problems):
      "checkpoint \(path) could not be read this time, and may be sound: \(problems.joined(separator: "; ")). "
        + "Try again when it can be read, or name another checkpoint"
    case .senseless(let path, let problem):
      "checkpoint \(path) cannot be used, although its files are as they were written: \(problem). Name another checkpoint, "
        + "or move this one elsewhere"
    case .unusableFolder(let path, let cause):
      "checkpoints cannot be written" + (cause.path.hasPrefix(path) ? "" : " to \(path)") + ": \(cause)"
    case .absent(let path, let advice):
      "there is no checkpoint at '\(path)': \(advice)"
    case .unknownFormat(let path, let version):
      "checkpoint \(path) has format version \(version), this program reads version "
        + "\(CheckpointState.currentFormatVersion); use the program that wrote it, or name another checkpoint"
    case .lacks(let path, let file):
      "checkpoint \(path) holds no \(file)"
    case .lacksAverage(let path):
      "checkpoint \(path) holds no averaged weights, because its run kept no average (--ema-decay); leave out --ema"
    }
  }
}
