import SRProcess
import Synchronization
import Testing

@Suite struct WorkerPoolTests {
  private struct Refused: Error {}

  @Test(arguments: [1, 3])
  func everyIndexIsTakenOnce(workers: Int) throws {
    let pool = try WorkerPool(count: workers)
    defer { pool.close() }
    let taken = Mutex<[Int]>([])
    try pool.forEach(5..<105) { worker, index in
      precondition(0..<workers ~= worker)
      taken.withLock { $0.append(index) }
    }
    #expect(taken.withLock { $0.sorted() } == Array(5..<105))
    try pool.forEach(7..<7) { _, index in Issue.record("\(index) is not an index") }
  }

  @Test(arguments: [1, 3])
  func anErrorIsRethrownAndThePoolGoesOn(workers: Int) throws {
    let pool = try WorkerPool(count: workers)
    defer { pool.close() }
    #expect(throws: Refused.self) {
      try pool.forEach(0..<20) { _, index in if index == 3 { throw Refused() } }
    }
    let count = Atomic(0)
    try pool.forEach(0..<20) { _, _ in count.add(1, ordering: .relaxed) }
    #expect(count.load(ordering: .relaxed) == 20)
  }
}
