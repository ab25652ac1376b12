import SRProcess
import Synchronization

/// The results of `transform` for `0..<count`, in order. Up to `threads` threads compute them at the same time.
///
/// - Throws: ``ThreadError`` if the system does not start all threads.
func mapConcurrently<Result: Sendable>(
  count: Int, threads: Int, _ transform: @escaping @Sendable (Int) -> Result
) throws -> [Result] {
  precondition(threads > 0, "\(threads) threads")
  guard count > 0 else { return [] }
  let results = Mutex([Result?](repeating: nil, count: count))
  let pool = try WorkerPool(count: min(threads, count))
  defer { pool.close() }
  try pool.forEach(0..<count) { _, index in
    let result = transform(index)
    results.withLock { $0[index] = result }
  }
  return results.withLock { $0.compactMap { $0 } }
}
