import Synchronization

/// Collectives between virtual ranks of one process. The last rank to arrive moves the data of all.
struct InProcessTransport: ExchangeTransport {
  let rank: Int
  let worldSize: Int
  private let hub: InProcessHub

  /// Transports of all virtual ranks, connected to each other.
  static func group(of worldSize: Int) -> [InProcessTransport] {
    let hub = InProcessHub(worldSize: worldSize)
    return (0..<worldSize).map { InProcessTransport(rank: $0, worldSize: worldSize, hub: hub) }
  }

  func startAllToAll(
    _ type: GradientDataType, sent: WireSegments, received: WireSegments
  ) -> any ExchangeRequest {
    hub.scatter.join(
      rank: rank, InProcessPost(type: type, sent: sent, received: received)
    ) { posts in
      for (source, from) in posts.enumerated() {
        for (destination, to) in posts.enumerated() {
          precondition(
            from.sent.counts[destination] == to.received.counts[source],
            "rank \(source) sends \(from.sent.counts[destination]) elements to rank \(destination), "
              + "which expects \(to.received.counts[source])")
          to.received.segment(source, type).copyMemory(
            from: UnsafeRawBufferPointer(from.sent.segment(destination, type)))
        }
      }
    }
  }

  func startAllGather(_ type: GradientDataType, _ buffer: WireSegments) -> any ExchangeRequest {
    hub.gather.join(rank: rank, InProcessPost(type: type, sent: buffer, received: buffer)) { posts in
      for (source, from) in posts.enumerated() {
        for (destination, to) in posts.enumerated() where destination != source {
          to.received.segment(source, type).copyMemory(
            from: UnsafeRawBufferPointer(from.sent.segment(source, type)))
        }
      }
    }
  }

  func startAllReduce(_ buffer: UnsafeMutablePointer<Float>, count: Int) -> any ExchangeRequest {
    let whole = WireSegments(base: buffer, counts: [Int64(count)], offsets: [0])
    return hub.gather.join(
      rank: rank, InProcessPost(type: .float32, sent: whole, received: whole)
    ) { posts in
      let buffers = posts.map { $0.sent.base.assumingMemoryBound(to: Float.self) }
      for i in 0..<count {
        let sum = buffers.dropFirst().reduce(buffers[0][i]) { $0 + $1[i] }
        for buffer in buffers { buffer[i] = sum }
      }
    }
  }
}

/// What one virtual rank brought to a collective.
private struct InProcessPost {
  let type: GradientDataType
  let sent: WireSegments
  let received: WireSegments
}

extension WireSegments {
  fileprivate func segment(_ rank: Int, _ type: GradientDataType) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      start: base + Int(offsets[rank]) * type.byteCount, count: Int(counts[rank]) * type.byteCount)
  }
}

/// The meeting points of virtual ranks, one for each kind of collective, as with MPI's communicators.
private final class InProcessHub: Sendable {
  let scatter: InProcessChannel
  let gather: InProcessChannel

  init(worldSize: Int) {
    scatter = InProcessChannel(worldSize: worldSize)
    gather = InProcessChannel(worldSize: worldSize)
  }
}

/// Matches the n-th collective of each rank with the n-th of all others.
private final class InProcessChannel: @unchecked Sendable {
  private let worldSize: Int
  /// `lock` guards them, and the buffers that the posts point to.
  private var queues: [[(post: InProcessPost, request: InProcessRequest)]]
  private let lock = Mutex<Void>(())

  init(worldSize: Int) {
    self.worldSize = worldSize
    queues = Array(repeating: [], count: worldSize)
  }

  func join(
    rank: Int, _ post: InProcessPost, move: ([InProcessPost]) -> Void
  ) -> any ExchangeRequest {
    let request = InProcessRequest()
    lock.withLock { _ in
      queues[rank].append((post, request))
      if queues.allSatisfy({ !$0.isEmpty }) {
        let round = queues.indices.map { queues[$0].removeFirst() }
        move(round.map(\.post))
        for entry in round { entry.request.completed.store(true, ordering: .releasing) }
      }
    }
    return request
  }
}

private final class InProcessRequest: ExchangeRequest {
  let completed = Atomic(false)

  func isComplete() -> Bool { completed.load(ordering: .acquiring) }
}
