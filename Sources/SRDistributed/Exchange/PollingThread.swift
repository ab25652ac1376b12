import Foundation
import SRProcess

/// A thread that polls an exchange from ``start()`` until the exchange is finished. It sleeps between steps.
final class PollingThread: Sendable {
  /// Pauses between polls that find nothing to do: the first pause, and the longest that pauses double to. A poll that
  /// interrupts a worker takes the core and some of the cache from it. A poll that comes late only delays a transfer that is
  /// hidden anyway. Once somebody waits for the end, all pauses are short.
  private static let pauses: (first: TimeInterval, longest: TimeInterval) = (200e-6, 800e-6)

  private let shared = Shared()

  init(
    name: String, poll: @escaping @Sendable () throws -> ExchangeProgress
  ) throws(ThreadError) {
    let shared = shared
    try SystemThread.start(name) {
      while shared.waitForStart() {
        shared.end(Result { try Self.pollUntilFinished(poll, shared) })
      }
    }
  }

  deinit { shared.stop() }

  /// Begins to poll. Precondition: ``wait()`` has returned for the run before.
  func start() { shared.start() }

  /// Blocks until the poll reports the end. Throws the error that the poll threw, if any.
  func wait() throws { try shared.waitForEnd() }

  private static func pollUntilFinished(
    _ poll: () throws -> ExchangeProgress, _ shared: Shared
  ) throws {
    var pause = pauses.first
    while true {
      switch try poll() {
      case .finished: return
      case .advanced: pause = pauses.first
      case .waiting:
        Thread.sleep(forTimeInterval: pause)
        pause = shared.isEndAwaited ? pauses.first : min(2 * pause, pauses.longest)
      }
    }
  }

  /// What both threads share. It is an object of its own, so that the running thread does not keep its owner alive.
  private final class Shared: @unchecked Sendable {
    private enum Phase {
      case idle
      case running
      case ended(Result<Void, any Error>)
      case stopped
    }

    private let condition = Condition()
    // Guarded by `condition`.
    private var phase = Phase.idle
    private var isAwaited = false

    func start() {
      condition.withLock {
        guard case .idle = phase else {
          preconditionFailure("an exchange was started before the previous one was waited for")
        }
        phase = .running
        condition.broadcast()
      }
    }

    func stop() {
      condition.withLock {
        phase = .stopped
        condition.broadcast()
      }
    }

    /// False if the thread is to end.
    func waitForStart() -> Bool {
      condition.withLock {
        while true {
          switch phase {
          case .running: return true
          case .stopped: return false
          case .idle, .ended: condition.wait()
          }
        }
      }
    }

    /// Whether some thread is in ``waitForEnd()``.
    var isEndAwaited: Bool { condition.withLock { isAwaited } }

    func end(_ result: Result<Void, any Error>) {
      condition.withLock {
        if case .stopped = phase { return }
        phase = .ended(result)
        condition.broadcast()
      }
    }

    func waitForEnd() throws {
      try condition.withLock {
        isAwaited = true
        defer { isAwaited = false }
        while true {
          switch phase {
          case .ended(let result):
            phase = .idle
            return try result.get()
          case .idle, .stopped: preconditionFailure("waiting for an exchange that was not started")
          case .running: condition.wait()
          }
        }
      }
    }
  }
}
