import Foundation

extension Process {
  /// Starts the program with no signal blocked. Tests run on threads of a thread pool, which have most signals blocked, and
  /// children inherit the blocked signals.
  package func runWithSignals() throws {
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_UNBLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try run()
  }
}
