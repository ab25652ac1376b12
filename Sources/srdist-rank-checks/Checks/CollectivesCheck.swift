import SRDistributed

/// Broadcast, gather and all-gather deliver each rank's values to the right place. Each rank's values have another length.
enum CollectivesCheck: RankCheck {
  static let name = "collectives"

  static func run(on communicator: Communicator) throws -> String {
    let (rank, worldSize) = (communicator.rank, communicator.worldSize)
    // Rank r has 5 * r bytes, so rank 0 has none.
    func bytes(_ rank: Int) -> [UInt8] { (0..<rank * 5).map { UInt8(truncatingIfNeeded: $0 * 7 + rank) } }
    let everyones = (0..<worldSize).map(bytes)

    for root in 0..<worldSize {
      let received = try communicator.broadcast(bytes(rank), from: root)
      try expect(received == bytes(root), "rank \(root) sent \(bytes(root)), rank \(rank) has \(received)")
      let gathered = try communicator.gather(bytes(rank), to: root)
      try expect(gathered == (rank == root ? everyones : nil), "gathered \(String(describing: gathered))")
    }
    let all = try communicator.allGather(bytes(rank))
    try expect(all == everyones, "all-gathered \(all)")

    let doubles = try communicator.allGather((0..<rank).map { Double($0) / Double(rank) })
    try expect(
      doubles == (0..<worldSize).map { r in (0..<r).map { Double($0) / Double(r) } }, "doubles \(doubles)")

    struct Value: Codable, Equatable {
      var name: String
      var numbers: [Double]
      var rest: Int?
    }
    func value(_ rank: Int) -> Value? {
      // Rank 0 has none. JSON has no numbers for the last two.
      rank == 0
        ? nil
        : Value(
          name: "é \(rank)", numbers: [1 / Double(rank), .infinity, -.infinity],
          rest: rank % 2 == 0 ? rank : nil)
    }
    let values = try communicator.allGather(value(rank))
    try expect(values == (0..<worldSize).map(value), "values \(values)")
    for root in 0..<worldSize {
      try expect(communicator.broadcast(value(rank), from: root) == value(root), "a value of rank \(root)")
      let gathered = try communicator.gather("\(rank)", to: root)
      try expect(
        gathered == (rank == root ? (0..<worldSize).map { "\($0)" } : nil),
        "texts \(String(describing: gathered))")
    }

    var floats = (0..<100).map { Float($0 * (rank + 1)) }
    try floats.withUnsafeMutableBufferPointer { try communicator.broadcast($0, from: worldSize - 1) }
    try expect(floats == (0..<100).map { Float($0 * worldSize) }, "floats \(floats)")

    try communicator.barrier()
    try expect(
      communicator.nodeCount == 1 && communicator.localRank == rank && communicator.localSize == worldSize,
      "rank \(communicator.localRank) of \(communicator.localSize) on one of \(communicator.nodeCount) hosts")
    return "agree"
  }
}
