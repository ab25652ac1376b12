import ArgumentParser
import Foundation
import SRFiles
import SRReport
import Synchronization

/// This process's standard error. Log lines, errors and the progress line share it: text clears the progress line first,
/// and the next step draws it again. Safe to use from several threads.
///
/// Each text is printed on one line, whatever it contains; see ``Swift/StringProtocol/onOneLine``. What has several lines is
/// printed line by line.
final class Console: Sendable {
  private let progress = Mutex(ProgressLine(stream: .standardError))
  private let started = ContinuousClock.now

  /// Draws the progress line if it is due.
  func show(_ work: some WorkProgress & Sendable) {
    progress.withLock { $0.update(work, at: ContinuousClock.now - started) }
  }

  /// Prints a line.
  func print(_ line: String) {
    progress.withLock {
      $0.clear()
      // A run does not stop because nobody reads its output any more.
      try? FileHandle.standardError.write(contentsOf: Data("\(line.onOneLine)\n".utf8))
    }
  }

  /// Prints an error.
  func complain(_ message: String) { print("srdist: error: \(message)") }

  /// Prints an error, which may have several lines.
  func complain(_ error: any Error) {
    let lines = (error as? any TextOfLines)?.lines ?? ["\(error)"]
    complain(lines[0])
    for line in lines.dropFirst() { print(line) }
  }

  /// Prints an error as the option parser does, with the command's usage if the options are wrong.
  func complain<Command: ParsableCommand>(_ error: any Error, of command: Command.Type) {
    let (message, text) = (command.message(for: error), command.fullMessage(for: error))
    guard let range = text.range(of: message) else { return print(text) }
    let lines = text.replacingCharacters(in: range, with: message.onOneLine)
    for line in lines.split(separator: "\n", omittingEmptySubsequences: false) { print(String(line)) }
  }

  /// Clears the progress line for good. Whatever is printed next begins on a line of its own.
  func endProgress() { progress.withLock { $0.clear() } }
}
