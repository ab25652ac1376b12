/// The fixed binary tree over a batch's sample indices along which gradients are summed.
///
/// Node (level, index) covers the samples [index · 2^level, (index + 1) · 2^level) below the batch size. Its value is
/// value(left child) + value(right child), or value(left child) if the right child covers no sample.
///
/// The tree depends on the batch size alone. So a sum along it has the same bits, no matter which rank computes which
/// part. A rank reduces its contiguous share to the few nodes that lie wholly inside it. Whoever receives those nodes of
/// all ranks finishes the tree.
package struct ReductionTree: Sendable, Equatable {
  package struct Node: Sendable, Hashable {
    package let level: Int
    package let index: Int

    package init(level: Int, index: Int) {
      self.level = level
      self.index = index
    }

    package var parent: Node { Node(level: level + 1, index: index >> 1) }
    package var isLeft: Bool { index & 1 == 0 }
    /// The other child of the parent.
    package var sibling: Node { Node(level: level, index: index ^ 1) }
    /// The first sample that the node covers.
    package var firstSample: Int { index << level }
  }

  /// The addition of one node's value to another's. Both are named by their positions in a list of nodes.
  package struct Merge: Sendable, Equatable {
    package let destination: Int
    package let source: Int
  }

  /// Number of samples, at least 1.
  package let batchSize: Int
  /// Level of the root: the smallest h with 2^h >= batchSize.
  package let height: Int

  package init(batchSize: Int) {
    precondition(batchSize >= 1, "a batch of \(batchSize) samples has no reduction tree")
    self.batchSize = batchSize
    height = Int.bitWidth - (batchSize - 1).leadingZeroBitCount
  }

  package var root: Node { Node(level: height, index: 0) }

  /// The samples that a rank computes.
  ///
  /// Shares are contiguous and in rank order. The first `batchSize % worldSize` ranks have one sample more than the
  /// others. If there are fewer samples than ranks, the last ranks have none.
  package static func share(of batchSize: Int, rank: Int, worldSize: Int) -> Range<Int> {
    precondition(
      (0..<worldSize).contains(rank), "rank \(rank) of \(worldSize) has no share of the batch")
    let (quotient, remainder) = batchSize.quotientAndRemainder(dividingBy: worldSize)
    let start = rank * quotient + min(rank, remainder)
    return start..<start + quotient + (rank < remainder ? 1 : 0)
  }

  /// The samples under a node.
  package func samples(of node: Node) -> Range<Int> {
    let start = min(node.firstSample, batchSize)
    return start..<min((node.index + 1) << node.level, batchSize)
  }

  /// The highest ancestor that covers the same samples: a node without a right sibling passes its value up.
  package func promoted(_ node: Node) -> Node {
    var node = node
    while node.level < height, node.isLeft, node.sibling.firstSample >= batchSize { node = node.parent }
    return node
  }

  /// The largest nodes whose samples all lie in `range`, in sample order: a rank's share reduces to them.
  package func localRoots(of range: Range<Int>) -> [Node] {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= batchSize,
      "samples \(range) are not part of a batch of \(batchSize)")
    var roots: [Node] = []
    var position = range.lowerBound
    while position < range.upperBound {
      var node = Node(level: 0, index: position)
      while node.level < height, node.isLeft, samples(of: node.parent).upperBound <= range.upperBound {
        node = node.parent
      }
      roots.append(node)
      position = samples(of: node).upperBound
    }
    return roots
  }

  /// The additions that turn the values of `nodes` into the root's value, which ends up at position 0.
  ///
  /// `nodes` cover the whole batch in sample order: they are the local roots of all ranks, in rank order. This works like
  /// a binary counter: each node is merged with the sibling before it as soon as both are there.
  package func merges(of nodes: [Node]) -> [Merge] {
    var merges: [Merge] = []
    var stack: [(node: Node, position: Int)] = []
    for (position, node) in nodes.enumerated() {
      precondition(
        samples(of: node).lowerBound == stack.last.map { samples(of: $0.node).upperBound } ?? 0,
        "the nodes do not cover the batch in order at position \(position)")
      stack.append((promoted(node), position))
      while stack.count > 1, stack[stack.count - 2].node == stack[stack.count - 1].node.sibling {
        let right = stack.removeLast()
        let left = stack.removeLast()
        merges.append(Merge(destination: left.position, source: right.position))
        stack.append((promoted(left.node.parent), left.position))
      }
    }
    precondition(
      stack.count == 1 && stack[0].node == root, "the nodes do not cover a batch of \(batchSize)")
    return merges
  }
}

/// Which rank holds which nodes of one batch's tree. It depends on batch size and rank count alone, so it is the same on
/// every rank.
struct BatchPlan: Sendable {
  let tree: ReductionTree
  /// By rank.
  let shares: [Range<Int>]
  /// By rank: the number of local roots of its share.
  let rootCounts: [Int]
  /// The additions that finish the tree once the roots of all ranks lie in a row.
  let merges: [ReductionTree.Merge]

  var rootTotal: Int { rootCounts.reduce(0, +) }

  init(batchSize: Int, worldSize: Int) {
    tree = ReductionTree(batchSize: batchSize)
    shares = (0..<worldSize).map { ReductionTree.share(of: batchSize, rank: $0, worldSize: worldSize) }
    let roots = shares.map(tree.localRoots)
    rootCounts = roots.map(\.count)
    merges = tree.merges(of: roots.flatMap { $0 })
  }
}
