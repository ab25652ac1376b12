import Foundation
import SRReport

/// The progress line on standard error.
final class ProgressDisplay {
  private var line = ProgressLine(stream: .standardError)
  private let started = ContinuousClock.now

  func show(_ progress: TrainingProgress) { line.update(progress, at: ContinuousClock.now - started) }
}
