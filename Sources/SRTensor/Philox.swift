/// Philox4x32-10, a counter-based generator. The n-th number of a stream is a function of the key and n alone, so any rank
/// can draw any sample's numbers without drawing those before them.
///
/// Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
package struct Philox4x32: Sendable {
  package let key: SIMD2<UInt32>

  package init(key: UInt64) {
    self.key = [UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)]
  }

  /// Four uniformly distributed 32-bit numbers for one 128-bit counter.
  package func block(at counter: SIMD4<UInt32>) -> SIMD4<UInt32> {
    var c = counter
    var k = key
    for round in 0..<10 {
      if round > 0 { k = k &+ [0x9E37_79B9, 0xBB67_AE85] }
      let product0 = UInt64(c[0]) * 0xD251_1F53
      let product1 = UInt64(c[2]) * 0xCD9E_8D57
      c = [
        UInt32(truncatingIfNeeded: product1 >> 32) ^ c[1] ^ k[0],
        UInt32(truncatingIfNeeded: product1),
        UInt32(truncatingIfNeeded: product0 >> 32) ^ c[3] ^ k[1],
        UInt32(truncatingIfNeeded: product0),
      ]
    }
    return c
  }
}

/// A sequence of numbers from one Philox stream. A seed and up to two stream numbers identify the stream: an epoch, a sample
/// index, a parameter's position.
package struct PhiloxGenerator: RandomNumberGenerator, Sendable {
  private let philox: Philox4x32
  private let stream: SIMD2<UInt32>
  private var position: UInt64 = 0
  private var pending: SIMD4<UInt32> = .zero
  private var used = 4

  package init(seed: UInt64, stream: UInt32, substream: UInt32 = 0) {
    philox = Philox4x32(key: seed)
    self.stream = [stream, substream]
  }

  package mutating func nextUInt32() -> UInt32 {
    if used == 4 {
      pending = philox.block(
        at: [
          UInt32(truncatingIfNeeded: position), UInt32(truncatingIfNeeded: position >> 32), stream[0],
          stream[1],
        ])
      position += 1
      used = 0
    }
    defer { used += 1 }
    return pending[used]
  }

  package mutating func next() -> UInt64 {
    let low = UInt64(nextUInt32())
    return UInt64(nextUInt32()) << 32 | low
  }

  /// Uniform in [0, 1), 24 bits.
  package mutating func uniform() -> Float { Float(nextUInt32() >> 8) * 0x1p-24 }

  /// Uniform in `0..<bound`, without bias (Lemire's method). `bound > 0`.
  package mutating func index(below bound: Int) -> Int {
    precondition(bound > 0, "there is no index below \(bound)")
    return Int(next(upperBound: UInt64(bound)))
  }

  /// A uniformly random permutation of `0..<count` (Fisher-Yates).
  package mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(last, index(below: last + 1))
    }
    return order
  }
}
