import Foundation
import SRDistributed
import SRProcess
import Synchronization

/// What signals ask of a run. The run does it at its next step boundary.
///
/// `SIGHUP`, `SIGINT`, `SIGTERM` and `SIGUSR1`: write a checkpoint and stop. A second of these signals ends the process at once.
/// `SIGUSR2`: write a checkpoint and continue.
package struct RunRequests: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  static let stop = RunRequests(rawValue: 1)
  static let checkpoint = RunRequests(rawValue: 2)

  /// The requests since the last call, to this process and to the other ranks. Collective, in one call of MPI.
  ///
  /// A signal reaches the ranks at different moments. All ranks do what any of them was asked to do.
  static func take(_ communicator: Communicator) throws -> RunRequests {
    let own = received.exchange(0, ordering: .relaxed)
    return try communicator.allGather(own).reduce(into: []) { $0.formUnion(.init(rawValue: $1)) }
  }

  /// Whether this process was asked to stop, and the ranks have not told each other yet.
  static var isStopPending: Bool { RunRequests(rawValue: received.load(ordering: .relaxed)).contains(.stop) }
}

extension RunRequests {
  /// Turns the signals into requests. Until then, a signal ends the process. Call this on the main thread.
  package static func listen() {
    // The first access initialises the variables. A signal handler could not do that safely.
    received.store(0, ordering: .relaxed)
    firstStop.store(0, ordering: .relaxed)
    for number in StopSignals.all {
      StopSignals.handle(number) { number in
        if isRepeated() { StopSignals.die(of: number) }
        received.bitwiseOr(RunRequests.stop.rawValue, ordering: .relaxed)
      }
    }
    StopSignals.handle(SIGUSR2) { _ in
      received.bitwiseOr(RunRequests.checkpoint.rawValue, ordering: .relaxed)
    }
    // The parent process may have blocked the signals.
    StopSignals.release()
  }
}

// Global because a signal handler can reach nothing else. Atomic because a handler must not take a lock.
private let received = Atomic<UInt8>(0)
/// When the first signal to stop came, in nanoseconds; 0 before that.
private let firstStop = Atomic<UInt64>(0)

/// Whether somebody asks to stop again. Launchers and schedulers send one request as several signals in a row, so those of the
/// first second count as one.
private func isRepeated() -> Bool {
  var now = timespec()
  clock_gettime(CLOCK_MONOTONIC, &now)
  let nanoseconds = UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  let (isFirst, first) = firstStop.compareExchange(expected: 0, desired: nanoseconds, ordering: .relaxed)
  return !isFirst && nanoseconds - first > 1_000_000_000
}
