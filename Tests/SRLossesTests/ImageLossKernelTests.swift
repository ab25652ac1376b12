import SRKernelDispatch
import SRKernels
import SRLosses
import Testing

/// The pixel losses against their naive twins in double precision. The sizes are no multiples of a vector.
@Suite struct ImageLossKernelTests {
  static let shapes = [(6, 6), (7, 16), (17, 11), (24, 32), (1, 5)].map {
    ImageShape(height: $0.0, width: $0.1)
  }

  @Test(arguments: LossKind.pixelLosses, CPULevel.supported())
  func agreesWithReference(_ kind: LossKind, _ level: CPULevel) throws {
    let formula = try #require(kind.formula)
    let loss = try #require(kind.pixelLoss(kernels: level.kernels))
    let shapes = Self.shapes.filter { kind.misfit($0) == nil }
    #expect(shapes.count >= 4)
    for shape in shapes {
      let images = FormulaImages(height: shape.height, width: shape.width)
      let expected = formula.twin(
        images.superRes.map(Double.init), images.highRes.map(Double.init), shape)
      let run = LossRun(loss, superRes: images.superRes, highRes: images.highRes, shape: shape)
      // If the similarity is near 1, its rounding error is large compared with its difference from 1.
      let scale = ["ssim", "ssim_box"].contains(kind.name) ? 1 - expected.sum : expected.sum
      #expect(abs(run.value - expected.sum) < 2e-6 * abs(scale), "\(kind) at \(shape)")
      let difference = relativeDifference(run.gradient, expected.gradient.map { Float($0) })
      #expect(difference < 3e-5, "\(kind) at \(shape)")
    }
  }

  /// Four-point central differences of a few elements, including corners.
  @Test(arguments: LossKind.pixelLosses)
  func referenceGradientAgreesWithFiniteDifferences(_ kind: LossKind) throws {
    let formula = try #require(kind.formula)
    let shape = ImageShape(height: 7, width: 8)
    let images = FormulaImages(height: shape.height, width: shape.width)
    let superRes = images.superRes.map(Double.init)
    let highRes = images.highRes.map(Double.init)
    let gradient = formula.twin(superRes, highRes, shape).gradient
    let scale = gradient.map(abs).max() ?? 0
    for index in [0, 1, 5, 23, 24, 61, 83, 100, 144, 167] {
      func value(offsetBy offset: Double) -> Double {
        var moved = superRes
        moved[index] += offset
        return formula.twin(moved, highRes, shape).sum
      }
      let step = 1e-4
      let near = value(offsetBy: step) - value(offsetBy: -step)
      let far = value(offsetBy: 2 * step) - value(offsetBy: -2 * step)
      let estimate = (8 * near - far) / (12 * step)
      #expect(abs(estimate - gradient[index]) < 1e-6 * scale, "\(kind), element \(index)")
    }
  }
}
