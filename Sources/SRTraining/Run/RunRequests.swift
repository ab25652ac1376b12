import Foundation
import SRDistributed
import Synchronization

/// What signals ask of a run. The run does it at its next step boundary.
///
/// `SIGUSR1` and `SIGTERM`: write a checkpoint and stop. `SIGUSR2`: write a checkpoint and continue.
package struct RunRequests: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  static let stop = RunRequests(rawValue: 1)
  static let checkpoint = RunRequests(rawValue: 2)

  /// The requests since the last call, to this process and to the other ranks. Collective.
  ///
  /// A signal reaches the ranks at different moments. All ranks do what any of them was asked to do.
  static func take(_ communicator: Communicator) throws -> RunRequests {
    let own = received.exchange(0, ordering: .relaxed)
    return try communicator.allGather([own]).reduce(into: []) { $0.formUnion(.init(rawValue: $1[0])) }
  }
}

extension RunRequests {
  /// Turns the signals into requests. Until then, a signal ends the process. Call this on the main thread.
  package static func listen() {
    // The first access initialises the variable. A signal handler could not do that safely.
    received.store(0, ordering: .relaxed)
    for number in [SIGUSR1, SIGTERM] {
      signal(number) { _ in received.bitwiseOr(RunRequests.stop.rawValue, ordering: .relaxed) }
    }
    signal(SIGUSR2) { _ in received.bitwiseOr(RunRequests.checkpoint.rawValue, ordering: .relaxed) }
    // The parent process may have blocked the signals.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGUSR1, SIGUSR2, SIGTERM] { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }
}

/// Global because a signal handler can reach nothing else. Atomic because a handler must not take a lock.
private let received = Atomic<UInt8>(0)
