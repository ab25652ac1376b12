import SRKernelDispatch
import SRKernels
import Testing

@Suite struct FeatureKernelTests {
  static let poolings = [
    MaxPooling2DShape(inputHeight: 8, inputWidth: 6, channels: 16, kernelSize: 2, stride: 2),
    MaxPooling2DShape(inputHeight: 7, inputWidth: 9, channels: 32, kernelSize: 2, stride: 2),
    MaxPooling2DShape(inputHeight: 9, inputWidth: 12, channels: 16, kernelSize: 3, stride: 2),
    MaxPooling2DShape(
      inputHeight: 10, inputWidth: 12, channels: 48, kernelSize: 3, stride: 2, ceilMode: true),
    MaxPooling2DShape(inputHeight: 3, inputWidth: 3, channels: 16, kernelSize: 3, stride: 2, ceilMode: true),
  ]

  /// The sizes are PyTorch's.
  @Test func poolingSizes() {
    #expect(Self.poolings.map(\.outputHeight) == [4, 3, 4, 5, 1])
    #expect(Self.poolings.map(\.outputWidth) == [3, 4, 5, 6, 1])
  }

  /// Values have only a few levels, so most windows have several maxima. Gradients are whole numbers, so sums are exact.
  @Test(arguments: poolings, CPULevel.supported())
  func maxPoolingEqualsReference(_ shape: MaxPooling2DShape, _ level: CPULevel) {
    let source = (0..<shape.sourceCount).map { (FormulaParameters.uniform("source", $0) * 2).rounded() }
    let expected = Reference.maxPooling2DForward(shape, source: source)
    var destination = [Float](repeating: .nan, count: shape.destinationCount)
    level.kernels.maxPooling2DForward(shape, source: source, destination: &destination)
    #expect(destination == expected)

    let gradient = (0..<shape.destinationCount).map {
      (FormulaParameters.uniform("gradient", $0) * 9).rounded()
    }
    var gradientSource = [Float](repeating: .nan, count: shape.sourceCount)
    level.kernels.maxPooling2DBackward(
      shape, source: source, destination: destination, gradientDestination: gradient,
      gradientSource: &gradientSource)
    #expect(
      gradientSource
        == Reference.maxPooling2DBackward(shape, source: source, gradientDestination: gradient))
  }

  @Test(arguments: [16, 48, 512], CPULevel.supported())
  func unitNormalizedDifferenceAgreesWithReference(_ channels: Int, _ level: CPULevel) {
    let pixels = 5
    let count = pixels * channels
    // The features are like those after a ReLU. The second pixel is all zero.
    var superRes = (0..<count).map { max(0, FormulaParameters.uniform("a", $0)) }
    superRes.replaceSubrange(channels..<2 * channels, with: [Float](repeating: 0, count: channels))
    let highRes = (0..<count).map { max(0, FormulaParameters.uniform("b", $0)) * 3 }
    let weights = (0..<channels).map { abs(FormulaParameters.uniform("w", $0)) }
    let expected = Reference.unitNormalizedDifference(
      superRes: superRes.map(Double.init), highRes: highRes.map(Double.init),
      weights: weights.map(Double.init), pixels: pixels)

    var gradient = [Float](repeating: 1, count: count)
    let sum = level.kernels.unitNormalizedDifference(
      superRes: superRes, highRes: highRes, highResIsUnit: false, weights: weights, pixels: pixels,
      channels: channels, gradientScale: 2, gradient: &gradient)
    #expect(abs(sum - expected.sum) < 1e-6 * expected.sum)
    let scaled = expected.gradient.map { Float(1 + 2 * $0) }
    #expect(relativeDifference(gradient, scaled) < 1e-6)
    #expect(gradient[channels..<2 * channels].allSatisfy { $0 == 1 })

    // A target that has unit length already gives the same bits.
    var unit = highRes
    level.kernels.normalizeToUnitLength(&unit, pixels: pixels, channels: channels)
    var gradientOfUnit = [Float](repeating: 1, count: count)
    let sumOfUnit = level.kernels.unitNormalizedDifference(
      superRes: superRes, highRes: unit, highResIsUnit: true, weights: weights, pixels: pixels,
      channels: channels, gradientScale: 2, gradient: &gradientOfUnit)
    #expect(sumOfUnit == sum && gradientOfUnit == gradient)
  }

  @Test(arguments: [16, 48, 512], CPULevel.supported())
  func unitLengthAgreesWithReference(_ channels: Int, _ level: CPULevel) {
    let pixels = 5
    var features = (0..<pixels * channels).map { max(0, FormulaParameters.uniform("b", $0)) * 3 }
    features.replaceSubrange(channels..<2 * channels, with: [Float](repeating: 0, count: channels))
    let expected = Reference.normalizedToUnitLength(features.map(Double.init), channels: channels)
    level.kernels.normalizeToUnitLength(&features, pixels: pixels, channels: channels)
    #expect(relativeDifference(features, expected.map { Float($0) }) < 1e-6)
    #expect(features[channels..<2 * channels].allSatisfy { $0 == 0 })
  }

  @Test func referenceUnitNormalizedDifferenceAgreesWithFiniteDifferences() {
    let channels = 7
    let pixels = 3
    let superRes = (0..<pixels * channels).map { Double(FormulaParameters.uniform("a", $0)) }
    let highRes = (0..<pixels * channels).map { Double(FormulaParameters.uniform("b", $0)) }
    let weights = (0..<channels).map { Double(abs(FormulaParameters.uniform("w", $0))) }
    func loss(_ superRes: [Double]) -> ReferenceLoss<Double> {
      Reference.unitNormalizedDifference(
        superRes: superRes, highRes: highRes, weights: weights, pixels: pixels)
    }
    let gradient = loss(superRes).gradient
    for index in superRes.indices {
      func sum(offsetBy offset: Double) -> Double {
        var moved = superRes
        moved[index] += offset
        return loss(moved).sum
      }
      let step = 1e-4
      let near = sum(offsetBy: step) - sum(offsetBy: -step)
      let far = sum(offsetBy: 2 * step) - sum(offsetBy: -2 * step)
      #expect(abs((8 * near - far) / (12 * step) - gradient[index]) < 1e-9)
    }
  }

  @Test func concatenationAndSplitAreInverse() throws {
    let kernels = try #require(CPULevel.supported().last).kernels
    let left = (0..<3 * 16).map { Float($0) }
    let right = (0..<3 * 32).map { Float(-$0) }
    var joined = [Float](repeating: .nan, count: 3 * 48)
    kernels.concatenateChannels(
      left, channels: 16, right, channels: 32, destination: &joined, pixels: 3)
    #expect(Array(joined[48..<64]) == Array(left[16..<32]))
    #expect(Array(joined[64..<96]) == Array(right[32..<64]))
    var left2 = [Float](repeating: .nan, count: left.count)
    var right2 = [Float](repeating: .nan, count: right.count)
    kernels.splitChannels(joined, left: &left2, channels: 16, right: &right2, channels: 32, pixels: 3)
    #expect(left2 == left)
    #expect(right2 == right)
  }
}
