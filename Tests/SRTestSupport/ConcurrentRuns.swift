import Foundation

/// Children that run at once, each waited for by a thread of its own. The test runner has as many threads as there are cores, and
/// children that mostly sleep would keep them from other tests.
package actor ConcurrentRuns {
  private var free: Int
  private var queue: [CheckedContinuation<Void, Never>] = []

  /// - Parameter atOnce: how many run at once at most.
  package init(atOnce count: Int) { free = count }

  /// As ``ChildRun/init(_:_:environment:)``.
  package func run(_ executable: String, _ arguments: [String], environment: [String: String]) async throws
    -> ChildRun
  {
    if free > 0 { free -= 1 } else { await withCheckedContinuation { queue.append($0) } }
    // A run that ends makes its place free, or gives it to the next.
    defer { if queue.isEmpty { free += 1 } else { queue.removeFirst().resume() } }
    return try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result { try ChildRun(executable, arguments, environment: environment) })
      }
    }
  }
}
