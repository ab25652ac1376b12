import SRKernelDispatch
import SRModels
import SRTensor
import Testing

@Suite struct SRResNetParameterTests {
  /// Counts of the released PyTorch model's state dicts.
  @Test(arguments: [(SRResNetConfiguration.vanilla, 93, 1_545_238), (.attention, 157, 1_554_518)])
  func parametersAreThoseOfTheReleasedModel(_ network: SRResNetConfiguration, tensors: Int, count: Int) throws
  {
    let model = try SRResNet(
      network, lowResHeight: 8, lowResWidth: 8, kernels: CPULevel.selected().kernels)
    #expect(model.layout.entries.count == tensors)
    #expect(model.layout.parameterCount == count)
    #expect(model.layout.entry(named: "upsample.1.block.0.weight")?.shape == [256, 64, 3, 3])
  }

  @Test func initialWeightsFillPyTorchsDefaultRange() throws {
    let model = try SRResNet(
      .attention, lowResHeight: 8, lowResWidth: 8, kernels: CPULevel.selected().kernels)
    let parameters = ParameterArena(layout: model.layout)
    model.initialize(parameters, as: .pytorch, seed: 3)
    let weight = try #require(model.layout.entry(named: "conv2.weight"))
    let largest = parameters.tensor(weight).map(abs).max() ?? 0
    let bound = 1 / Float(64 * 9).squareRoot()
    #expect(largest <= bound && largest > 0.99 * bound)
    let slope = try #require(model.layout.entry(named: "conv1.1.weight"))
    #expect(parameters.tensor(slope) == [0.25])
  }

  /// The parabola through three pixels is exact on parabolas, away from the padded border.
  @Test(arguments: [SRResNetConfiguration.vanilla, .attention])
  func interpolationStartsAsInterpolation(_ network: SRResNetConfiguration) throws {
    let model = try SRResNet(
      network, lowResHeight: 8, lowResWidth: 8, kernels: CPULevel.selected().kernels)
    let parameters = ParameterArena(layout: model.layout)
    model.initialize(parameters, as: .interpolation, seed: 3)
    let prepared = AlignedBuffer(count: model.preparedCount)
    model.prepare(parameters, into: prepared, forBackward: false)
    let workspace = SRResNetWorkspace(for: model, images: 1)

    /// Red along y, green along x, blue bent: all around 1/2 on both sides.
    func colours(_ y: Float, _ x: Float) -> [Float] {
      [0.1 + 0.1 * y, 0.9 - 0.08 * x, 0.3 + 0.01 * y * y + 0.005 * x * y]
    }
    let lowRes = AlignedBuffer(count: 8 * 8 * 3)
    for y in 0..<8 {
      for x in 0..<8 {
        for (c, value) in colours(Float(y), Float(x)).enumerated() {
          lowRes.pointer[(y * 8 + x) * 3 + c] = value
        }
      }
    }
    let image = model.pass(
      lowRes: lowRes.pointer, parameters: parameters, prepared: prepared, gradients: nil,
      workspace: workspace)
    model.forwardBody([image])
    let superRes = model.forwardTail(image)
    for y in 12..<20 {
      for x in 12..<20 {
        let expected = colours((Float(y) + 0.5) / 4 - 0.5, (Float(x) + 0.5) / 4 - 0.5)
        for c in 0..<3 { #expect(abs(superRes[(y * 32 + x) * 3 + c] - expected[c]) < 1e-5) }
      }
    }
  }
}
