import Foundation
import SRFiles

/// Reads `metrics.jsonl`, and cuts it back.
package enum MetricsFile {
  /// The lines of the log at `path`. If the last line has no newline, a killed program did not finish it, and it is skipped.
  /// Throws ``MetricsLogError``.
  package static func read(_ path: String) throws -> [MetricsLine] {
    try lines(path).enumerated().map { index, line in
      do {
        return try MetricsLine(parsing: line)
      } catch {
        throw MetricsLogError(
          path: path, line: index + 1,
          "is not a record of a step or an epoch; remove it first: \(line.excerpt)")
      }
    }
  }

  /// The epoch records of the log at `path`. Throws ``MetricsLogError``.
  package static func epochs(_ path: String) throws -> [EpochRecord] {
    try read(path).compactMap { if case .epoch(let record) = $0 { record } else { nil } }
  }

  /// Cuts the log at `path` back to where a run resumes. Removes steps after `step`, epochs after `completedEpochs`, and an
  /// incomplete last line. The other lines keep their bytes. If there is no log, does nothing.
  ///
  /// Replaces the log atomically. Throws ``MetricsLogError``.
  package static func truncate(_ path: String, toStep step: Int, completedEpochs: Int) throws {
    if let kept = try lines(of: path, upToStep: step, completedEpochs: completedEpochs) {
      try replace(path, with: kept)
    }
  }

  /// What ``truncate(_:toStep:completedEpochs:)`` leaves of the log at `path`; nil if there is no log. Throws
  /// ``MetricsLogError``.
  package static func lines(of path: String, upToStep step: Int, completedEpochs: Int) throws -> Data? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    var kept = Data()
    for (index, line) in try lines(path).enumerated() {
      guard let position = try? MetricsLine.position(of: line) else {
        throw MetricsLogError(path: path, line: index + 1, "is not JSON; remove it first: \(line.excerpt)")
      }
      if let lineStep = position.step, lineStep > step { continue }
      let isEpoch = position.kind == MetricsLine.Kind.epoch.rawValue
      if isEpoch, let epoch = position.epoch, epoch > completedEpochs { continue }
      kept.append(contentsOf: line)
      kept.append(UInt8(ascii: "\n"))
    }
    return kept
  }

  /// Replaces the file at `path` atomically.
  static func replace(_ path: String, with content: Data) throws {
    do {
      try DurableFileWriter.replace(path, with: content)
    } catch let error as FileError {
      throw MetricsLogError(path: path, "cannot be written: \(error.reason)")
    }
  }

  /// The complete lines, without their newlines.
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
