import SRKernelDispatch
import SRKernels
import SRLosses
import Testing

@Suite struct PixelLossTests {
  private func loss(_ kind: LossKind, _ level: CPULevel) throws -> any Loss {
    try #require(kind.pixelLoss(kernels: level.kernels))
  }

  /// The values are computed from float32 means and variances. For similar images, 1 - SSIM loses two more digits.
  @Test(arguments: PixelLossFixtures.all, CPULevel.supported())
  func agreesWithPyTorch(_ expected: PixelLossFixtures.Case, _ level: CPULevel) throws {
    let loss = try loss(lossKind(expected.loss), level)
    let images = FormulaImages(height: expected.height, width: expected.width)
    let run = LossRun(loss, superRes: images.superRes, highRes: images.highRes, shape: images.shape)
    #expect(loss.name == expected.loss)
    #expect(abs(run.value - expected.value) < 2e-5 * expected.value)

    let error = expected.gradient.error(of: run.gradient)
    #expect(error.elements < 3e-5)
    #expect(error.norm < 1e-5)
  }

  @Test(arguments: LossKind.pixelLosses, CPULevel.supported())
  func addsTheWeightedGradient(_ kind: LossKind, _ level: CPULevel) throws {
    let loss = try loss(kind, level)
    let images = FormulaImages(height: 9, width: 13)
    let plain = LossRun(loss, superRes: images.superRes, highRes: images.highRes, shape: images.shape)
    let weighted = LossRun(
      loss, superRes: images.superRes, highRes: images.highRes, shape: images.shape, weight: 0.25,
      initialGradient: 0.5)
    #expect(weighted.value == plain.value)
    for (plain, weighted) in zip(plain.gradient, weighted.gradient) {
      #expect(abs(weighted - (0.5 + 0.25 * plain)) <= 1e-7)
    }
    let alone = LossRun.value(loss, superRes: images.superRes, highRes: images.highRes, shape: images.shape)
    #expect(alone == plain.value)
  }

  @Test(arguments: LossKind.pixelLosses, CPULevel.supported())
  func equalImagesHaveNoGradient(_ kind: LossKind, _ level: CPULevel) throws {
    let images = FormulaImages(height: 16, width: 17)
    // This one compares with the low-resolution image.
    if kind.name == "consistency" { return }
    let run = LossRun(
      try loss(kind, level), superRes: images.highRes, highRes: images.highRes, shape: images.shape)
    let charbonnierOfZero = ["charbonnier", "edge"].contains(kind.name)
    #expect(abs(run.value - (charbonnierOfZero ? 1e-3 : 0)) < 1e-6)
    // If the similarity is near 1, its slope is the difference of two large terms that are almost equal.
    #expect(run.gradient.allSatisfy { abs($0) < 1e-7 })
  }

  /// Constant images have zero variance. Inside, they also have zero Sobel magnitude, where the magnitude's slope is infinite.
  @Test(arguments: LossKind.pixelLosses, CPULevel.supported())
  func constantImagesHaveFiniteGradients(_ kind: LossKind, _ level: CPULevel) throws {
    let shape = ImageShape(height: 12, width: 14)
    let target = FormulaImages(height: 12, width: 14).highRes
    for (superRes, highRes) in [(0 as Float, 0 as Float), (1, 1), (0, 1), (0.7, 0.2)] {
      let run = LossRun(
        try loss(kind, level), superRes: [Float](repeating: superRes, count: shape.count),
        highRes: [Float](repeating: highRes, count: shape.count), shape: shape)
      #expect(run.value.isFinite)
      #expect(run.gradient.allSatisfy { $0.isFinite })
    }
    let flat = LossRun(
      try loss(kind, level), superRes: [Float](repeating: 0.5, count: shape.count), highRes: target,
      shape: shape)
    #expect(flat.value.isFinite && flat.value > 0)
    #expect(flat.gradient.allSatisfy { $0.isFinite })
    #expect(flat.gradient.contains { $0 != 0 })
  }
}
