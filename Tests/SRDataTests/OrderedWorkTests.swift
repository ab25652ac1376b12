import Foundation
import SRData
import Testing

@Suite struct OrderedWorkTests {
  /// Counts the products that exist.
  private final class Counter: @unchecked Sendable {
    private let lock = NSLock()
    private(set) var alive = 0
    private(set) var most = 0
    private(set) var made = 0

    func born() {
      lock.withLock {
        (alive, made) = (alive + 1, made + 1)
        most = max(most, alive)
      }
    }
    func died() { lock.withLock { alive -= 1 } }
  }

  private final class Product {
    let position: Int
    private let counter: Counter
    init(_ position: Int, _ counter: Counter) {
      (self.position, self.counter) = (position, counter)
      counter.born()
    }
    deinit { counter.died() }
  }

  /// However many positions there are, no thread holds more than one product.
  @Test(arguments: [1, 2, 5])
  func noThreadHoldsMoreThanOne(threads: Int) throws {
    let counter = Counter()
    var used: [Int] = []
    let found = try OrderedWork.run(count: 400, needed: 100, threads: threads) {
      Product($0, counter)
    } use: { position, product in
      #expect(product.position == position)
      used.append(position)
      return position % 3 == 0
    }
    #expect(found == 100)
    #expect(used == Array(0...297))
    // None was made in vain.
    #expect(counter.made == 298)
    #expect(counter.most <= threads)
    #expect(counter.alive == 0)
  }

  @Test func itEndsWithTheLastPositionOrTheFirstError() throws {
    #expect(
      try OrderedWork.run(count: 7, needed: 9, threads: 3) {
        $0
      } use: { _, _ in
        true
      } == 7)
    #expect(
      try OrderedWork.run(count: 0, needed: 1, threads: 3) {
        $0
      } use: { _, _ in
        true
      } == 0)
    struct Failure: Error, Equatable { let position: Int }
    for threads in [1, 4] {
      let error = #expect(throws: Failure.self) {
        _ = try OrderedWork.run(count: 50, needed: 50, threads: threads) {
          $0
        } use: { position, _ in
          if position >= 20 { throw Failure(position: position) }
          return true
        }
      }
      #expect(error?.position == 20)
    }
  }
}
