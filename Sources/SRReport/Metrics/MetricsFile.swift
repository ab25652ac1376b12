import Foundation
import SRFiles

/// Reading `metrics.jsonl`, and cutting it back.
package enum MetricsFile {
  /// The lines of the log at `path`. A last line without its newline is one that a killed program did not
  /// finish, and is passed over. Throws ``MetricsLogError``.
  package static func read(_ path: String) throws -> [MetricsLine] {
    try lines(path).enumerated().map { index, line in
      do {
        return try MetricsLine(parsing: line)
      } catch {
        throw MetricsLogError(
          path: path, line: index + 1,
          "is no record of a step or an epoch, remove it to go on: \(line.excerpt)")
      }
    }
  }

  /// The epoch records of the log at `path`. Throws ``MetricsLogError``.
  package static func epochs(_ path: String) throws -> [EpochRecord] {
    try read(path).compactMap { if case .epoch(let record) = $0 { record } else { nil } }
  }

  /// Cuts the log at `path` back to where a run resumes: steps after `step` and epochs after
  /// `completedEpochs` go, and so does a torn last line. What stays keeps its bytes. A log that does not
  /// exist is left so.
  ///
  /// The log is replaced in one move. Throws ``MetricsLogError``.
  package static func truncate(_ path: String, toStep step: Int, completedEpochs: Int) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    var kept = Data()
    for (index, line) in try lines(path).enumerated() {
      guard let position = try? MetricsLine.position(of: line) else {
        throw MetricsLogError(path: path, line: index + 1, "is not JSON, remove it to go on: \(line.excerpt)")
      }
      if let lineStep = position.step, lineStep > step { continue }
      let isEpoch = position.kind == MetricsLine.Kind.epoch.rawValue
      if isEpoch, let epoch = position.epoch, epoch > completedEpochs { continue }
      kept.append(contentsOf: line)
      kept.append(UInt8(ascii: "\n"))
    }
    try replace(path, with: kept)
  }

  /// Puts a new file in the place of `path` in one move.
  static func replace(_ path: String, with content: Data) throws {
    do {
      try DurableFileWriter.replace(path, with: content)
    } catch let error as FileError {
      throw MetricsLogError(path: path, "cannot be written: \(error.reason)")
    }
  }

  /// The finished lines, without their newlines.
  private static func lines(_ path: String) throws -> [[UInt8]] {
    let content: Data
    do {
      content = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw MetricsLogError(path: path, "cannot be read: \(reason(error))")
    }
    let newline = UInt8(ascii: "\n")
    guard let last = content.lastIndex(of: newline) else { return [] }
    return content[..<last].split(separator: newline, omittingEmptySubsequences: false).map { Array($0) }
  }

  private static func reason(_ error: any Error) -> String {
    if let system = (error as? CocoaError)?.underlying as? POSIXError {
      return String(cString: strerror(system.code.rawValue))
    }
    return error.localizedDescription
  }
}

extension [UInt8] {
  /// The beginning of a line, for an error's text.
  fileprivate var excerpt: String {
    String(decoding: prefix(60), as: UTF8.self) + (count > 60 ? "..." : "")
  }
}
