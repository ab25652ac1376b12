import SRDistributed

/// Per-sample values arrive on every rank in sample order, whatever the ranks' shares are.
enum SampleValuesCheck: RankCheck {
  static let name = "sample-values"

  static func run(on communicator: Communicator) throws -> String {
    for batchSize in [1, 2, 7, 8] {
      func values(_ sample: Int) -> [Double] { [Double(sample), 1 / Double(sample + 3)] }
      let share = ReductionTree.share(
        of: batchSize, rank: communicator.rank, worldSize: communicator.worldSize)
      let all = try communicator.gatherSampleValues(
        share.flatMap(values), fields: 2, batchSize: batchSize)
      try expect(all == (0..<batchSize).map(values), "a batch of \(batchSize) arrived as \(all)")
    }
    return "in order"
  }
}
