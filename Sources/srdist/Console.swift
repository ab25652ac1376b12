import Foundation
import SRReport
import Synchronization

/// This process's standard error. Log lines, errors and the progress line share it: text clears the progress line first,
/// and the next step draws it again. Safe to use from several threads.
final class Console: Sendable {
  private let progress = Mutex(ProgressLine(stream: .standardError))
  private let started = ContinuousClock.now

  /// Draws the progress line if it is due.
  func show(_ step: TrainingProgress) {
    progress.withLock { $0.update(step, at: ContinuousClock.now - started) }
  }

  /// Prints a line.
  func print(_ line: String) {
    progress.withLock {
      $0.clear()
      // A run does not stop because nobody reads its output any more.
      try? FileHandle.standardError.write(contentsOf: Data("\(line)\n".utf8))
    }
  }

  /// Prints an error.
  func complain(_ message: String) { print("srdist: error: \(message)") }

  /// Clears the progress line for good. Whatever is printed next begins on a line of its own.
  func endProgress() { progress.withLock { $0.clear() } }
}
