import Foundation
import SRFiles

/// Reads `metrics.jsonl`, and cuts it back.
package enum MetricsFile {
  /// The lines of the log at `path`. If the last line has no newline, a killed program did not finish it, and it is skipped.
  /// Throws ``MetricsLogError``.
  package static func read(_ path: String) throws -> [MetricsLine] {
    var lines: [MetricsLine] = []
    try forEachLine(try open(path)) { line, number in
      do {
        lines.append(try MetricsLine(parsing: line))
      } catch {
        throw notARecord(path, line, number)
      }
      return true
    }
    return lines
  }

  /// The records of epochs, and of validations within epochs, of the log at `path`. Throws ``MetricsLogError``.
  package static func epochs(_ path: String) throws -> [EpochRecord] {
    var epochs: [EpochRecord] = []
    try forEachLine(try open(path)) { line, number in
      do {
        let position = try MetricsLine.position(of: line)
        if position.isEpoch || position.isValidation { epochs.append(try MetricsLine.epoch(parsing: line)) }
      } catch {
        throw notARecord(path, line, number)
      }
      return true
    }
    return epochs
  }

  /// What a log tells of a run, sound or not.
  package struct Survey: Equatable, Sendable {
    package var epochs: [EpochRecord] = []
    /// The largest step of a line.
    package var steps = 0
    /// The numbers of complete lines that are no records.
    package var damagedLines: [Int] = []
    /// Whether the last line has no newline: the run is writing it, or was killed while it wrote.
    package var endsWithinLine = false

    package init(epochs: [EpochRecord] = [], steps: Int = 0) {
      self.epochs = epochs
      self.steps = steps
    }
  }

  /// The epochs, and the validations within them, of the log at `path`. Counts the lines that are no records, and passes over them. If an epoch has several lines, the
  /// last one counts. Throws ``MetricsLogError`` if the file cannot be read.
  package static func survey(_ path: String) throws -> Survey {
    let log = try open(path)
    var survey = Survey()
    survey.endsWithinLine = log.last.map { $0 != UInt8(ascii: "\n") } ?? false
    forEachLine(log) { line, number in
      do {
        let position = try MetricsLine.position(of: line)
        survey.steps = max(survey.steps, position.step ?? 0)
        guard position.isEpoch || position.isValidation else { return true }
        let epoch = try MetricsLine.epoch(parsing: line)
        survey.epochs.removeAll { $0.epochsDone >= epoch.epochsDone }
        survey.epochs.append(epoch)
      } catch {
        survey.damagedLines.append(number)
      }
      return true
    }
    return survey
  }

  /// The records of a log that was cut back to where a run resumes.
  package struct Kept: Equatable, Sendable {
    package var epochs: [EpochRecord] = []
    /// Absent if there is no step's line.
    package var lastStep: StepRecord?
    /// The lines.
    fileprivate var content = Data()
    /// Whether the log has more than these lines.
    fileprivate var cutsLog = false
  }

  /// Cuts the log at `path` back to where a run resumes, and returns what is left of it; nil if there is no log.
  ///
  /// Replaces the log atomically, and only if something goes; see ``kept(of:toStep:completedEpochs:validatedStep:progress:)``.
  ///
  /// - Parameter progress: called after each line.
  /// - Throws: ``MetricsLogError``.
  package static func truncate(
    _ path: String, toStep step: Int, completedEpochs: Int, validatedStep: Int = .max,
    progress: () -> Void = {}
  ) throws -> Kept? {
    let kept = try kept(
      of: path, toStep: step, completedEpochs: completedEpochs, validatedStep: validatedStep,
      progress: progress)
    if let kept, kept.cutsLog { try replace(path, with: kept.content) }
    return kept
  }

  /// What ``truncate(_:toStep:completedEpochs:validatedStep:progress:)`` leaves of the log at `path`; nil if there is no log. Changes nothing.
  ///
  /// Steps after `step` go, epochs after `completedEpochs`, validations within epochs after `validatedStep`, and an incomplete last
  /// line. The other lines keep their bytes.
  /// Lines after the last step and epoch that stay were perhaps never flushed, and after a power loss they may hold anything.
  /// So the log ends before the first of them that is not JSON. Throws ``MetricsLogError``.
  package static func kept(
    of path: String, toStep step: Int, completedEpochs: Int, validatedStep: Int = .max,
    progress: () -> Void = {}
  ) throws -> Kept? {
    let isThere = try MetricsLogError.translating("cannot be read") { try PathKind.of(path) != nil }
    guard isThere else { return nil }
    let log = try open(path)
    var kept = Data()
    var records = Kept()
    var lastStepLine: [UInt8]?
    var (hasStep, hasEpoch) = (step == 0, completedEpochs == 0)
    try forEachLine(log) { line, number in
      progress()
      guard let position = try? MetricsLine.position(of: line) else {
        if hasStep, hasEpoch { return false }
        throw MetricsLogError(
          path: path, line: number, "is not JSON that a run logs; \(Self.remedy): \(line.excerpt)")
      }
      if let lineStep = position.step, lineStep > step { return true }
      if position.isEpoch, let epoch = position.epoch, epoch > completedEpochs { return true }
      if position.isValidation, let lineStep = position.step, lineStep > validatedStep { return true }
      do {
        if position.isEpoch || position.isValidation {
          records.epochs.append(try MetricsLine.epoch(parsing: line))
        }
      } catch {
        throw notARecord(path, line, number)
      }
      if position.isStep {
        lastStepLine = line
        hasStep = hasStep || position.step == step
      }
      hasEpoch = hasEpoch || (position.isEpoch && position.epoch == completedEpochs)
      kept.append(contentsOf: line)
      kept.append(UInt8(ascii: "\n"))
      return true
    }
    records.lastStep = lastStepLine.flatMap { try? MetricsLine.step(parsing: $0) }
    records.content = kept
    records.cutsLog = kept.count < log.count
    return records
  }

  private static let remedy = "keep a copy of the file, and remove this line alone"

  /// Replaces the file at `path` atomically.
  static func replace(_ path: String, with content: Data) throws {
    try MetricsLogError.translating("cannot be written") {
      try DurableFileWriter.replace(path, with: content)
    }
  }

  private static func open(_ path: String) throws -> [UInt8] {
    try MetricsLogError.translating("cannot be read") { try OpenFile.contents(of: path) }
  }

  /// Calls `body` with each complete line, without its newline, and with its number from 1, until `body` returns false.
  private static func forEachLine(_ log: [UInt8], _ body: ([UInt8], Int) throws -> Bool) rethrows {
    var (start, number) = (0, 1)
    while let end = log[start...].firstIndex(of: UInt8(ascii: "\n")) {
      guard try body(Array(log[start..<end]), number) else { return }
      start = end + 1
      number += 1
    }
  }

  private static func notARecord(_ path: String, _ line: [UInt8], _ number: Int) -> MetricsLogError {
    MetricsLogError(
      path: path, line: number,
      "is not a record of a step or an epoch; \(Self.remedy): \(line.excerpt)")
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
