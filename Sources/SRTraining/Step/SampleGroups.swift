/// How a rank's samples are dealt to its workers: in groups of consecutive samples that go through the network together.
///
/// Groups affect the time, but no result. A worker computes each layer for all samples of a group before the next layer. So
/// the layer's weights are read while they are in the cache. A layer's gradient is final for the whole group early in the
/// backward pass. Then much computing is left, which hides the gradient's exchange.
struct SampleGroups: Sendable {
  /// The most samples of a group. More gain little, and each needs 17 MB of activations; LPIPS over VGG16 needs 33 MB more.
  static let largestSize = 4

  private let samples: Range<Int>
  let count: Int

  /// Makes the smallest number of groups that gives every worker equally many.
  ///
  /// - Parameter largest: the most samples that a worker has room for.
  init(_ samples: Range<Int>, workers: Int, largest: Int = largestSize) {
    self.samples = samples
    let rounds = (samples.count + workers * largest - 1) / (workers * largest)
    count = min(rounds * workers, samples.count)
  }

  /// The samples of one group. The groups' sizes differ by one at most.
  subscript(index: Int) -> Range<Int> {
    let start = samples.lowerBound
    return start + samples.count * index / count..<start + samples.count * (index + 1) / count
  }

  /// The size of the largest group that dealing `share` samples makes.
  static func size(share: Int, workers: Int) -> Int {
    let groups = SampleGroups(0..<share, workers: workers)
    return groups.count == 0 ? 1 : (share + groups.count - 1) / groups.count
  }
}
