import SRTensor

/// Gradients that every process can make for any sample, and their mean computed in one process.
///
/// Their magnitudes differ by up to 2^40, so nearly every change in the order of summation changes bits.
package struct SyntheticGradients {
  package let arenaCount: Int
  package let step: Int

  package init(arenaCount: Int, step: Int = 0) {
    self.arenaCount = arenaCount
    self.step = step
  }

  package func leaf(_ sample: Int) -> [Float] {
    var generator = PhiloxGenerator(seed: 7, stream: UInt32(sample), substream: UInt32(step))
    return (0..<arenaCount).map { _ in
      let exponent = Int(generator.nextUInt32() % 41) - 20
      return (generator.uniform() - 0.5) * Float(sign: .plus, exponent: exponent, significand: 1)
    }
  }

  /// The mean along the tree, computed recursively: halves of the next power of two, left + right.
  ///
  /// Every leaf, every sum and the mean are rounded by `rounding`.
  package func treeMean(batchSize: Int, rounding: (Float) -> Float = { $0 }) -> [Float] {
    var span = 1
    while span < batchSize { span *= 2 }
    func sum(_ samples: Range<Int>, _ span: Int) -> [Float] {
      if span == 1 { return leaf(samples.lowerBound).map(rounding) }
      let middle = samples.lowerBound + span / 2
      if samples.upperBound <= middle { return sum(samples, span / 2) }
      let left = sum(samples.lowerBound..<middle, span / 2)
      return zip(left, sum(middle..<samples.upperBound, span / 2)).map { rounding($0 + $1) }
    }
    return sum(0..<batchSize, span).map { rounding($0 / Float(batchSize)) }
  }

  /// The mean of the samples added from first to last.
  package func sequentialMean(batchSize: Int) -> [Float] {
    let sum = (1..<batchSize).reduce(leaf(0)) { sum, sample in zip(sum, leaf(sample)).map(+) }
    return sum.map { $0 / Float(batchSize) }
  }

  /// The mean in double precision.
  package func exactMean(batchSize: Int) -> [Double] {
    let sum = (1..<batchSize).reduce(leaf(0).map(Double.init)) { sum, sample in
      zip(sum, leaf(sample)).map { $0 + Double($1) }
    }
    return sum.map { $0 / Double(batchSize) }
  }
}

/// The nearest value whose lower 16 bits are zero, ties to even, found by comparing both neighbours.
package func nearestBFloat16(_ value: Float) -> Float {
  let below = Float(bitPattern: value.bitPattern & 0xFFFF_0000)
  let above = Float(bitPattern: below.bitPattern &+ 0x1_0000)
  let (toBelow, toAbove) = (abs(Double(value) - Double(below)), abs(Double(above) - Double(value)))
  if toBelow == toAbove { return below.bitPattern & 0x1_0000 == 0 ? below : above }
  return toBelow < toAbove ? below : above
}

/// A hash over all bits of all floats (FNV-1a).
package func digest(_ values: some Sequence<Float>, startingAt start: UInt64 = 0xCBF2_9CE4_8422_2325)
  -> UInt64
{
  values.reduce(start) { ($0 ^ UInt64($1.bitPattern)) &* 0x100_0000_01B3 }
}

package func sameBits(_ a: some Sequence<Float>, _ b: some Sequence<Float>) -> Bool {
  a.map(\.bitPattern) == b.map(\.bitPattern)
}

package let plainAdd: @Sendable (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int) -> Void = {
  destination, source, count in
  for i in 0..<count { destination[i] += source[i] }
}
