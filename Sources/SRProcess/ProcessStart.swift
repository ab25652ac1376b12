import Foundation

/// What a program does before anything else, so that its files and signals are as the rest of it expects.
package enum ProcessStart {
  /// Call this first, on the main thread.
  ///
  /// - Standard input, output and error are open. If one was closed, it is `/dev/null`. Otherwise the next file that the program
  ///   opens would get its number, and messages would be written into that file.
  /// - `SIGPIPE` and `SIGXFSZ` are ignored: a write that nobody reads, or that makes a file too large, is an error of this write.
  /// - `SIGHUP` is as whoever started the program left it, such as `nohup`. UCX, a library that Open MPI 5 loads, takes it over for
  ///   debugging before `main`.
  /// - As process 1 of a container, the program ends on the signals that end other programs. The kernel does not end process 1
  ///   unless it asks for that.
  package static func prepare() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 && errno == EBADF {
      // The lowest free number is the closed one.
      _ = open("/dev/null", O_RDWR)
    }
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    if let giveBack = dlsym(nil, "ucs_debug_disable_signal") {
      unsafeBitCast(giveBack, to: (@convention(c) (Int32) -> Void).self)(SIGHUP)
    }
    if getpid() == 1 {
      for number in StopSignals.all + [SIGQUIT, SIGUSR2] {
        StopSignals.handle(number) { _exit(128 + $0) }
      }
    }
  }
}
