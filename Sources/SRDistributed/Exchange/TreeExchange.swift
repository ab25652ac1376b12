import SRTensor

/// ``ReductionMode/tree``: completes the reduction tree across ranks.
///
/// For each bucket an all-to-all sends the local roots to the owners of its shards. Each owner finishes the tree there, in
/// its fixed order, and an all-gather spreads the means. If shares are aligned with the tree, each rank sends one node, and
/// the traffic is that of a ring allreduce.
final class TreeExchange: BucketExchange {
  private let transport: any ExchangeTransport
  private let local: LocalReduction
  private let destination: AlignedBuffer
  private let dataType: GradientDataType
  private let add: VectorAdd
  private let sendBuffer = WireBuffer()
  private let receiveBuffer = WireBuffer()
  private let gatherBuffer = WireBuffer()
  /// The nodes of one shard of a bucket as floats, if they travel in another type.
  private let nodes = WireBuffer()
  private var layout: ExchangeLayout

  /// Buckets [0, scattered) have started their all-to-all, [0, gathering) their all-gather, and [0, done) are done.
  private var (scattered, gathering, done) = (0, 0, 0)
  private var requests: [(any ExchangeRequest)?]

  init(
    transport: any ExchangeTransport, local: LocalReduction, destination: AlignedBuffer,
    dataType: GradientDataType, add: @escaping VectorAdd
  ) {
    self.transport = transport
    self.local = local
    self.destination = destination
    self.dataType = dataType
    self.add = add
    requests = Array(repeating: nil, count: local.buckets.count)
    let plan = BatchPlan(batchSize: transport.worldSize, worldSize: transport.worldSize)
    layout = ExchangeLayout(plan: plan, buckets: local.buckets, rank: transport.rank)
  }

  var bufferAllocations: Int {
    [sendBuffer, receiveBuffer, gatherBuffer, nodes].reduce(0) { $0 + $1.allocations }
  }

  func begin(_ plan: BatchPlan) {
    if plan.tree != layout.plan.tree {
      layout = ExchangeLayout(plan: plan, buckets: local.buckets, rank: transport.rank)
    }
    (scattered, gathering, done) = (0, 0, 0)
    sendBuffer.reserve(layout.sentCount * dataType.byteCount)
    receiveBuffer.reserve(layout.receivedCount * dataType.byteCount)
    if dataType != .float32 {
      gatherBuffer.reserve(destination.count * dataType.byteCount)
      nodes.reserve(layout.largestReceived * MemoryLayout<Float>.stride)
    }
  }

  func poll(isReady: (Int) -> Bool) throws -> ExchangeProgress {
    let before = (scattered, gathering, done)
    let count = local.buckets.count
    while scattered < count, isReady(scattered) {
      requests[scattered] = try startScatter(scattered)
      scattered += 1
    }
    while gathering < scattered, try requests[gathering]!.isComplete() {
      requests[gathering] = try startGather(gathering)
      gathering += 1
    }
    while done < gathering, try requests[done]!.isComplete() {
      requests[done] = nil
      unpack(done)
      done += 1
    }
    if done == count { return .finished }
    return before == (scattered, gathering, done) ? .waiting : .advanced
  }

  /// Sends each rank its shard of all local roots of the bucket, root after root.
  private func startScatter(_ bucket: Int) throws -> any ExchangeRequest {
    let base = sendBuffer.base + layout.sentStart[bucket] * dataType.byteCount
    let segments = layout.sent(bucket, base: base)
    for root in 0..<layout.rootCount {
      let values = local.root(root)
      for (rank, shard) in layout.shards[bucket].enumerated() {
        let offset = Int(segments.offsets[rank]) + root * shard.count
        pack(values + shard.lowerBound, to: base + offset * dataType.byteCount, count: shard.count)
      }
    }
    local.releaseRoots(bucket: bucket)
    let received = layout.received(
      bucket, base: receiveBuffer.base + layout.receivedStart[bucket] * dataType.byteCount)
    return try transport.startAllToAll(dataType, sent: segments, received: received)
  }

  /// Finishes the tree on this rank's shard of the bucket and sends the means to all ranks.
  private func startGather(_ bucket: Int) throws -> any ExchangeRequest {
    let shard = layout.shards[bucket][transport.rank]
    let received = receiveBuffer.base + layout.receivedStart[bucket] * dataType.byteCount
    let values: UnsafeMutablePointer<Float>
    if dataType == .float32 {
      values = received.assumingMemoryBound(to: Float.self)
    } else {
      values = nodes.base.assumingMemoryBound(to: Float.self)
      BFloat16.unpack(
        received.assumingMemoryBound(to: UInt16.self), into: values,
        count: layout.plan.rootTotal * shard.count)
    }
    for merge in layout.plan.merges {
      let sum = values + merge.destination * shard.count
      add(sum, values + merge.source * shard.count, shard.count)
      round(sum, count: shard.count)
    }
    divide(values, by: Float(layout.plan.tree.batchSize), count: shard.count)
    round(values, count: shard.count)

    let base = gatherBase
    pack(values, to: base + shard.lowerBound * dataType.byteCount, count: shard.count)
    return try transport.startAllGather(dataType, layout.gathered(bucket, base: base))
  }

  /// Where the means of all ranks arrive. Floats arrive in the destination itself.
  private var gatherBase: UnsafeMutableRawPointer {
    dataType == .float32 ? UnsafeMutableRawPointer(destination.pointer) : gatherBuffer.base
  }

  private func unpack(_ bucket: Int) {
    if dataType == .float32 { return }
    let range = local.buckets.ranges[bucket]
    let halves = gatherBuffer.base.assumingMemoryBound(to: UInt16.self)
    BFloat16.unpack(
      halves + range.lowerBound, into: destination.pointer + range.lowerBound, count: range.count)
  }

  private func pack(_ values: UnsafePointer<Float>, to wire: UnsafeMutableRawPointer, count: Int) {
    switch dataType {
    case .float32:
      wire.assumingMemoryBound(to: Float.self).update(from: values, count: count)
    case .bfloat16:
      BFloat16.pack(values, into: wire.assumingMemoryBound(to: UInt16.self), count: count)
    }
  }

  private func round(_ values: UnsafeMutablePointer<Float>, count: Int) {
    if dataType == .bfloat16 { BFloat16.round(values, count: count) }
  }
}
