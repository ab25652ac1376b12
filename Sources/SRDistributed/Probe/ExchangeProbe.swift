import Foundation
import SRTensor

/// What an exchange of gradients reaches and costs on a job's network, measured with the exchange itself.
///
/// An alpha-beta model of the wire alone is too good: MPI's handshakes wait for polls, several collectives share the
/// link, and the processor time that TCP takes comes from the workers where these use every core.
package struct ExchangeProbe: Codable, Equatable, Sendable {
  /// Bytes a second that a rank sends, and as many that it receives, while its workers wait.
  package let bandwidth: Double
  /// The share of ``bandwidth`` that is left while its workers compute.
  package let busyShare: Double
  /// Seconds that its workers lose, all together, for a byte that the rank sends (and one that it receives).
  package let workerTime: Double

  package init(bandwidth: Double, busyShare: Double, workerTime: Double) {
    self.bandwidth = bandwidth
    self.busyShare = busyShare
    self.workerTime = workerTime
  }

  /// Exchanges a gradient several times, with workers that wait and with workers that count. Collective; every rank
  /// returns the same, nil where there is one.
  ///
  /// - Parameters:
  ///   - threads: workers of this rank.
  ///   - bytes: of the gradient; the trainer's is 6 MB.
  package static func measure(
    _ communicator: Communicator, threads: Int, bytes: Int = 6 << 20, rounds: Int = 15,
    add: @escaping VectorAdd
  ) throws -> ExchangeProbe? {
    guard communicator.worldSize > 1 else { return nil }
    let buckets = GradientBuckets(arenaCount: bytes / MemoryLayout<Float>.stride, targetBytes: 1 << 20)
    let exchange = try GradientExchange(
      communicator: communicator, buckets: buckets, destination: AlignedBuffer(count: buckets.arenaCount),
      reservedLeaves: 1, add: add)
    let workers = SpinningWorkers(count: threads)
    var own: [Round] = []
    // The first ones open connections.
    for _ in 0..<rounds + 2 {
      try communicator.barrier()
      let waiting = try seconds { try run(exchange) }
      workers.start()
      // Counts alone for about as long as the exchange takes, after a moment in which the threads wake; longer if a busy
      // machine gives them no time at all.
      Thread.sleep(forTimeInterval: 2e-3)
      let before = workers.turns
      let alone = seconds {
        repeat { Thread.sleep(forTimeInterval: 0.05) } while workers.turns == before
      }
      let rate = Double(workers.turns - before) / alone
      try communicator.barrier()
      let start = workers.turns
      let computing = try seconds { try run(exchange) }
      let counted = Double(workers.turns - start)
      workers.pause()
      own.append(
        Round(waiting: waiting, computing: computing, lost: (computing - counted / rate) * Double(threads)))
    }
    return try joined(Array(own.dropFirst(2)), communicator, bytes: bytes)
  }

  /// Seconds that one round took, and that the workers lost in it.
  private struct Round: Codable {
    let waiting: Double
    let computing: Double
    let lost: Double
  }

  private static func run(_ exchange: GradientExchange) throws {
    for sample in exchange.begin(batchSize: exchange.worldSize) {
      _ = exchange.beginSample(sample)
      exchange.complete(sample: sample)
    }
    try exchange.finish()
  }

  /// Medians over the rounds, means over the ranks.
  private static func joined(_ own: [Round], _ communicator: Communicator, bytes: Int) throws
    -> ExchangeProbe
  {
    let all = try communicator.allGather(Array(try JSONEncoder().encode(own)))
      .map { try JSONDecoder().decode([Round].self, from: Data($0)) }
    func mean(_ value: (Round) -> Double) -> Double {
      all.map { $0.map(value).sorted()[$0.count / 2] }.reduce(0, +) / Double(all.count)
    }
    let (waiting, computing) = (mean(\.waiting), mean(\.computing))
    // All-to-all and all-gather: a rank keeps its own shard.
    let carried = 2 * Double(bytes) * Double(all.count - 1) / Double(all.count)
    return ExchangeProbe(
      bandwidth: carried / waiting, busyShare: min(1, waiting / computing),
      workerTime: max(0, mean(\.lost)) / carried)
  }

  private static func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return start.duration(to: .now) / .seconds(1)
  }
}
