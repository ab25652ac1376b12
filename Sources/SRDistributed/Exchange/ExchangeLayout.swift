import SRTensor

/// Where the nodes of each bucket lie in one rank's wire buffers, for one batch size. All numbers count elements.
struct ExchangeLayout {
  let plan: BatchPlan
  let rank: Int
  /// By bucket, then rank: the part of the arena whose tree this rank finishes.
  let shards: [[Range<Int>]]
  /// Local roots of this rank.
  let rootCount: Int
  /// By bucket: where it begins in the send buffer and in the receive buffer.
  let sentStart: [Int]
  let receivedStart: [Int]
  let sentCount: Int
  let receivedCount: Int
  /// The most elements that one bucket receives.
  let largestReceived: Int

  init(plan: BatchPlan, buckets: GradientBuckets, rank: Int) {
    self.plan = plan
    self.rank = rank
    let worldSize = plan.shares.count
    shards = (0..<buckets.count).map { buckets.shards(of: $0, worldSize: worldSize) }
    rootCount = plan.rootCounts[rank]
    let sent = buckets.ranges.map { [rootCount] in $0.count * rootCount }
    let received = shards.map { $0[rank].count * plan.rootTotal }
    (sentStart, sentCount) = Self.starts(sent)
    (receivedStart, receivedCount) = Self.starts(received)
    largestReceived = received.max() ?? 0
  }

  /// What goes to each rank: its shard of every local root.
  func sent(_ bucket: Int, base: UnsafeMutableRawPointer) -> WireSegments {
    let counts = shards[bucket].map { $0.count * rootCount }
    return WireSegments(base: base, counts: counts.map(Int64.init), offsets: Self.offsets(counts))
  }

  /// What comes from each rank: its local roots. The roots of all ranks then lie in a row, in sample order.
  func received(_ bucket: Int, base: UnsafeMutableRawPointer) -> WireSegments {
    let shard = shards[bucket][rank].count
    let counts = plan.rootCounts.map { $0 * shard }
    return WireSegments(base: base, counts: counts.map(Int64.init), offsets: Self.offsets(counts))
  }

  /// Every rank's shard of the bucket, each at its place in the arena.
  func gathered(_ bucket: Int, base: UnsafeMutableRawPointer) -> WireSegments {
    WireSegments(
      base: base, counts: shards[bucket].map { Int64($0.count) },
      offsets: shards[bucket].map { Int64($0.lowerBound) })
  }

  private static func starts(_ counts: [Int]) -> (starts: [Int], total: Int) {
    var total = 0
    let starts = counts.map { count in
      defer { total += count }
      return total
    }
    return (starts, total)
  }

  private static func offsets(_ counts: [Int]) -> [Int64] { starts(counts).starts.map(Int64.init) }
}

/// Bytes to send or receive. The buffer is kept, and only ever grows.
final class WireBuffer {
  private var storage = AlignedBuffer(count: 0)
  /// How often it grew.
  private(set) var allocations = 0

  var base: UnsafeMutableRawPointer { UnsafeMutableRawPointer(storage.pointer) }

  /// Makes room for `bytes`. If the buffer has to grow, its content is lost.
  func reserve(_ bytes: Int) {
    let floats = (bytes + 3) / 4
    if floats > storage.count {
      storage = AlignedBuffer(count: floats)
      allocations += 1
    }
  }
}
