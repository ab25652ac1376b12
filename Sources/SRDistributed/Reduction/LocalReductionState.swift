import SRTensor

/// The bookkeeping of ``LocalReduction``, guarded by its lock: which node waits where, and which leaf belongs to which
/// sample.
///
/// A node lives in the leaf of its first sample. At any time at most one node of a bucket starts at a sample, so its level
/// identifies it. This needs no dictionary, and a steady step allocates nothing.
struct LocalReductionState {
  enum Arrival {
    /// The sibling is not there yet.
    case waiting
    /// The node is a local root. `isLast` says whether it is the last of its bucket to arrive.
    case root(isLast: Bool)
    /// The sibling is waiting: the caller adds `right` to `left` and continues with `parent`.
    case merge(left: GradientLeaf, right: GradientLeaf, rightSample: Int, parent: ReductionTree.Node)
  }

  private enum BucketStatus: Equatable {
    /// The sample's bucket is not final yet, or a thread is at work on its node, or the node is merged into another.
    case absent
    /// A node of this level that starts at the sample is waiting for its sibling, or is a local root.
    case present(level: Int)
  }

  var pool: LeafPool
  private let bucketCount: Int
  private var tree = ReductionTree(batchSize: 1)
  private var samples = 0..<0
  private var roots: [ReductionTree.Node] = []
  /// By sample of the share: its leaf, as long as any of its buckets is in use.
  private var leaves: [GradientLeaf?] = []
  /// By sample of the share: buckets of its leaf in use.
  private var bucketsInUse: [Int] = []
  /// By sample of the share, then bucket.
  private var status: [BucketStatus] = []
  private var isFinal: [Bool] = []
  /// By bucket: local roots that have not arrived.
  private var missingRoots: [Int] = []

  init(buckets: GradientBuckets) {
    pool = LeafPool(arenaCount: buckets.arenaCount)
    bucketCount = buckets.count
  }

  mutating func begin(tree: ReductionTree, samples: Range<Int>) {
    precondition(
      leaves.allSatisfy { $0 == nil }, "a step begins while samples \(self.samples) are being reduced")
    if tree != self.tree || samples != self.samples { roots = tree.localRoots(of: samples) }
    self.tree = tree
    self.samples = samples
    Self.fill(&leaves, with: nil, count: samples.count)
    Self.fill(&bucketsInUse, with: bucketCount, count: samples.count)
    Self.fill(&status, with: .absent, count: samples.count * bucketCount)
    Self.fill(&isFinal, with: false, count: samples.count * bucketCount)
    Self.fill(&missingRoots, with: roots.count, count: bucketCount)
  }

  mutating func beginSample(_ sample: Int) -> GradientLeaf {
    let position = position(of: sample)
    precondition(leaves[position] == nil, "sample \(sample) began twice")
    let leaf = pool.take()
    leaves[position] = leaf
    return leaf
  }

  /// Marks a sample's bucket as final and returns its leaf.
  mutating func completeLeaf(sample: Int, bucket: Int) -> GradientLeaf {
    let position = position(of: sample)
    precondition((0..<bucketCount).contains(bucket), "bucket \(bucket) of \(bucketCount) does not exist")
    guard let leaf = leaves[position], !isFinal[position * bucketCount + bucket] else {
      preconditionFailure("bucket \(bucket) of sample \(sample) completed twice or before it began")
    }
    isFinal[position * bucketCount + bucket] = true
    return leaf
  }

  /// Takes note of a node whose values are ready. If its sibling is waiting already, pairs the two.
  mutating func arrive(_ arrived: ReductionTree.Node, bucket: Int) -> Arrival {
    let node = tree.promoted(arrived)
    let isRoot = node == tree.root || !tree.samples(of: node.parent).lies(in: samples)
    let own = (node.firstSample - samples.lowerBound) * bucketCount + bucket
    if isRoot {
      status[own] = .present(level: node.level)
      missingRoots[bucket] -= 1
      return .root(isLast: missingRoots[bucket] == 0)
    }
    let other = (node.sibling.firstSample - samples.lowerBound) * bucketCount + bucket
    guard status[other] == .present(level: node.level) else {
      status[own] = .present(level: node.level)
      return .waiting
    }
    status[other] = .absent
    let (left, right) = node.isLeft ? (node, node.sibling) : (node.sibling, node)
    return .merge(
      left: leaf(at: left), right: leaf(at: right), rightSample: right.firstSample, parent: node.parent)
  }

  func root(_ index: Int) -> GradientLeaf { leaf(at: roots[index]) }

  /// Says that a bucket of a sample's leaf is no longer in use. The last bucket frees the leaf.
  mutating func releaseBucket(ofSample sample: Int) {
    let position = position(of: sample)
    bucketsInUse[position] -= 1
    if bucketsInUse[position] == 0, let leaf = leaves[position] {
      leaves[position] = nil
      pool.give(leaf)
    }
  }

  mutating func releaseRoots(bucket: Int) {
    precondition(
      missingRoots[bucket] == 0, "bucket \(bucket) still waits for \(missingRoots[bucket]) local roots")
    for root in roots { releaseBucket(ofSample: root.firstSample) }
  }

  private func leaf(at node: ReductionTree.Node) -> GradientLeaf {
    guard let leaf = leaves[node.firstSample - samples.lowerBound] else {
      preconditionFailure("sample \(node.firstSample) has no leaf")
    }
    return leaf
  }

  private func position(of sample: Int) -> Int {
    precondition(samples.contains(sample), "sample \(sample) is not among this rank's \(samples)")
    return sample - samples.lowerBound
  }

  /// Refills an array and keeps its storage.
  private static func fill<Element>(_ array: inout [Element], with value: Element, count: Int) {
    array.removeAll(keepingCapacity: true)
    array.append(contentsOf: repeatElement(value, count: count))
  }
}

extension Range<Int> {
  /// Whether all of this range lies inside the other. Precondition: the other is not empty.
  fileprivate func lies(in other: Range<Int>) -> Bool {
    other.lowerBound <= lowerBound && upperBound <= other.upperBound
  }
}

/// The gradient arena of one sample, and later of the tree nodes that start at this sample.
final class GradientLeaf: Sendable {
  let buffer: AlignedBuffer
  var pointer: UnsafeMutablePointer<Float> { buffer.pointer }

  init(count: Int) { buffer = AlignedBuffer(count: count) }
}

/// Gradient leaves that are kept for reuse. It has no lock of its own: its owner locks.
struct LeafPool {
  private let arenaCount: Int
  private var free: [GradientLeaf] = []
  /// Leaves made so far. Once a training loop runs steadily, this no longer grows.
  private(set) var allocations = 0

  init(arenaCount: Int) { self.arenaCount = arenaCount }

  mutating func reserve(_ count: Int) {
    while allocations < count {
      free.append(GradientLeaf(count: arenaCount))
      allocations += 1
    }
  }

  mutating func take() -> GradientLeaf {
    if free.isEmpty { reserve(allocations + 1) }
    return free.removeLast()
  }

  mutating func give(_ leaf: GradientLeaf) { free.append(leaf) }
}
