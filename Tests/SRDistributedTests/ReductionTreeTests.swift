import SRDistributed
import SRTensor
import Testing

@Suite struct ReductionTreeTests {
  /// The root's value, computed as in an exchange from the local roots of all shares.
  private func reduce(_ values: [Float], shares: [Range<Int>]) -> Float {
    let tree = ReductionTree(batchSize: values.count)
    func value(_ node: ReductionTree.Node) -> Float {
      if node.level == 0 { return values[node.index] }
      let left = ReductionTree.Node(level: node.level - 1, index: node.index * 2)
      return tree.samples(of: left.sibling).isEmpty ? value(left) : value(left) + value(left.sibling)
    }
    let roots = shares.flatMap(tree.localRoots)
    var nodes = roots.map(value)
    for merge in tree.merges(of: roots) { nodes[merge.destination] += nodes[merge.source] }
    return nodes[0]
  }

  private func shares(of batchSize: Int, worldSize: Int) -> [Range<Int>] {
    (0..<worldSize).map { ReductionTree.share(of: batchSize, rank: $0, worldSize: worldSize) }
  }

  private func randomValues(_ batchSize: Int, trial: Int) -> [Float] {
    var generator = PhiloxGenerator(seed: 3, stream: UInt32(batchSize), substream: UInt32(trial))
    return (0..<batchSize).map { _ in
      let exponent = Int(generator.nextUInt32() % 41) - 20
      return (generator.uniform() - 0.5) * Float(sign: .plus, exponent: exponent, significand: 1)
    }
  }

  @Test(arguments: 1...40) func anyNumberOfRanksGivesTheSameBits(batchSize: Int) {
    for trial in 0..<10 {
      let values = randomValues(batchSize, trial: trial)
      let alone = reduce(values, shares: [0..<batchSize])
      // If there are more ranks than samples, the last ranks have none.
      for worldSize in 2...batchSize + 2 {
        let sum = reduce(values, shares: shares(of: batchSize, worldSize: worldSize))
        #expect(sum.bitPattern == alone.bitPattern, "\(batchSize) samples on \(worldSize) ranks")
      }
    }
  }

  @Test func anyCutOfTheBatchGivesTheSameBits() {
    let values = randomValues(13, trial: 0)
    let alone = reduce(values, shares: [0..<13])
    for first in 0...13 {
      for second in first...13 {
        let sum = reduce(values, shares: [0..<first, first..<second, second..<13])
        #expect(sum.bitPattern == alone.bitPattern, "cut at \(first) and \(second)")
      }
    }
  }

  /// The control: for these values the order of summation matters.
  @Test func sequentialSumsDiffer() {
    let differing = (0..<100).filter { trial in
      let values = randomValues(13, trial: trial)
      return values.reduce(0, +) != reduce(values, shares: [0..<13])
    }
    #expect(differing.count > 20)
  }

  @Test func sumsInTheDocumentedOrder() {
    let v = randomValues(7, trial: 1)
    let sum = ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + v[6])
    #expect(reduce(v, shares: [0..<7]).bitPattern == sum.bitPattern)
  }

  @Test func sharesAreBalancedAndCoverTheBatch() {
    #expect(shares(of: 8, worldSize: 3) == [0..<3, 3..<6, 6..<8])
    #expect(shares(of: 2, worldSize: 4) == [0..<1, 1..<2, 2..<2, 2..<2])
    #expect(shares(of: 64, worldSize: 4) == [0..<16, 16..<32, 32..<48, 48..<64])
  }

  @Test func localRootsAreTheMaximalNodesInside() {
    func node(_ level: Int, _ index: Int) -> ReductionTree.Node { .init(level: level, index: index) }
    let tree = ReductionTree(batchSize: 8)
    #expect(tree.localRoots(of: 0..<8) == [node(3, 0)])
    #expect(tree.localRoots(of: 0..<3) == [node(1, 0), node(0, 2)])
    #expect(tree.localRoots(of: 3..<6) == [node(0, 3), node(1, 2)])
    #expect(tree.localRoots(of: 5..<5) == [])
    // Samples 4..<7 are the whole right half.
    #expect(ReductionTree(batchSize: 7).localRoots(of: 4..<7) == [node(2, 1)])
    #expect(ReductionTree(batchSize: 5).localRoots(of: 4..<5) == [node(2, 1)])
    #expect(ReductionTree(batchSize: 1).root == node(0, 0))
  }
}
