/// The nonblocking collectives that a gradient exchange needs, over MPI or between virtual ranks.
///
/// Each kind of collective is matched by order: the n-th all-to-all of one rank belongs to the n-th of all
/// others. The two kinds do not wait for each other. One thread at a time uses a transport.
protocol ExchangeTransport: Sendable {
  var rank: Int { get }
  var worldSize: Int { get }

  /// Sends a segment to each rank and receives one from each. The buffers stay untouched meanwhile.
  func startAllToAll(
    _ type: GradientDataType, sent: WireSegments, received: WireSegments
  ) throws -> any ExchangeRequest

  /// Spreads this rank's segment of `buffer` to all ranks and receives theirs, in place.
  func startAllGather(_ type: GradientDataType, _ buffer: WireSegments) throws -> any ExchangeRequest

  /// Sums `count` floats over all ranks in place, in an order of the transport's choice.
  func startAllReduce(_ buffer: UnsafeMutablePointer<Float>, count: Int) throws -> any ExchangeRequest
}

/// A collective under way.
protocol ExchangeRequest: AnyObject {
  /// Lets the transport work; whether the collective is complete. Not asked again after true.
  func isComplete() throws -> Bool
}

/// One run of elements for each rank, in a buffer.
struct WireSegments {
  let base: UnsafeMutableRawPointer
  /// Elements, by rank.
  let counts: [Int64]
  /// In elements from `base`, by rank.
  let offsets: [Int64]
}
