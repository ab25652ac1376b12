import SRKernelDispatch
import SROptimizers
import SRTensor
import Testing

/// Updates of arena ranges, computed by hand.
@Suite struct FlatUpdateTests {
  /// Two tensors on separate cache lines: 32 floats.
  private static func arena(filledWith value: Float) -> ParameterArena {
    var layout = ParameterLayout()
    _ = layout.append("first", shape: [16])
    _ = layout.append("second", shape: [16])
    let arena = ParameterArena(layout: layout)
    arena.pointer.update(repeating: value, count: arena.count)
    return arena
  }

  /// The decay is (1 + step) / (10 + step) until it reaches the set decay. For 0.9 that is step 80.
  @Test func theDecayRises() throws {
    let average = ExponentialMovingAverage(
      Self.arena(filledWith: 0), decay: 0.9, kernels: try CPULevel.selected().kernels)
    for (step, decay) in [
      (1, 2.0 / 11), (2, 0.25), (8, 0.5), (35, 0.8), (80, 0.9), (81, 0.9), (100_000, 0.9),
    ] {
      #expect(abs(average.decay(afterStep: step) - decay) <= 1e-15, "step \(step)")
    }
  }

  /// The average moves from 1 towards 3. It is 1 + (1 - 2/11) 2 = 29/11 after the first step, and 1 + (1 - 0.9) 2 = 1.2 after
  /// a late one.
  @Test(arguments: CPULevel.supported())
  func theAverageMovesWithinItsRange(level: CPULevel) {
    for (step, expected) in [(1, Float(29) / 11), (1000, 1.2)] {
      let average = ExponentialMovingAverage(
        Self.arena(filledWith: 1), decay: 0.9, kernels: level.kernels)
      average.update(with: Self.arena(filledWith: 3), step: step, range: 16..<32)
      let values = average.average.buffer.values
      #expect(values[..<16].allSatisfy { $0 == 1 })
      #expect(values[16...].allSatisfy { abs($0 - expected) <= 1e-6 }, "step \(step): \(values[16])")
    }
  }

  /// The corrected moments of the first step are g and g^2, so every weight moves by the learning rate, whatever its gradient
  /// is. In single precision, 1 - 0.999 is off by 5e-5, and the result would not be as close.
  @Test(arguments: CPULevel.supported())
  func adamMovesByTheLearningRateAtFirst(level: CPULevel) {
    let weights = Self.arena(filledWith: 1)
    let gradients = Self.arena(filledWith: -4)
    let adam = Adam(layout: weights.layout, kernels: level.kernels)
    adam.update(weights, gradients: gradients.buffer, learningRate: 0.25, step: 1, range: 0..<16)
    #expect(weights.buffer.values[..<16].allSatisfy { abs($0 - 1.25) <= 5e-7 })
    #expect(weights.buffer.values[16...].allSatisfy { $0 == 1 })
    #expect(abs(adam.firstMoments.buffer.values[0] + 0.4) <= 1e-6)
    #expect(abs(adam.secondMoments.buffer.values[0] - 0.016) <= 3e-9)
  }

  /// The norm of 200,000 gradients of 3 is sqrt(1,800,000), in blocks of 65,536. It is scaled to 6, or left alone.
  @Test(arguments: CPULevel.supported())
  func clippingScalesToTheLimit(level: CPULevel) throws {
    var layout = ParameterLayout()
    _ = layout.append("all", shape: [200_000])
    let gradients = ParameterArena(layout: layout)
    gradients.setTensor(layout.entries[0], to: [Float](repeating: 3, count: 200_000))
    let clipping = GradientClipping(limit: 6, kernels: level.kernels)
    let blocks = 0..<clipping.blockCount(gradients)
    #expect(blocks.count == 4)
    let sums = blocks.map { clipping.sumOfSquares(block: $0, of: gradients) }
    #expect(sums.reduce(0, +) == 1_800_000)
    let factor = try #require(clipping.factor(sums))
    #expect(abs(Double(factor) - 6 / 1_800_000.squareRoot()) < 1e-9)
    clipping.scale(gradients, by: factor, range: 0..<16)
    #expect(gradients.buffer.values[15] == 3 * factor && gradients.buffer.values[16] == 3)
    #expect(GradientClipping(limit: 1342, kernels: level.kernels).factor(sums) == nil)
  }

  /// The sum is the same on every CPU level: it has one order, and squares are exact.
  @Test func theNormHasTheSameBitsOnEveryLevel() {
    let values = (0..<4096).map { index -> Float in
      let mixed = (index &* 2_654_435_761) % 1_000_003
      return Float(mixed) / 77_777 - 6
    }
    let sums = CPULevel.supported().map { $0.kernels.sumOfSquares(values, count: values.count) }
    #expect(Set(sums).count == 1)
  }

  /// The kernels check nothing. They would write half a vector beyond the range.
  @Test func partsOfCacheLinesAreRefused() async {
    await #expect(processExitsWith: .success) { try FlatUpdateTests.updateAll(0..<16) }
    await #expect(processExitsWith: .failure) { try FlatUpdateTests.updateAll(0..<8) }
    await #expect(processExitsWith: .failure) { try FlatUpdateTests.average(8..<24) }
  }

  private static func updateAll(_ range: Range<Int>) throws {
    let weights = arena(filledWith: 1)
    Adam(layout: weights.layout, kernels: try CPULevel.selected().kernels).update(
      weights, gradients: weights.buffer, learningRate: 1, step: 1, range: range)
    try average(range)
  }

  private static func average(_ range: Range<Int>) throws {
    let average = ExponentialMovingAverage(
      arena(filledWith: 0), decay: 0.9, kernels: try CPULevel.selected().kernels)
    average.update(with: arena(filledWith: 1), step: 1, range: range)
  }
}
