import SRModels
import SRTensor
import Testing

@Suite struct NetworkParameterTests {
  /// Real-ESRGAN's larger compact network, realesr-general-x4v3.
  private static var generalCompact: ModelDescription {
    SampleNetwork.compact(scale: 4, features: 64, blocks: 32)
  }

  /// The counts are those of the released PyTorch models' state dicts.
  @Test(arguments: [
    (ModelDescription.vanilla, 93, 1_545_238, "upsample.1.block.0.weight", [256, 64, 3, 3]),
    (.attention, 157, 1_554_518, "upsample.1.block.0.weight", [256, 64, 3, 3]),
    (.compact, 53, 621_424, "body.34.weight", [48, 64, 3, 3]),
    (generalCompact, 101, 1_213_296, "body.66.weight", [48, 64, 3, 3]),
  ])
  func parametersAreThoseOfTheReleasedModel(
    _ model: ModelDescription, tensors: Int, count: Int, last: String, shape: [Int]
  ) throws {
    var layout = ParameterLayout()
    let network = model.network(in: &layout)
    #expect(network.entries.count == tensors)
    #expect(network.parameterCount == count)
    #expect(layout.entry(named: last)?.shape == shape)
  }

  /// Real-ESRGAN's files have these names in this order: a convolution's weight and bias, then the slope of each channel.
  @Test func aCompactNetworkHasTheNamesAndShapesOfRealESRGAN() throws {
    let network = try SampleNetwork(Self.generalCompact, height: 8, width: 8)
    let expected = (0...66).flatMap { index -> [(String, [Int])] in
      if index % 2 == 1 { return [("body.\(index).weight", [64])] }
      let (inputs, outputs) = (index == 0 ? 3 : 64, index == 66 ? 48 : 64)
      return [("body.\(index).weight", [outputs, inputs, 3, 3]), ("body.\(index).bias", [outputs])]
    }
    #expect(network.layout.entries.map(\.name) == expected.map(\.0))
    #expect(network.layout.entries.map(\.shape) == expected.map(\.1))
    let slopes = try #require(network.layout.entry(named: "body.1.weight"))
    #expect(network.parameters(seed: 3).tensor(slopes) == [Float](repeating: 0.25, count: 64))
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
      + ModelDescription.Architecture.srresnet.scales.map { SampleNetwork.model(scale: $0) }
      + ModelDescription.Architecture.compact.scales.map { SampleNetwork.compact(scale: $0) } + [.compact]
      + SampleNetwork.otherChannels)
  func interpolationStartsAsInterpolation(_ model: ModelDescription) throws {
    let network = try SampleNetwork(model, height: 8, width: 8)
    let scale = model.scale

    /// Red varies along y, green along x, and blue is curved. All lie around 1/2, on both sides of it. Further channels are
    /// like these.
    func colours(_ y: Float, _ x: Float) -> [Float] {
      let colours = [0.1 + 0.1 * y, 0.9 - 0.08 * x, 0.3 + 0.01 * y * y + 0.005 * x * y]
      return (0..<max(model.inputChannels, model.outputChannels)).map { channel in
        colours[channel % model.inputChannels % 3] + 0.01 * Float(channel % model.inputChannels / 3)
      }
    }
    let (inputs, outputs) = (model.inputChannels, model.outputChannels)
    let lowRes = AlignedBuffer(count: 8 * 8 * inputs)
    for y in 0..<8 {
      for x in 0..<8 {
        for (c, value) in colours(Float(y), Float(x)).prefix(inputs).enumerated() {
          lowRes.pointer[(y * 8 + x) * inputs + c] = value
        }
      }
    }
    let superRes = network.superRes(of: lowRes, network.parameters(.interpolation, seed: 3))
    let (inner, width) = (3 * scale..<5 * scale, 8 * scale)
    for y in inner {
      for x in inner {
        let expected = colours(
          (Float(y) + 0.5) / Float(scale) - 0.5, (Float(x) + 0.5) / Float(scale) - 0.5)
        // The last of many channels have no features to be carried by.
        for c in 0..<min(outputs, model.features / 2) {
          #expect(abs(superRes[(y * width + x) * outputs + c] - expected[c]) < 2e-5)
        }
      }
    }
  }
}
