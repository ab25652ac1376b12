import SRTensor

/// Latency and bandwidth between two ranks, measured by messages that go back and forth.
package struct LinkProbe: Codable, Equatable, Sendable {
  package let ranks: [Int]
  package let hosts: [String]
  /// One way, for a message of 8 bytes. Seconds.
  package let latency: Double
  /// One way, for large messages. Bytes per second.
  package let bandwidth: Double

  package init(ranks: [Int], hosts: [String], latency: Double, bandwidth: Double) {
    self.ranks = ranks
    self.hosts = hosts
    self.latency = latency
    self.bandwidth = bandwidth
  }

  package var isWithinHost: Bool { hosts[0] == hosts[1] }

  /// Measures the links from rank 0 to one other rank of its host, and to one rank of each other host, one after the other.
  /// Collective. Every rank returns the same.
  ///
  /// - Parameters:
  ///   - most: the largest number of links to measure.
  ///   - progress: called after each message there and back.
  package static func measure(
    _ communicator: Communicator, most: Int = 16, progress: () -> Void = {}
  ) throws -> [LinkProbe] {
    let hosts = try communicator.allGather(communicator.hostName)
    var partners: [Int] = []
    for rank in 1..<max(communicator.worldSize, 1)
    where !partners.contains(where: { hosts[$0] == hosts[rank] }) {
      partners.append(rank)
    }
    var own: [LinkProbe] = []
    for partner in partners.prefix(most) {
      try communicator.barrier()
      guard communicator.rank == 0 || communicator.rank == partner else { continue }
      let peer = communicator.rank == 0 ? partner : 0
      let latency = try roundTrip(communicator, peer, bytes: 8, times: 200, progress) / 2
      let large = 4 << 20
      let transfer = try roundTrip(communicator, peer, bytes: large, times: 6, progress) / 2
      own.append(
        LinkProbe(
          ranks: [0, partner], hosts: [hosts[0], hosts[partner]], latency: latency,
          bandwidth: Double(large) / max(transfer - latency, 1e-9)))
    }
    return try communicator.broadcast(own)
  }

  /// The median time of a message there and back. Seconds.
  private static func roundTrip(
    _ communicator: Communicator, _ peer: Int, bytes: Int, times: Int, _ progress: () -> Void
  ) throws -> Double {
    var message = [UInt8](repeating: 0, count: bytes)
    var seconds: [Double] = []
    // The first two open connections.
    for turn in 0..<times + 2 {
      let start = ContinuousClock.now
      try message.withUnsafeMutableBytes { buffer in
        if communicator.rank < peer {
          try communicator.send(UnsafeRawBufferPointer(buffer), to: peer)
          try communicator.receive(buffer, from: peer)
        } else {
          try communicator.receive(buffer, from: peer)
          try communicator.send(UnsafeRawBufferPointer(buffer), to: peer)
        }
      }
      progress()
      if turn >= 2 { seconds.append(start.duration(to: .now) / .seconds(1)) }
    }
    return seconds.median
  }
}
