import SRDistributed
import SRTensor

/// Ranks of a host put one memory in the place of their buffers. The parts of all ranks' threads cover a work once. Ranks with unlike
/// numbers of threads keep their own buffers.
enum SharedWorkCheck: RankCheck {
  static let name = "shared-work"

  static func run(on communicator: Communicator) throws -> String {
    let (rank, worldSize) = (communicator.rank, communicator.worldSize)
    let activity = RankActivity()
    let sharing = try SharedWork(communicator)
    // One of less than a page, and one of several pages whose last is not full.
    let buffers = [5, 3 * 4096 + 7].map { AlignedBuffer(count: $0, inOwnPages: true) }
    for buffer in buffers { for index in 0..<buffer.count { buffer.pointer[index] = Float(index) } }
    try expect(sharing.part(1, of: 3) == (1, 3), "parts before buffers are shared")
    let problems = try sharing.join(buffers, workers: 2)
    try expect(problems.isEmpty, "\(problems)")
    try expect(sharing.isShared == (worldSize > 1), "\(worldSize) ranks share: \(sharing.isShared)")
    for buffer in buffers {
      try expect(buffer.values == (0..<buffer.count).map(Float.init), "values before the first change")
    }
    for round in 1...3 {
      try sharing.wait(activity)
      for worker in 0..<2 {
        let part = sharing.part(worker, of: 2)
        try expect(part == (rank * 2 + worker, worldSize * 2), "part \(part) of rank \(rank)")
        for buffer in buffers {
          for index in stride(from: part.index, to: buffer.count, by: part.count) {
            buffer.pointer[index] += Float(round * (index % 7))
          }
        }
      }
      try sharing.wait(activity)
      let factor = round * (round + 1) / 2
      for buffer in buffers {
        let expected = (0..<buffer.count).map { Float($0 + factor * ($0 % 7)) }
        try expect(buffer.values == expected, "values after round \(round) on rank \(rank)")
      }
    }

    let unlike = try SharedWork(communicator)
    let own = AlignedBuffer(count: 9, inOwnPages: true)
    let told = try unlike.join([own], workers: rank == 0 ? 1 : 2)
    try expect(!unlike.isShared, "ranks with unlike threads share")
    try expect(told.count == (worldSize > 1 ? 1 : 0), "\(told)")
    try expect(told.allSatisfy { $0.contains("rank 0 has 1 threads, rank 1 has 2") }, "\(told)")
    own.pointer[0] = Float(rank)
    try unlike.wait(activity)
    try expect(own.pointer[0] == Float(rank), "a buffer that is not shared has changed")
    return "agree"
  }
}
