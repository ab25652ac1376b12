/// How a rank's samples are dealt to its workers: in groups of consecutive ones that go through the network together.
///
/// Groups show in no result, only in the time: a group's layers are computed one after the other for all of its samples,
/// so that a layer's weights are read while they are in the cache, and a layer's gradient is final for all of them early
/// in the backward pass, when there is still much to compute while it is exchanged.
struct SampleGroups: Sendable {
  /// The most samples of a group: more gain little, and each needs 17 MB of activations, with LPIPS over VGG16 33 MB more.
  static let largestSize = 4

  private let samples: Range<Int>
  let count: Int

  /// As few groups as give every worker the same number of them.
  ///
  /// - Parameter largest: the most samples that a worker has room for.
  init(_ samples: Range<Int>, workers: Int, largest: Int = largestSize) {
    self.samples = samples
    let rounds = (samples.count + workers * largest - 1) / (workers * largest)
    count = min(rounds * workers, samples.count)
  }

  /// The samples of one group; sizes differ by one at most.
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
