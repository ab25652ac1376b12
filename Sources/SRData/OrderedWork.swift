import SRProcess

/// Makes products on several threads and uses them in order, one at a time.
///
/// A thread begins its next product after its last one is used. So there are never more products than threads, no matter how
/// unevenly the work is spread.
package final class OrderedWork: @unchecked Sendable {
  private let condition = Condition()
  private let count: Int
  private let needed: Int
  /// The next position that a thread takes.
  private var next = 0
  /// The position whose product is used next.
  private var turn = 0
  /// Products that were used with success.
  private var done = 0
  private var failure: (any Error)?

  private init(count: Int, needed: Int) {
    self.count = count
    self.needed = needed
  }

  /// Makes products for the positions from 0 to `count - 1` until `needed` of them were useful. No more are begun than are still
  /// missing, so that none is made in vain.
  ///
  /// - Parameters:
  ///   - make: called on up to `threads` threads at the same time.
  ///   - use: called in the order of positions, never twice at a time, on any of the threads. Returns whether the product was
  ///     useful. If it throws, the work ends.
  /// - Returns: the number of useful products.
  /// - Throws: what `use` throws, and ``ThreadError`` if the system does not start all threads.
  package static func run<Product>(
    count: Int, needed: Int, threads: Int, make: @escaping @Sendable (Int) -> Product,
    use: @escaping (Int, Product) throws -> Bool
  ) throws -> Int {
    precondition(threads > 0, "\(threads) threads")
    let work = OrderedWork(count: count, needed: needed)
    let pool = try WorkerPool(count: min(threads, max(needed, 1)))
    defer { pool.close() }
    // The turns keep calls apart.
    nonisolated(unsafe) let use = use
    try pool.run { _ in
      while let position = work.begin() {
        let product = make(position)
        guard work.awaitTurn(position) else { return }
        work.finish(Result { try use(position, product) })
      }
    }
    if let failure = work.failure { throw failure }
    return work.done
  }

  /// The next position to work at; nil if there is nothing more to do.
  private func begin() -> Int? {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if failure != nil || done == needed || next == count { return nil }
      if done + (next - turn) < needed {
        next += 1
        return next - 1
      }
      // One of the products in progress may be of no use. Then another one is needed.
      condition.wait()
    }
  }

  /// Waits until all earlier products are used. Returns whether the work has not failed.
  private func awaitTurn(_ position: Int) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while turn != position && failure == nil { condition.wait() }
    return failure == nil
  }

  private func finish(_ result: Result<Bool, any Error>) {
    condition.lock()
    defer { condition.unlock() }
    turn += 1
    switch result {
    case .success(let isUseful): done += isUseful ? 1 : 0
    case .failure(let error): failure = error
    }
    condition.broadcast()
  }
}
