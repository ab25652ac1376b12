/// A thread that does pieces of work one after the other, in the order in which they were added.
///
/// A piece that throws is the last one: the thread drops the pieces behind it, and every later call throws the same error.
package final class WorkQueue: @unchecked Sendable {
  // Guarded by `condition`.
  private let condition = Condition()
  private var waiting: [@Sendable () throws -> Void] = []
  private var isBusy = false
  private var error: (any Error)?
  private var isClosed = false

  private let limit: Int

  /// - Parameters:
  ///   - name: the thread's; see ``SystemThread/start(_:stackBytes:_:)``.
  ///   - limit: the most pieces that wait. Whoever adds another one waits.
  /// - Throws: ``ThreadError`` if the system does not start the thread.
  package init(_ name: String, limit: Int) throws(ThreadError) {
    precondition(limit > 0, "a queue cannot have room for \(limit) pieces of work")
    self.limit = limit
    try SystemThread.start(name) { [self] in serve() }
  }

  /// Adds a piece of work. Waits while the queue is full.
  ///
  /// - Parameter willWait: called if the queue is full.
  /// - Throws: what an earlier piece threw. `work` is not done then.
  /// - Precondition: the queue is not closed.
  package func add(willWait: () -> Void = {}, _ work: @escaping @Sendable () throws -> Void) throws {
    condition.lock()
    precondition(!isClosed, "the queue is closed")
    if error == nil && waiting.count >= limit {
      condition.unlock()
      willWait()
      condition.lock()
    }
    while error == nil && waiting.count >= limit { condition.wait() }
    let failure = error
    if failure == nil {
      waiting.append(work)
      condition.broadcast()
    }
    condition.unlock()
    if let failure { throw failure }
  }

  /// Waits until all pieces are done. Throws what a piece threw.
  package func wait() throws {
    condition.lock()
    while error == nil && (isBusy || !waiting.isEmpty) { condition.wait() }
    let failure = error
    condition.unlock()
    if let failure { throw failure }
  }

  /// Ends the thread when all pieces are done. Nothing can be added afterwards.
  package func close() {
    condition.withLock {
      isClosed = true
      condition.broadcast()
    }
  }

  private func serve() {
    while let work = next() {
      do {
        try work()
        finish(nil)
      } catch {
        finish(error)
      }
    }
  }

  /// Waits for a piece of work. Nil if the queue is closed and empty.
  private func next() -> (@Sendable () throws -> Void)? {
    condition.withLock {
      while waiting.isEmpty && !isClosed { condition.wait() }
      guard !waiting.isEmpty else { return nil }
      isBusy = true
      let work = waiting.removeFirst()
      condition.broadcast()
      return work
    }
  }

  private func finish(_ failure: (any Error)?) {
    condition.withLock {
      isBusy = false
      if let failure {
        error = failure
        waiting = []
      }
      condition.broadcast()
    }
  }
}
