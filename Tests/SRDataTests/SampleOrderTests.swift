import SRData
import Testing

@Suite struct SampleOrderTests {
  @Test func everyEpochHoldsEverySampleOnceInItsOwnOrder() {
    let order = SampleOrder(seed: 3, count: 100)
    let epochs = (0..<4).map { order.order(epoch: $0) }
    for epoch in epochs { #expect(epoch.sorted() == Array(0..<100)) }
    #expect(Set(epochs).count == 4)
    #expect(order.order(epoch: 2) == epochs[2])
    #expect(SampleOrder(seed: 4, count: 100).order(epoch: 2) != epochs[2])
  }

  /// The order is pinned: if it changed, no run would resume to the same bits.
  @Test func orderIsPinned() {
    #expect(SampleOrder(seed: 0, count: 10).order(epoch: 0) == [6, 4, 2, 8, 0, 9, 7, 5, 3, 1])
    #expect(SampleOrder(seed: 0, count: 10).order(epoch: 1) == [3, 0, 6, 4, 7, 1, 8, 2, 9, 5])
  }

  @Test func unshuffledIsTheArraysOrder() {
    let order = SampleOrder(seed: 3, count: 5, shuffled: false)
    #expect(order.order(epoch: 0) == [0, 1, 2, 3, 4])
    #expect(order.order(epoch: 7) == [0, 1, 2, 3, 4])
  }

  @Test(arguments: [(20, 8), (16, 8), (3, 8), (1, 1), (9, 1)])
  func batchesCutTheOrderWithoutLoss(count: Int, batchSize: Int) {
    let order = SampleOrder(seed: 1, count: count)
    let epoch = order.order(epoch: 0)
    let batches = (0..<SampleOrder.stepsPerEpoch(count: count, batchSize: batchSize)).map {
      SampleOrder.batch(step: $0, batchSize: batchSize, of: epoch)
    }
    #expect(batches.flatMap { Array($0) } == epoch)
    #expect(batches.dropLast().allSatisfy { $0.count == batchSize })
    #expect(batches.last.map { !$0.isEmpty && $0.count <= batchSize } == true)
  }
}
