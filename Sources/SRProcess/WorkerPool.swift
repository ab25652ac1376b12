import Synchronization

/// Threads that live as long as the pool and run one task together at a time.
///
/// The calling thread is worker 0. The results do not depend on which worker takes which sample: each sample's values are
/// stored separately, and sums follow a fixed tree.
package final class WorkerPool: @unchecked Sendable {
  /// Workers, the calling thread included.
  package let count: Int

  // Guarded by `condition`.
  private let condition = Condition()
  private var task: (@Sendable (_ worker: Int) throws -> Void)?
  private var generation = 0
  private var running = 0
  private var firstError: (any Error)?
  private var isClosed = false

  /// Deep enough for the kernels' temporaries on the stack.
  private static let stackBytes = 8 << 20

  /// - Throws: ``ThreadError`` if the system does not start all threads. None remains then.
  package init(count: Int) throws(ThreadError) {
    precondition(count >= 1, "a pool cannot have \(count) workers")
    self.count = count
    do {
      for worker in 1..<max(count, 1) {
        try SystemThread.start("worker-\(worker) of \(count)", stackBytes: Self.stackBytes) { [self] in
          serve(worker)
        }
      }
    } catch {
      close()
      throw error
    }
  }

  /// Ends the threads. The pool cannot be used afterwards.
  package func close() {
    condition.lock()
    isClosed = true
    condition.broadcast()
    condition.unlock()
  }

  /// Runs `body` once on every worker and returns when all are done; rethrows the first error.
  package func run(_ body: @escaping @Sendable (_ worker: Int) throws -> Void) throws {
    condition.lock()
    precondition(task == nil && !isClosed, "a worker pool runs one task at a time")
    task = body
    firstError = nil
    running = count - 1
    generation += 1
    condition.broadcast()
    condition.unlock()

    perform(body, worker: 0)

    condition.lock()
    while running > 0 { condition.wait() }
    task = nil
    let error = firstError
    condition.unlock()
    if let error { throw error }
  }

  /// Every worker takes the next index until none is left. Returns when all workers are done. Rethrows the first error. A worker
  /// whose call throws takes no further index.
  package func forEach(
    _ indices: Range<Int>, _ body: @escaping @Sendable (_ worker: Int, _ index: Int) throws -> Void
  ) throws {
    let next = Atomic(indices.lowerBound)
    try run { worker in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < indices.upperBound else { return }
        try body(worker, index)
      }
    }
  }

  private func serve(_ worker: Int) {
    var seen = 0
    while true {
      condition.lock()
      while generation == seen && !isClosed { condition.wait() }
      if isClosed {
        condition.unlock()
        return
      }
      seen = generation
      let body = task
      condition.unlock()

      if let body { perform(body, worker: worker) }

      condition.lock()
      running -= 1
      if running == 0 { condition.broadcast() }
      condition.unlock()
    }
  }

  private func perform(_ body: @Sendable (Int) throws -> Void, worker: Int) {
    do {
      try body(worker)
    } catch {
      condition.lock()
      if firstError == nil { firstError = error }
      condition.unlock()
    }
  }
}
