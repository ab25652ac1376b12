/// A rank that keeps a job from getting on.
package struct StallReport: Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    /// The whole process is stopped, gone or cut off: its watchdog does not answer.
    case silent
    /// Its watchdog answers, but the training makes no progress.
    case stuck
    /// All ranks wait for each other; this one is the furthest behind.
    case deadlock
  }

  package let kind: Kind
  package let rank: Int
  package let host: String
  package let processIdentifier: Int
  /// Where the rank was last seen, from 1; 0 before the first step.
  package let step: Int
  package let phase: RunPhase
  package let seconds: Double

  package var description: String {
    let who = "rank \(rank) on \(host) (pid \(processIdentifier))"
    let place = "in \(phase.name) of step \(step)"
    let time = "\((seconds * 10).rounded() / 10) s"
    return switch kind {
    case .silent: "\(who) has not answered for \(time); it was last seen \(place)"
    case .stuck: "\(who) has made no progress for \(time) \(place)"
    case .deadlock:
      "all ranks have waited for each other for \(time); \(who) is the furthest behind, \(place)"
    }
  }
}
