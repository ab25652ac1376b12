import Foundation
import SRDistributed
import Synchronization

/// What signals ask of a run, to be done at its next step boundary.
///
/// `SIGUSR1` and `SIGTERM`: write a checkpoint and stop. `SIGUSR2`: write a checkpoint and go on.
package struct RunRequests: OptionSet, Sendable {
  package let rawValue: UInt8

  package init(rawValue: UInt8) { self.rawValue = rawValue }

  static let stop = RunRequests(rawValue: 1)
  static let checkpoint = RunRequests(rawValue: 2)

  /// What this process was asked since the last call, joined with what the other ranks were. Collective.
  ///
  /// A signal reaches the ranks at different moments: all do what any of them was asked.
  static func take(_ communicator: Communicator) throws -> RunRequests {
    let own = received.exchange(0, ordering: .relaxed)
    return try communicator.allGather([own]).reduce(into: []) { $0.formUnion(.init(rawValue: $1[0])) }
  }
}

extension RunRequests {
  /// Makes the signals requests; until then they end the process. To be called on the main thread.
  package static func listen() {
    // The first access initialises the variable, which a signal handler could not do safely.
    received.store(0, ordering: .relaxed)
    for number in [SIGUSR1, SIGTERM] {
      signal(number) { _ in received.bitwiseOr(RunRequests.stop.rawValue, ordering: .relaxed) }
    }
    signal(SIGUSR2) { _ in received.bitwiseOr(RunRequests.checkpoint.rawValue, ordering: .relaxed) }
    // Whoever started this program may have blocked them.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGUSR1, SIGUSR2, SIGTERM] { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }
}

/// Global because a signal handler can reach nothing else, atomic because it can lock nothing.
private let received = Atomic<UInt8>(0)
