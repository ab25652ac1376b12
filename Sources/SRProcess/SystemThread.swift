import Foundation

/// Threads of this process.
package enum SystemThread {
  /// Runs `body` on a new thread. The thread ends with `body`, and nobody waits for it.
  ///
  /// - Parameters:
  ///   - name: shown by debuggers and `top -H`, of which Linux keeps 15 bytes.
  ///   - stackBytes: nil for the system's default.
  ///   - hasLowPriority: whether the thread leaves the processors to all others that can use them.
  /// - Throws: ``ThreadError`` if the system refuses the thread. `body` is not called then.
  package static func start(
    _ name: String, stackBytes: Int? = nil, hasLowPriority: Bool = false,
    _ body: @escaping @Sendable () -> Void
  ) throws(ThreadError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
    if let stackBytes { pthread_attr_setstacksize(&attributes, stackBytes) }
    let work = Unmanaged.passRetained(Work(name: name, hasLowPriority: hasLowPriority, body: body))
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      { argument in
        let work = Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue()
        Thread.current.name = work.name
        // To Linux, 0 is the calling thread. A thread may always lower its own priority.
        if work.hasLowPriority { _ = setpriority(.init(PRIO_PROCESS.rawValue), 0, 19) }
        work.body()
        return nil
      }, work.toOpaque())
    if code != 0 {
      work.release()
      throw ThreadError(name: name, code: code, limits: ThreadLimits.found)
    }
  }

  private final class Work: Sendable {
    let name: String
    let hasLowPriority: Bool
    let body: @Sendable () -> Void

    init(name: String, hasLowPriority: Bool, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.hasLowPriority = hasLowPriority
      self.body = body
    }
  }
}

/// The system does not start another thread for this process.
package struct ThreadError: Error, Equatable, CustomStringConvertible {
  package let name: String
  /// The error code of `pthread_create`.
  package let code: Int32
  /// The limits that may be the reason, such as `RLIMIT_NPROC (ulimit -u) is 100`.
  package let limits: [String]

  package var description: String {
    let found = limits.isEmpty ? "no limit is set" : "limits: \(limits.joined(separator: "; "))"
    return "cannot start the thread '\(name)': \(String(cString: strerror(code))) (errno \(code)); \(found). "
      + "Give fewer --threads, start fewer ranks on this host, or raise the limit that is reached"
  }
}
