import Foundation
import SRFiles

/// How far some work has come, for a person to read.
package protocol WorkProgress {
  /// Parts of the work that are done, and all of them.
  var done: Int { get }
  var total: Int { get }

  /// One line of text. `remaining` is the time that is left; nil if it is not known yet.
  func text(remaining: Duration?) -> String
}

/// The progress of a run after a step.
package struct TrainingProgress: WorkProgress, Equatable, Sendable {
  /// The epoch's number, from 1.
  package var epoch: Int
  package var epochs: Int
  /// Completed steps of the epoch.
  package var stepInEpoch: Int
  package var stepsPerEpoch: Int
  package var loss: Double
  package var imagesPerSecond: Double

  package init(
    epoch: Int, epochs: Int, stepInEpoch: Int, stepsPerEpoch: Int, loss: Double, imagesPerSecond: Double
  ) {
    self.epoch = epoch
    self.epochs = epochs
    self.stepInEpoch = stepInEpoch
    self.stepsPerEpoch = stepsPerEpoch
    self.loss = loss
    self.imagesPerSecond = imagesPerSecond
  }

  /// Completed steps of all epochs.
  package var done: Int { (epoch - 1) * stepsPerEpoch + stepInEpoch }
  package var total: Int { epochs * stepsPerEpoch }

  package func text(remaining: Duration?) -> String {
    let parts = [
      "epoch \(epoch)/\(epochs)", "step \(stepInEpoch)/\(stepsPerEpoch)", "loss \(loss.significant(5))",
      "\(imagesPerSecond.significant(3)) images/s", remaining.map { "\($0.clock) left" },
    ]
    return parts.compactMap { $0 }.joined(separator: "  ")
  }
}

/// The progress of work at files, such as pictures.
package struct FileProgress: WorkProgress, Sendable {
  /// What the files are called, such as `pictures`.
  package let noun: String
  package let files: Int
  package var filesDone = 0
  /// In any unit of work.
  package var done = 0
  package let total: Int

  package init(_ noun: String, files: Int, total: Int) {
    self.noun = noun
    self.files = files
    self.total = total
  }

  package func text(remaining: Duration?) -> String {
    let percent = total > 0 ? 100 * done / total : 100
    let parts = ["\(filesDone)/\(files) \(noun)", "\(percent)%", remaining.map { "\($0.clock) left" }]
    return parts.compactMap { $0 }.joined(separator: "  ")
  }
}

extension Duration {
  /// Hours, minutes and seconds as `1:02:03` or `2:03`.
  fileprivate var clock: String {
    let seconds = max(0, Int(components.seconds))
    let padded = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return (hours > 0 ? "\(hours):\(padded(minutes))" : "\(minutes)") + ":\(padded(seconds % 60))"
  }
}

/// Shows progress. A terminal has one line that is redrawn. Elsewhere, as in a batch system's log file, a plain line
/// appears from time to time.
package struct ProgressLine {
  /// A reader cannot follow faster changes.
  static let terminalInterval = Duration.milliseconds(100)
  static let plainInterval = Duration.seconds(30)

  private let isTerminal: Bool
  private let write: (String) -> Void
  private var first: (time: Duration, done: Int)?
  private var lastShown: Duration?
  private var isDrawn = false

  /// Shows progress on `stream`.
  package init(stream: FileHandle) {
    self.init(isTerminal: isatty(stream.fileDescriptor) == 1) { text in
      // If the reader has gone away, the work continues.
      try? stream.write(contentsOf: Data(text.utf8))
    }
  }

  /// Shows progress through `write`.
  package init(isTerminal: Bool, write: @escaping (String) -> Void) {
    self.isTerminal = isTerminal
    self.write = write
  }

  /// Notes some progress, and shows it if the last line is old enough.
  ///
  /// - Parameter now: the time since any fixed moment.
  package mutating func update(_ progress: some WorkProgress, at now: Duration) {
    let first = self.first ?? (now, progress.done)
    self.first = first
    let interval = isTerminal ? Self.terminalInterval : Self.plainInterval
    let isLast = progress.done == progress.total
    if let lastShown, now - lastShown < interval, !isLast { return }
    lastShown = now
    let steps = progress.done - first.done
    let left = Double(progress.total - progress.done)
    let remaining = steps > 0 ? (now - first.time) * (left / Double(steps)) : nil
    let text = progress.text(remaining: remaining)
    // Return to the start of the line, clear the line, and draw it again.
    write(isTerminal ? "\r\u{1B}[K\(text)" : "\(text)\n")
    isDrawn = isTerminal
  }

  /// Clears the line, so that other text can be printed. The next update draws the line again.
  package mutating func clear() {
    if isDrawn { write("\r\u{1B}[K") }
    isDrawn = false
    lastShown = isTerminal ? nil : lastShown
  }
}
