import Foundation

/// The signals by which people, shells, launchers and schedulers end a program.
package enum StopSignals {
  /// A terminal that is closed, Ctrl-C, `kill`, and the signal that launchers pass on.
  package static let all = [SIGHUP, SIGINT, SIGTERM, SIGUSR1]

  /// Lets the signals have their effect, even if the parent process had blocked them.
  package static func release() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in all + [SIGUSR2] { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Calls `action` on a signal, on any thread. `action` may only do what a signal handler may do.
  ///
  /// `SIGHUP` and `SIGINT` stay ignored if they were ignored when the program started: `nohup` and shells that start programs in
  /// the background ask for that.
  package static func handle(_ number: Int32, _ action: @convention(c) (Int32) -> Void) {
    var old = sigaction()
    sigaction(number, nil, &old)
    let isIgnored = unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == 1
    if isIgnored, number == SIGHUP || number == SIGINT { return }
    var new = sigaction()
    new.__sigaction_handler.sa_handler = action
    new.sa_flags = SA_RESTART
    sigemptyset(&new.sa_mask)
    sigaction(number, &new, nil)
  }

  /// Ends this process as the signal does that nobody handles. A signal handler may call it.
  package static func die(of number: Int32) -> Never {
    signal(number, SIG_DFL)
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, number)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(number)
    // Process 1 of a container survives its own signals.
    _exit(128 + number)
  }
}
