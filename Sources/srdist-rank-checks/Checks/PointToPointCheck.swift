import SRDistributed

/// Bytes travel round all ranks, and return with every rank's mark.
enum PointToPointCheck: RankCheck {
  static let name = "point-to-point"

  static func run(on communicator: Communicator) throws -> String {
    let (rank, worldSize) = (communicator.rank, communicator.worldSize)
    if worldSize == 1 { return "alone" }
    var ring = [UInt8](repeating: 0, count: worldSize)
    func send() throws { try ring.withUnsafeBytes { try communicator.send($0, to: (rank + 1) % worldSize) } }
    func receive() throws {
      try ring.withUnsafeMutableBytes {
        try communicator.receive($0, from: (rank + worldSize - 1) % worldSize)
      }
    }
    if rank > 0 { try receive() }
    ring[rank] = UInt8(rank + 1)
    try send()
    if rank == 0 {
      try receive()
      try expect(ring == (1...worldSize).map(UInt8.init), "the ring came back as \(ring)")
    }
    return "round"
  }
}
