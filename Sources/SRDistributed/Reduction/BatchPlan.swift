/// Who holds which nodes of one batch's tree: the same on every rank, from batch size and rank count alone.
struct BatchPlan: Sendable {
  let tree: ReductionTree
  /// By rank.
  let shares: [Range<Int>]
  /// By rank: local roots of its share.
  let rootCounts: [Int]
  /// What finishes the tree once the roots of all ranks lie in a row.
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
