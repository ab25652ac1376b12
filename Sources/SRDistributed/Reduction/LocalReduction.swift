import SRTensor
import Synchronization

/// A rank's own part of the reduction tree: the samples' gradients go in, the share's local roots come out.
///
/// Worker threads write each sample's gradient into a leaf, and say which of its buckets are final. When a bucket of two
/// sibling nodes is there, the thread that brought the second one merges them, left += right. So sums do not depend on
/// which thread was faster. Leaves are reused: if groups of samples start in order, about threads x group + log2(share)
/// leaves are alive.
final class LocalReduction: Sendable {
  let buckets: GradientBuckets
  private let dataType: GradientDataType
  private let add: VectorAdd
  private let state: Mutex<LocalReductionState>

  /// `reservedLeaves` leaves are allocated now. More follow when they are needed.
  init(
    buckets: GradientBuckets, dataType: GradientDataType, reservedLeaves: Int, add: @escaping VectorAdd
  ) {
    self.buckets = buckets
    self.dataType = dataType
    self.add = add
    var initial = LocalReductionState(buckets: buckets)
    initial.pool.reserve(reservedLeaves)
    state = Mutex(initial)
  }

  /// Leaves allocated so far.
  var leafAllocations: Int { state.withLock { $0.pool.allocations } }

  /// Starts a step in which this rank computes `samples` of the tree's batch.
  func begin(tree: ReductionTree, samples: Range<Int>) {
    state.withLock { $0.begin(tree: tree, samples: samples) }
  }

  /// Room for a sample's gradient: see ``GradientReducer/beginSample(_:)``.
  func beginSample(_ sample: Int) -> UnsafeMutablePointer<Float> {
    state.withLock { $0.beginSample(sample) }.pointer
  }

  /// Says that a bucket of a sample's leaf is final, and merges it as far up the tree as possible.
  ///
  /// Returns true in the one call that completes the bucket's last local root.
  func complete(sample: Int, bucket: Int) -> Bool {
    let range = buckets.ranges[bucket]
    round(state.withLock { $0.completeLeaf(sample: sample, bucket: bucket) }, range)
    var node = ReductionTree.Node(level: 0, index: sample)
    while true {
      switch state.withLock({ $0.arrive(node, bucket: bucket) }) {
      case .waiting: return false
      case .root(let isLast): return isLast
      case .merge(let left, let right, let rightSample, let parent):
        add(left.pointer + range.lowerBound, right.pointer + range.lowerBound, range.count)
        round(left, range)
        state.withLock { $0.releaseBucket(ofSample: rightSample) }
        node = parent
      }
    }
  }

  /// The values of local root number `index`, in sample order. They are valid until the bucket is released.
  func root(_ index: Int) -> UnsafePointer<Float> {
    UnsafePointer(state.withLock { $0.root(index) }.pointer)
  }

  /// Says that a bucket's local roots have been read: their leaves may be reused.
  func releaseRoots(bucket: Int) {
    state.withLock { $0.releaseRoots(bucket: bucket) }
  }

  private func round(_ leaf: GradientLeaf, _ range: Range<Int>) {
    if dataType == .bfloat16 {
      BFloat16.round(leaf.pointer + range.lowerBound, count: range.count)
    }
  }
}
