import SRProcess
import Synchronization
import Testing

@Suite struct WorkQueueTests {
  private struct Refused: Error, Equatable { let number: Int }

  @Test func workIsDoneInOrder() throws {
    let queue = try WorkQueue("test", limit: 3)
    defer { queue.close() }
    let done = Mutex<[Int]>([])
    for number in 0..<100 { try queue.add { done.withLock { $0.append(number) } } }
    try queue.wait()
    #expect(done.withLock { $0 } == Array(0..<100))
    try queue.wait()
  }

  /// The first piece waits for a permission, so the queue fills up behind it.
  @Test func whoeverAddsToAFullQueueWaits() throws {
    let queue = try WorkQueue("test", limit: 2)
    defer { queue.close() }
    let gate = Condition()
    let isOpen = Mutex(false)
    let begun = Atomic(false)
    let done = Atomic(0)
    try queue.add {
      begun.store(true, ordering: .sequentiallyConsistent)
      gate.withLock { while !isOpen.withLock({ $0 }) { gate.wait() } }
      done.add(1, ordering: .sequentiallyConsistent)
    }
    while !begun.load(ordering: .sequentiallyConsistent) {}
    for _ in 0..<2 {
      try queue.add(willWait: { Issue.record("there is room") }) {
        done.add(1, ordering: .sequentiallyConsistent)
      }
    }
    #expect(done.load(ordering: .sequentiallyConsistent) == 0)
    var waited = false
    try queue.add(willWait: {
      waited = true
      gate.withLock {
        isOpen.withLock { $0 = true }
        gate.broadcast()
      }
    }) { done.add(1, ordering: .sequentiallyConsistent) }
    #expect(waited)
    try queue.wait()
    #expect(done.load(ordering: .sequentiallyConsistent) == 4)
  }

  @Test func nothingIsDoneAfterAnError() throws {
    let queue = try WorkQueue("test", limit: 8)
    defer { queue.close() }
    let done = Atomic(0)
    try queue.add { done.add(1, ordering: .sequentiallyConsistent) }
    try queue.add { throw Refused(number: 1) }
    #expect(throws: Refused(number: 1)) {
      for _ in 0..<1_000_000 {
        try queue.add {
          done.add(100, ordering: .sequentiallyConsistent)
          throw Refused(number: 2)
        }
      }
    }
    #expect(throws: Refused(number: 1)) { try queue.wait() }
    #expect(throws: Refused(number: 1)) { try queue.add {} }
    #expect(done.load(ordering: .sequentiallyConsistent) == 1)
  }

  @Test func aClosedQueueFinishesItsWork() throws {
    let queue = try WorkQueue("test", limit: 8)
    let done = Atomic(0)
    for _ in 0..<5 { try queue.add { done.add(1, ordering: .sequentiallyConsistent) } }
    queue.close()
    try queue.wait()
    #expect(done.load(ordering: .sequentiallyConsistent) == 5)
  }
}
