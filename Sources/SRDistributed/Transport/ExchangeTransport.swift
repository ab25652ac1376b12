/// The nonblocking collectives that a gradient exchange needs, over MPI or between virtual ranks.
///
/// Collectives of each kind are matched by order: the n-th all-to-all of one rank belongs to the n-th of all others. The
/// kinds do not wait for each other. One thread at a time uses a transport.
protocol ExchangeTransport: Sendable {
  var rank: Int { get }
  var worldSize: Int { get }

  /// Sends a segment to each rank, and receives one from each. Until then nobody touches the buffers.
  func startAllToAll(
    _ type: GradientDataType, sent: WireSegments, received: WireSegments
  ) throws -> any ExchangeRequest

  /// Sends this rank's segment of `buffer` to all ranks, and receives theirs, in place.
  func startAllGather(_ type: GradientDataType, _ buffer: WireSegments) throws -> any ExchangeRequest

  /// Sums `count` floats over all ranks in place. The transport chooses the order.
  func startAllReduce(_ buffer: UnsafeMutablePointer<Float>, count: Int) throws -> any ExchangeRequest
}

/// A collective under way.
protocol ExchangeRequest: AnyObject {
  /// Lets the transport work, and tells whether the collective is complete. It is not called again after it returned true.
  func isComplete() throws -> Bool
}

/// A buffer with one segment of elements for each rank.
struct WireSegments {
  let base: UnsafeMutableRawPointer
  /// Elements, by rank.
  let counts: [Int64]
  /// In elements from `base`, by rank.
  let offsets: [Int64]
}
