import SRTensor

/// The gradient arena cut into contiguous ranges, each of which is exchanged on its own.
///
/// Bucket 0 is the arena's end, and the last bucket is its beginning. The backward pass finishes the layers in that order,
/// so early buckets travel while later ones are still computed. Ranges start and end at multiples of 16 floats.
package struct GradientBuckets: Sendable, Equatable {
  /// Floats of the arena.
  package let arenaCount: Int
  /// In backward order.
  package let ranges: [Range<Int>]

  package var count: Int { ranges.count }

  /// Floats in a cache line. No two ranks or threads write to the same line.
  static let granularity = 16

  /// Cuts at the given offsets inside the arena. They are ascending multiples of 16.
  package init(arenaCount: Int, cuts: [Int]) {
    precondition(
      arenaCount > 0 && arenaCount % Self.granularity == 0,
      "an arena of \(arenaCount) floats is not a multiple of \(Self.granularity)")
    let bounds = [0] + cuts + [arenaCount]
    for (lower, upper) in zip(bounds, bounds.dropFirst()) {
      precondition(
        lower < upper && lower % Self.granularity == 0,
        "bucket bounds \(bounds) are not ascending multiples of \(Self.granularity)")
    }
    self.arenaCount = arenaCount
    ranges = zip(bounds, bounds.dropFirst()).map { $0..<$1 }.reversed()
  }

  /// Buckets of about `targetBytes` each.
  package init(arenaCount: Int, targetBytes: Int) {
    let floats = targetBytes / MemoryLayout<Float>.stride / Self.granularity * Self.granularity
    precondition(floats > 0, "a bucket of \(targetBytes) bytes holds no cache line")
    let cuts = stride(from: arenaCount - floats, to: 0, by: -floats)
    self.init(arenaCount: arenaCount, cuts: cuts.reversed())
  }

  /// Buckets of at least `targetBytes` each, except for the one at the arena's beginning. Cuts lie where tensors begin, so a
  /// bucket is complete when the backward pass has written its tensors.
  package init(layout: ParameterLayout, targetBytes: Int) {
    var cuts: [Int] = []
    var end = layout.arenaCount
    for entry in layout.entries.reversed() where entry.offset > 0 {
      if (end - entry.offset) * MemoryLayout<Float>.stride >= targetBytes {
        cuts.append(entry.offset)
        end = entry.offset
      }
    }
    self.init(arenaCount: layout.arenaCount, cuts: cuts.reversed())
  }

  /// The part of a bucket that each rank owns. Parts are contiguous, in rank order, and consist of whole cache lines.
  func shards(of bucket: Int, worldSize: Int) -> [Range<Int>] {
    let range = ranges[bucket]
    let lines = range.count / Self.granularity
    return (0..<worldSize).map { rank in
      let share = ReductionTree.share(of: lines, rank: rank, worldSize: worldSize)
      let start = range.lowerBound + share.lowerBound * Self.granularity
      return start..<start + share.count * Self.granularity
    }
  }
}

/// Which buckets of one gradient are final, while a backward pass writes the arena from its end to its beginning.
package struct BucketProgress: Sendable {
  private let buckets: GradientBuckets
  /// How many buckets are final: the first ones.
  package private(set) var count = 0

  package init(_ buckets: GradientBuckets) { self.buckets = buckets }

  /// Takes note that all floats from `offset` to the arena's end are final.
  ///
  /// - Parameter complete: called with each bucket that has become final by that, in their order.
  package mutating func advance(to offset: Int, complete: (_ bucket: Int) -> Void) {
    while count < buckets.count, buckets.ranges[count].lowerBound >= offset {
      complete(count)
      count += 1
    }
  }
}
