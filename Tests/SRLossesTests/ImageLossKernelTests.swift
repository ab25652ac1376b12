import SRKernelDispatch
import SRKernels
import SRLosses
import Testing

/// The pixel losses against their naive twins in double precision. The sizes are no multiples of a vector.
@Suite struct ImageLossKernelTests {
  static let shapes: [ImageShape] = [
    (6, 6, 3), (7, 16, 3), (17, 11, 3), (24, 32, 3), (50, 53, 3), (1, 5, 3), (24, 32, 1), (6, 7, 1),
    (17, 11, 2),
    (13, 16, 4), (25, 19, 8), (12, 13, 17),
  ].map { height, width, channels in ImageShape(height: height, width: width, channels: channels) }

  @Test(arguments: LossKind.pixelLosses, CPULevel.supported())
  func agreesWithReference(_ kind: LossKind, _ level: CPULevel) throws {
    let formula = try #require(kind.formula)
    let loss = try #require(kind.pixelLoss(kernels: level.kernels))
    let shapes = Self.shapes.filter { kind.misfit($0) == nil }
    #expect(shapes.count >= 4)
    for shape in shapes {
      let images = FormulaImages(height: shape.height, width: shape.width, channels: shape.channels)
      let expected = formula.twin(referencePair(images.superRes, images.highRes, shape))
      let run = LossRun(loss, superRes: images.superRes, highRes: images.highRes, shape: shape)
      // If the similarity is near 1, its rounding error is large compared with its difference from 1.
      let scale = ["ssim", "ssim_box", "ms_ssim"].contains(kind.name) ? 1 - expected.sum : expected.sum
      #expect(abs(run.value - expected.sum) < 2e-6 * abs(scale), "\(kind) at \(shape)x\(shape.channels)")
      let difference = relativeDifference(run.gradient, expected.gradient.map { Float($0) })
      #expect(difference < 3e-5, "\(kind) at \(shape)x\(shape.channels)")
    }
  }

  /// Each scale but the last has a side of at least twelve pixels. 160 pixels would do for five scales of the paper's images, which
  /// it does not extend at their edges; here 96 do.
  @Test func smallImagesHaveFewerScales() {
    for (side, count) in [(6, 1), (11, 1), (12, 2), (24, 3), (47, 3), (48, 4), (95, 4), (96, 5), (400, 5)] {
      let scales = SimilarityScales(ImageShape(height: side, width: side + 7))
      #expect(scales.count == count, "\(side)")
      let sum = (0..<count).reduce(0.0) { $0 + scales.weight(of: $1) }
      #expect(abs(sum - (count == 5 ? 1.0001 : 1)) < 1e-12)
      #expect(
        scales.part(at: count - 1) == .whole && (count == 1 || scales.part(at: 0) == .contrastStructure))
    }
    let alone = SimilarityScales(ImageShape(height: 11, width: 11))
    #expect(alone.weight(of: 0) == 1)
  }

  /// Opposite pictures have negative structure, of which no power is taken.
  @Test(arguments: CPULevel.supported())
  func oppositeImagesHaveAFiniteMultiScaleSimilarity(_ level: CPULevel) throws {
    let images = FormulaImages(height: 24, width: 25)
    let opposite = images.highRes.map { 1 - $0 }
    let loss = try #require(lossKind("ms_ssim").pixelLoss(kernels: level.kernels))
    let run = LossRun(loss, superRes: opposite, highRes: images.highRes, shape: images.shape)
    let floor = 1 - SimilarityScales.smallestMean
    #expect(abs(run.value - floor) < 1e-6, "\(run.value)")
    #expect(run.gradient.allSatisfy { $0 == 0 })
  }

  /// The rows and columns of a reduction of images of one colour have that colour, at the edges too.
  @Test(arguments: [1, 2, 3, 4, 8])
  func aReductionKeepsColours(scale: Int) throws {
    let kernels = try #require(CPULevel.supported().last).kernels
    for channels in [1, 3, 5] {
      let shape = ImageShape(height: 3 * scale, width: 5 * scale, channels: channels)
      let image = [Float](repeating: 0.7, count: shape.count)
      let lowRes = [Float](repeating: 0.2, count: 15 * channels)
      var scratch = [Float](repeating: .nan, count: kernels.reducedDifferenceScratchCount(shape))
      let sum = lowRes.withUnsafeBufferPointer { low in
        kernels.reducedDifference(
          superRes: image, lowRes: .init(low.baseAddress!, scale: scale), shape: shape, gradientScale: 0,
          gradient: nil, scratch: &scratch)
      }
      #expect(abs(sum - 0.25 * Double(15 * channels)) < 1e-5)
    }
  }

  /// Four-point central differences of a few elements, including corners.
  @Test(arguments: LossKind.pixelLosses)
  func referenceGradientAgreesWithFiniteDifferences(_ kind: LossKind) throws {
    let formula = try #require(kind.formula)
    // MS-SSIM has two scales at this size.
    let shape = kind.name == "ms_ssim" ? ImageShape(height: 12, width: 15) : ImageShape(height: 6, width: 10)
    let images = FormulaImages(height: shape.height, width: shape.width)
    let pair = referencePair(images.superRes, images.highRes, shape)
    let gradient = formula.twin(pair).gradient
    let scale = gradient.map(abs).max() ?? 0
    for index in [0, 1, 5, 23, 24, 61, 83, 100, 144, 179] {
      func value(offsetBy offset: Double) -> Double {
        var moved = pair
        moved.superRes[index] += offset
        return formula.twin(moved).sum
      }
      let step = 1e-4
      let near = value(offsetBy: step) - value(offsetBy: -step)
      let far = value(offsetBy: 2 * step) - value(offsetBy: -2 * step)
      let estimate = (8 * near - far) / (12 * step)
      #expect(abs(estimate - gradient[index]) < 1e-6 * scale, "\(kind), element \(index)")
    }
  }
}
