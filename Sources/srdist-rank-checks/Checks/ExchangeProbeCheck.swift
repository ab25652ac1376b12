import SRDistributed

/// `srdist doctor` measures an exchange. Every rank gets the same figures, and they are possible ones.
enum ExchangeProbeCheck: RankCheck {
  static let name = "exchange-probe"

  static func run(on communicator: Communicator) throws -> String {
    let found = try ExchangeProbe.measure(
      communicator, threads: 1, bytes: 1 << 20, rounds: 3,
      add: { destination, source, count in for i in 0..<count { destination[i] += source[i] } })
    guard communicator.worldSize > 1 else {
      try expect(found == nil, "a rank that is alone measured \(found!)")
      return "alone"
    }
    guard let found else { throw CheckFailure(description: "nothing was measured") }
    let figures = [found.bandwidth, found.busyShare, found.workerTime]
    let all = try communicator.allGather(figures)
    try expect(all.allSatisfy { $0 == figures }, "ranks measured \(all)")
    // From slower than a modem to faster than memory.
    try expect((1e4...1e12).contains(found.bandwidth), "\(found.bandwidth) bytes a second")
    try expect(found.busyShare > 0 && found.busyShare <= 1, "a share of \(found.busyShare)")
    try expect((0...1e-3).contains(found.workerTime), "\(found.workerTime) s a byte")
    return "measured"
  }
}
