import Foundation
import SRProcess
import SRTensor
import Synchronization

/// How fast an exchange of gradients is on a job's network, and what it costs, measured with the exchange itself.
///
/// An alpha-beta model of the wire alone is too optimistic. MPI's handshakes wait for polls, and several collectives share
/// the link. If the workers use every core, the processor time that TCP takes comes from them.
package struct ExchangeProbe: Codable, Equatable, Sendable {
  /// Bytes per second that a rank sends while its workers wait. It receives as many.
  package let bandwidth: Double
  /// The share of ``bandwidth`` that is left while the rank's workers compute.
  package let busyShare: Double
  /// Seconds that the rank's workers lose, all together, for each byte that the rank sends (and one that it receives).
  package let workerTime: Double

  package init(bandwidth: Double, busyShare: Double, workerTime: Double) {
    self.bandwidth = bandwidth
    self.busyShare = busyShare
    self.workerTime = workerTime
  }

  /// Exchanges a gradient several times, both with workers that wait and with workers that count. Collective. Every rank
  /// returns the same; the result is nil if there is only one rank.
  ///
  /// - Parameters:
  ///   - threads: workers of this rank.
  ///   - bytes: of the gradient; the trainer's is 6 MB.
  ///   - progress: called after each round.
  package static func measure(
    _ communicator: Communicator, threads: Int, bytes: Int = 6 << 20, rounds: Int = 15,
    progress: () -> Void = {}, add: @escaping VectorAdd
  ) throws -> ExchangeProbe? {
    guard communicator.worldSize > 1 else { return nil }
    let buckets = GradientBuckets(arenaCount: bytes / MemoryLayout<Float>.stride, targetBytes: 1 << 20)
    let exchange = try GradientExchange(
      communicator: communicator, buckets: buckets, destination: AlignedBuffer(count: buckets.arenaCount),
      reservedLeaves: 1, add: add)
    let workers = try SpinningWorkers(count: threads)
    var own: [Round] = []
    // The first rounds open connections.
    for _ in 0..<rounds + 2 {
      try communicator.barrier()
      let waiting = try seconds { try run(exchange) }
      workers.start()
      // After a moment in which the threads wake, they count undisturbed for about as long as the exchange takes. They count
      // longer if a busy machine gives them no time at all.
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
      progress()
    }
    return try joined(Array(own.dropFirst(2)), communicator, bytes: bytes)
  }

  /// The seconds that one round took, and those that the workers lost in it.
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
    let all = try communicator.allGather(own)
    func mean(_ value: (Round) -> Double) -> Double {
      all.map { $0.map(value).median }.reduce(0, +) / Double(all.count)
    }
    let (waiting, computing) = (mean(\.waiting), mean(\.computing))
    // An all-to-all and an all-gather. A rank keeps its own shard.
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

/// Threads that do nothing but count, and are as busy as a trainer's workers. If they count less while something else runs,
/// that has taken time from them.
private final class SpinningWorkers: Sendable {
  private let shared: Shared

  /// - Throws: ``ThreadError``.
  init(count: Int) throws {
    let shared = Shared()
    self.shared = shared
    do {
      for index in 0..<count { try SystemThread.start("spinner-\(index)") { shared.spin() } }
    } catch {
      shared.state.store(Shared.ended, ordering: .releasing)
      throw error
    }
  }

  deinit { shared.state.store(Shared.ended, ordering: .releasing) }

  /// Turns that all threads have counted so far.
  var turns: Int { shared.turns.load(ordering: .relaxed) }

  func start() { shared.state.store(Shared.running, ordering: .releasing) }
  func pause() { shared.state.store(Shared.paused, ordering: .releasing) }

  private final class Shared: Sendable {
    static let (paused, running, ended) = (0, 1, 2)
    let state = Atomic(Shared.paused)
    let turns = Atomic(0)

    func spin() {
      while true {
        switch state.load(ordering: .acquiring) {
        case Shared.running:
          // This takes some microseconds, so that the shared counter costs next to nothing.
          var value = UInt64(truncatingIfNeeded: turns.load(ordering: .relaxed))
          for _ in 0..<4096 { value = value &* 6_364_136_223_846_793_005 &+ 1 }
          // The count depends on the loop's value, or the compiler would leave the loop out.
          turns.add(value == 0 ? 2 : 1, ordering: .relaxed)
        case Shared.ended: return
        default: Thread.sleep(forTimeInterval: 1e-4)
        }
      }
    }
  }
}
