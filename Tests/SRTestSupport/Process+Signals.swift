import Foundation

extension Process {
  /// Starts the program with no signal blocked: threads of a thread pool, as tests run on, have most blocked, and children
  /// inherit that.
  package func runWithSignals() throws {
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_UNBLOCK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    try run()
  }
}
