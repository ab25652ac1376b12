import Foundation
import Synchronization

/// Threads that do nothing but count, as busy as a trainer's workers: what they count less of while something else goes
/// on is the time that it takes from them.
final class SpinningWorkers: Sendable {
  private let shared: Shared

  init(count: Int) {
    let shared = Shared()
    self.shared = shared
    for _ in 0..<count {
      Thread { shared.spin() }.start()
    }
  }

  deinit { shared.state.store(Shared.ended, ordering: .releasing) }

  /// Turns counted by all threads so far.
  var turns: Int { shared.turns.load(ordering: .relaxed) }

  func start() { shared.state.store(Shared.running, ordering: .releasing) }
  func pause() { shared.state.store(Shared.paused, ordering: .releasing) }

  private final class Shared: Sendable {
    static let (paused, running, ended) = (0, 1, 2)
    let state = Atomic(Shared.paused)
    let turns = Atomic(0)

    func spin() {
      while true {
        switch state.load(ordering: .acquiring) {
        case Shared.running:
          // Some microseconds; long enough for the shared counter to cost nothing.
          var value = UInt64(truncatingIfNeeded: turns.load(ordering: .relaxed))
          for _ in 0..<4096 { value = value &* 6_364_136_223_846_793_005 &+ 1 }
          // The sum depends on the loop, lest the compiler leave it out.
          turns.add(value == 0 ? 2 : 1, ordering: .relaxed)
        case Shared.ended: return
        default: Thread.sleep(forTimeInterval: 1e-4)
        }
      }
    }
  }
}
