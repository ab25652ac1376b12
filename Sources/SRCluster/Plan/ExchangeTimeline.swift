/// Simulates the end of a step's computing, and the exchange that runs at the same time.
///
/// While both run, they slow each other down. The exchange takes time from the workers, and computing makes the exchange slower.
package struct ExchangeTimeline {
  /// By bucket: when its gradient is final, in seconds of undisturbed computing.
  package var ready: [Double]
  /// By bucket: how long the exchange takes while nothing is computed.
  package var transfers: [Double]
  /// All of the computing, in seconds if nothing disturbs it.
  package var computing: Double
  /// The exchange's speed while something is computed, as a share of its speed while nothing is.
  package var transferSpeed: Double
  /// The computing's speed while something is exchanged, as a share of its undisturbed speed.
  package var computeSpeed: Double

  package init(
    ready: [Double], transfers: [Double], computing: Double, transferSpeed: Double, computeSpeed: Double
  ) {
    precondition(ready.count == transfers.count && transferSpeed > 0 && computeSpeed > 0)
    self.ready = ready
    self.transfers = transfers
    self.computing = computing
    self.transferSpeed = transferSpeed
    self.computeSpeed = computeSpeed
  }

  /// When the computing ends, and when the exchange ends. Seconds.
  package func ends() -> (computing: Double, exchange: Double) {
    var (time, computed, pending, bucket) = (0.0, 0.0, 0.0, 0)
    var ends = (computing: 0.0, exchange: 0.0)
    while true {
      while bucket < ready.count, ready[bucket] <= computed || computed >= computing {
        pending += transfers[bucket]
        bucket += 1
      }
      let (computes, transfers) = (computed < computing, pending > 0)
      guard computes || transfers else { return ends }
      let speed = transfers ? computeSpeed : 1
      let rate = computes ? transferSpeed : 1
      let next = min(bucket < ready.count ? ready[bucket] : computing, computing)
      let untilNext = computes ? (next - computed) / speed : .infinity
      let untilSent = transfers ? pending / rate : .infinity
      // A value that is reached is set, not summed up, because rounding could leave a remainder forever.
      if untilNext <= untilSent {
        time += untilNext
        computed = next
        pending = transfers ? max(0, pending - untilNext * rate) : 0
      } else {
        time += untilSent
        if computes { computed = min(next, computed + untilSent * speed) }
        pending = 0
      }
      if computes && computed >= computing { ends.computing = time }
      if transfers && pending <= 0 { ends.exchange = time }
    }
  }
}
