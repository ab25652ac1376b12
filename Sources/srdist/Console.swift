import Foundation
import SRReport
import Synchronization

/// Standard error of this process, which log lines, errors and the progress line share: text clears the line first, and
/// the next step draws it again. Safe from several threads.
final class Console: Sendable {
  private let progress = Mutex(ProgressLine(stream: .standardError))
  private let started = ContinuousClock.now

  /// Draws the progress line, where it is time to.
  func show(_ step: TrainingProgress) {
    progress.withLock { $0.update(step, at: ContinuousClock.now - started) }
  }

  /// Prints a line.
  func print(_ line: String) {
    progress.withLock {
      $0.clear()
      // A reader that went away is no reason to stop.
      try? FileHandle.standardError.write(contentsOf: Data("\(line)\n".utf8))
    }
  }

  /// Prints what went wrong.
  func complain(_ message: String) { print("srdist: error: \(message)") }

  /// Clears the progress line for good, so that what comes next begins on a line of its own.
  func endProgress() { progress.withLock { $0.clear() } }
}
