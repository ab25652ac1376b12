import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A point that all workers reach before any goes on. They wait without sleeping, because they wait for microseconds, and many
/// times: falling asleep and waking would take longer.
package final class SpinBarrier: Sendable {
  private let count: Int
  private let arrived = Atomic(0)
  private let round = Atomic(0)

  /// Looks at the others before a waiting worker gives its core to another thread, which may be one of them.
  private static let looks = 4000

  package init(count: Int) { self.count = count }

  package func wait() {
    guard count > 1 else { return }
    let current = round.load(ordering: .acquiring)
    if arrived.add(1, ordering: .acquiringAndReleasing).newValue == count {
      arrived.store(0, ordering: .relaxed)
      round.store(current + 1, ordering: .releasing)
      return
    }
    var looks = 0
    while round.load(ordering: .acquiring) == current {
      looks += 1
      if looks > Self.looks { sched_yield() }
    }
  }
}
