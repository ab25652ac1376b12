import SRKernelDispatch
import SRKernels
import SRTensor
import Testing

/// The vector kernels against their naive twins in double precision, over sizes that are no multiple of a vector.
@Suite struct ImageLossKernelTests {
  enum Kernel: String, CaseIterable {
    case squared, charbonnier, ssimGaussian, ssimBox, sobelEdge
  }

  static let shapes = [(6, 6), (7, 16), (17, 11), (24, 32), (1, 5)].map {
    ImageShape(height: $0.0, width: $0.1)
  }

  @Test(arguments: Kernel.allCases, CPULevel.supported())
  func agreesWithReference(_ kernel: Kernel, _ level: CPULevel) {
    for shape in Self.shapes where kernel != .ssimGaussian || min(shape.height, shape.width) > 5 {
      let images = FormulaImages(height: shape.height, width: shape.width)
      let expected = kernel.reference(
        images.superRes.map(Double.init), images.highRes.map(Double.init), shape)
      let (sum, gradient) = kernel.run(level.kernels, images.superRes, images.highRes, shape)
      #expect(abs(sum - expected.sum) < 2e-6 * abs(expected.sum), "\(kernel) at \(shape)")
      let difference = relativeDifference(gradient, expected.gradient.map { Float($0) })
      #expect(difference < 3e-5, "\(kernel) at \(shape)")
    }
  }

  /// Four-point central differences of a handful of elements, corners among them.
  @Test(arguments: Kernel.allCases)
  func referenceGradientAgreesWithFiniteDifferences(_ kernel: Kernel) {
    let shape = ImageShape(height: 7, width: 8)
    let images = FormulaImages(height: shape.height, width: shape.width)
    let superRes = images.superRes.map(Double.init)
    let highRes = images.highRes.map(Double.init)
    let gradient = kernel.reference(superRes, highRes, shape).gradient
    let scale = gradient.map(abs).max() ?? 0
    for index in [0, 1, 5, 23, 24, 61, 83, 100, 144, 167] {
      func sum(offsetBy offset: Double) -> Double {
        var moved = superRes
        moved[index] += offset
        return kernel.reference(moved, highRes, shape).sum
      }
      let step = 1e-4
      let near = sum(offsetBy: step) - sum(offsetBy: -step)
      let far = sum(offsetBy: 2 * step) - sum(offsetBy: -2 * step)
      let estimate = (8 * near - far) / (12 * step)
      #expect(abs(estimate - gradient[index]) < 1e-6 * scale, "\(kernel), element \(index)")
    }
  }
}

extension ImageLossKernelTests.Kernel {
  private static var epsilonSquared: Double { 1e-6 }

  func reference(_ superRes: [Double], _ highRes: [Double], _ shape: ImageShape) -> ReferenceLoss<Double> {
    switch self {
    case .squared: Reference.squaredDifference(superRes: superRes, highRes: highRes)
    case .charbonnier:
      Reference.charbonnierDifference(
        superRes: superRes, highRes: highRes, epsilonSquared: Self.epsilonSquared)
    case .ssimGaussian:
      Reference.structuralSimilarity(superRes: superRes, highRes: highRes, shape: shape, window: .gaussian)
    case .ssimBox:
      Reference.structuralSimilarity(superRes: superRes, highRes: highRes, shape: shape, window: .box)
    case .sobelEdge:
      Reference.sobelEdgeDifference(
        superRes: superRes, highRes: highRes, shape: shape, epsilonSquared: Self.epsilonSquared)
    }
  }

  func run(
    _ kernels: any KernelSet, _ superRes: [Float], _ highRes: [Float], _ shape: ImageShape
  ) -> (sum: Double, gradient: [Float]) {
    var gradient = [Float](repeating: 0, count: shape.count)
    let epsilonSquared = Float(Self.epsilonSquared)
    let scratch = AlignedBuffer(
      count: max(kernels.structuralSimilarityScratchCount(shape), kernels.sobelEdgeScratchCount(shape)))
    scratch.pointer.update(repeating: .nan, count: scratch.count)
    let sum =
      switch self {
      case .squared:
        kernels.squaredDifference(
          superRes: superRes, highRes: highRes, count: shape.count, gradientScale: 1, gradient: &gradient)
      case .charbonnier:
        kernels.charbonnierDifference(
          superRes: superRes, highRes: highRes, count: shape.count, epsilonSquared: epsilonSquared,
          gradientScale: 1, gradient: &gradient)
      case .ssimGaussian, .ssimBox:
        kernels.structuralSimilarity(
          superRes: superRes, highRes: highRes, shape: shape,
          window: self == .ssimBox ? .box : .gaussian, gradientScale: 1, gradient: &gradient,
          scratch: scratch.pointer)
      case .sobelEdge:
        kernels.sobelEdgeDifference(
          superRes: superRes, highRes: highRes, shape: shape, epsilonSquared: epsilonSquared,
          gradientScale: 1, gradient: &gradient, scratch: scratch.pointer)
      }
    return (sum, gradient)
  }
}
