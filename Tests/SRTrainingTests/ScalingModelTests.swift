import SRDistributed
import SRTraining
import Testing

/// Predictions against sums done by hand.
struct ScalingModelTests {
  /// 100 ms a sample and 10 ms besides; one bucket of 10 MB, final at the very end of the backward pass.
  private func model(bandwidth: Double = 1e9, ready: Double = 1, latency: Double = 1e-3) -> ScalingModel {
    let compute = ScalingModel.Compute(
      sample: 0.1, fixed: 0.01, bucketReady: [ready], bucketBytes: [10_000_000])
    var network = ScalingModel.Network(bandwidth: bandwidth, latency: latency)
    (network.messageOverhead, network.pollDelay) = (0, 0)
    return ScalingModel(compute: compute, network: network, threads: 1, ranksPerHost: 1)
  }

  private func isClose(_ value: Double, _ expected: Double) -> Bool { abs(value - expected) < 1e-9 }

  @Test func oneRankOnlyComputes() {
    let row = model().predict(ranks: 1, batchSize: 8)
    #expect(isClose(row.step, 0.81) && row.exposed == 0 && isClose(row.efficiency, 1))
  }

  @Test func lateBucketIsFullyExposed() {
    // Two ranks: one root and one mean, half of each to the other host; two latencies, and four around the step.
    let row = model().predict(ranks: 2, batchSize: 8)
    #expect(isClose(row.compute, 0.41))
    #expect(isClose(row.exposed, 0.01 + 2e-3 + 4e-3))
  }

  @Test func earlyBucketHidesBehindTheRestOfTheBackwardPass() {
    #expect(isClose(model(ready: 0.5, latency: 1e-9).predict(ranks: 2, batchSize: 8).exposed, 4e-9))
    var blocking = model(ready: 0.5)
    blocking.overlaps = false
    #expect(isClose(blocking.predict(ranks: 2, batchSize: 8).exposed, 0.016))
  }

  @Test func sharesThatDoNotAlignSendMoreNodesOfTheTree() {
    // Three ranks of a batch of 8: [0, 2), [2, 5), [5, 8); the later ones send two nodes each.
    let row = model(latency: 1e-9).predict(ranks: 3, batchSize: 8)
    #expect(isClose(row.exposed, 0.01 * 3 * 2 / 3 + 2e-9 + 8e-9))
  }

  @Test func ranksOfOneHostNeedNoLink() {
    var model = model(latency: 1e-9)
    model.ranksPerHost = 4
    #expect(model.predict(ranks: 4, batchSize: 8).exposed < 1e-6)
  }

  @Test func slowNetworkStopsScalingAndAFastOneWithGrowingBatchesDoesNot() {
    let slow = ScalingTable(model(bandwidth: 1e7), upTo: 8, batchSize: 8, growsBatch: false)
    #expect(slow.best.ranks == 1 && slow.predictions.map(\.ranks) == [1, 2, 4, 8])
    #expect(slow.description.contains("more than 1 ranks are not faster"))
    let fast = ScalingTable(model(bandwidth: 1e11, latency: 1e-6), upTo: 3000, batchSize: 8, growsBatch: true)
    #expect(fast.best.ranks == 3000 && fast.best.batchSize == 24000 && fast.best.efficiency > 0.9)
  }
}
