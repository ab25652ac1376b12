import SRCluster
import SRTraining
import Testing

/// Predictions against sums done by hand.
struct ScalingModelTests {
  /// 100 ms a sample and 10 ms besides; one bucket of 10 MB, final at the very end of the backward pass.
  private func model(bandwidth: Double = 1e9, ready: Double = 1, latency: Double = 1e-3) -> ScalingModel {
    let compute = StepTimes(
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

  @Test func exchangeAndComputingSlowEachOtherDown() {
    // Half of the workers' time goes while 10 MB travel in 10 ms.
    var model = model(ready: 0.5, latency: 1e-9)
    model.network.workerTime = 0.5e-9
    #expect(isClose(model.predict(ranks: 2, batchSize: 8).compute, 0.415))
    // At half the speed it takes 20 ms and a quarter of the workers' time.
    model.network.busyShare = 0.5
    #expect(isClose(model.predict(ranks: 2, batchSize: 8).compute, 0.415))
    // The last tenth of a sample lasts 40/3 ms then, in which 20/3 ms of the 10 are sent; the rest goes at full speed.
    model.compute.bucketReady = [0.9]
    let late = model.predict(ranks: 2, batchSize: 8)
    #expect(isClose(late.compute, 0.41 + 0.01 / 3))
    #expect(isClose(late.exposed, 0.01 / 3 + 6e-9))
  }

  @Test func bucketsOfAGroupAreFinalOverTheGroupsTime() {
    // 40 ms at 250 MB/s. Of one sample 10 ms remain after nine tenths, of a group of four 40.
    var model = model(bandwidth: 0.25e9, ready: 0.9, latency: 1e-9)
    #expect(isClose(model.predict(ranks: 2, batchSize: 8).exposed, 0.03 + 6e-9))
    model.compute.groupSize = 4
    #expect(model.predict(ranks: 2, batchSize: 8).exposed < 1e-6)
    // A share of five ends with a group of three.
    #expect(isClose(model.predict(ranks: 2, batchSize: 10).exposed, 0.04 * 2 - 0.03 + 6e-9))
  }

  @Test func bucketsFollowEachOtherOnTheLink() {
    let timeline = ExchangeTimeline(
      ready: [1, 2, 6], transfers: [2, 2, 1], computing: 6, transferSpeed: 1, computeSpeed: 0.5)
    // While the first two travel, from 1 to 5, computing comes to 3 instead of 5: the third is ready at 8.
    let ends = timeline.ends()
    #expect(ends.computing == 8 && ends.exchange == 9)
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
