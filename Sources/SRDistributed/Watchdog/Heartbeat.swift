/// What a rank's watchdog tells the others, again and again.
package struct Heartbeat: Equatable, Sendable {
  package var phase: RunPhase
  package var step: Int
  /// Seconds since the rank's last sign of progress.
  package var stalledSeconds: Double

  package init(phase: RunPhase, step: Int, stalledSeconds: Double) {
    self.phase = phase
    self.step = step
    self.stalledSeconds = stalledSeconds
  }

  /// On the wire: phase, step, milliseconds.
  static let fieldCount = 3

  var fields: [Int64] { [Int64(phase.rawValue), Int64(step), Int64(stalledSeconds * 1000)] }
}

extension Heartbeat {
  init(fields: [Int64]) {
    phase = RunPhase(rawValue: Int(fields[0])) ?? .starting
    step = Int(fields[1])
    stalledSeconds = Double(fields[2]) / 1000
  }
}
