import SRModels
import SRTensor
import Testing

@Suite struct SRResNetParameterTests {
  /// The counts are those of the released PyTorch models' state dicts.
  @Test(arguments: [(ModelDescription.vanilla, 93, 1_545_238), (.attention, 157, 1_554_518)])
  func parametersAreThoseOfTheReleasedModel(_ model: ModelDescription, tensors: Int, count: Int) throws {
    var layout = ParameterLayout()
    let network = SRResNet(model, in: &layout)
    #expect(network.entries.count == tensors)
    #expect(network.parameterCount == count)
    #expect(layout.entry(named: "upsample.1.block.0.weight")?.shape == [256, 64, 3, 3])
  }

  @Test func initialWeightsFillPyTorchsDefaultRange() throws {
    let model = try SampleNetwork(.attention, height: 8, width: 8)
    let parameters = model.parameters(seed: 3)
    let weight = try #require(model.layout.entry(named: "conv2.weight"))
    let largest = parameters.tensor(weight).map(abs).max() ?? 0
    let bound = 1 / Float(64 * 9).squareRoot()
    #expect(largest <= bound && largest > 0.99 * bound)
    let slope = try #require(model.layout.entry(named: "conv1.1.weight"))
    #expect(parameters.tensor(slope) == [0.25])
  }

  /// The parabola through three pixels is exact if the image is a parabola, except near the padded border.
  @Test(
    arguments: [ModelDescription.vanilla, .attention]
      + ModelDescription.scales.map { SampleNetwork.model(scale: $0) })
  func interpolationStartsAsInterpolation(_ model: ModelDescription) throws {
    let network = try SampleNetwork(model, height: 8, width: 8)
    let scale = model.scale

    /// Red varies along y, green along x, and blue is curved. All lie around 1/2, on both sides of it.
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
    let superRes = network.superRes(of: lowRes, network.parameters(.interpolation, seed: 3))
    let (inner, width) = (3 * scale..<5 * scale, 8 * scale)
    for y in inner {
      for x in inner {
        let expected = colours(
          (Float(y) + 0.5) / Float(scale) - 0.5, (Float(x) + 0.5) / Float(scale) - 0.5)
        for c in 0..<3 { #expect(abs(superRes[(y * width + x) * 3 + c] - expected[c]) < 2e-5) }
      }
    }
  }
}
