import SRCluster
import SRTraining
import Testing

/// Predictions against sums computed by hand.
struct ScalingModelTests {
  /// A step takes 100 ms for each sample and 10 ms besides. The one bucket has 10 MB. By default it is final at the end of the
  /// backward pass.
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
    // Each of two ranks sends half of one root and half of one mean to the other host. There are two latencies for the
    // exchange, and four around the step.
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
    // 10 MB travel in 10 ms. In that time the workers lose half of their time.
    var model = model(ready: 0.5, latency: 1e-9)
    model.network.workerTime = 0.5e-9
    #expect(isClose(model.predict(ranks: 2, batchSize: 8).compute, 0.415))
    // At half the speed, the exchange takes 20 ms, and the workers lose a quarter of that time.
    model.network.busyShare = 0.5
    #expect(isClose(model.predict(ranks: 2, batchSize: 8).compute, 0.415))
    // Then the last tenth of a sample takes 40/3 ms. In this time the part of the bucket is sent that takes 20/3 ms of the 10
    // at full speed. The rest is sent at full speed.
    model.compute.bucketReady = [0.9]
    let late = model.predict(ranks: 2, batchSize: 8)
    #expect(isClose(late.compute, 0.41 + 0.01 / 3))
    #expect(isClose(late.exposed, 0.01 / 3 + 6e-9))
  }

  @Test func bucketsOfAGroupAreFinalOverTheGroupsTime() {
    // The exchange takes 40 ms at 250 MB/s. After nine tenths, 10 ms of one sample remain, and 40 ms of a group of four.
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
    // The first two travel from 1 to 5. In that time computing comes to 3 instead of 5, so the third is ready at 8.
    let ends = timeline.ends()
    #expect(ends.computing == 8 && ends.exchange == 9)
  }

  @Test func sharesThatDoNotAlignSendMoreNodesOfTheTree() {
    // Three ranks share a batch of 8: [0, 3), [3, 6), [6, 8). The first two ranks send two nodes each.
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
