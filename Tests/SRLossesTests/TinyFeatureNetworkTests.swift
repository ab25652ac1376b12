import SRKernelDispatch
import SRKernels
import SRLayers
import SRLosses
import SRModels
import SRTensor
import Testing

/// The perceptual losses through a tiny network with every kind of layer, against PyTorch. The weights come from formulas, so
/// the tests need no weight files.
@Suite struct TinyFeatureNetworkTests {
  static let architecture = FeatureArchitecture(
    "tiny",
    layers: [
      .convolution(name: "features.0", outputChannels: 16, kernelSize: 5, stride: 2, padding: 2),
      .maxPooling(kernelSize: 3, stride: 2, ceilMode: true),
      .fire(name: "features.3", squeezeChannels: 16, expandChannels: 16),
      .maxPooling(kernelSize: 2, stride: 2, ceilMode: false),
      .convolution(name: "features.5", outputChannels: 32, kernelSize: 3, stride: 1, padding: 1),
    ],
    taps: [(0, "relu1"), (2, "fire"), (4, "relu2")])

  @Test(arguments: PerceptualLossFixtures.all.tiny, CPULevel.supported())
  func agreesWithPyTorch(_ expected: PerceptualLossFixtures.Tiny, _ level: CPULevel) {
    let kernels = level.kernels
    let images = FormulaImages(height: expected.height, width: expected.width)
    let network = FeatureNetwork(
      Self.architecture, imageHeight: expected.height, imageWidth: expected.width, kernels: kernels,
      load: FormulaParameters.fill)
    let loss: any Loss =
      expected.loss == "vgg"
      ? VGGLoss(network: network, kernels: kernels)
      : LPIPSLoss(
        name: "lpips_tiny", network: network, linear: Self.linear, input: .raw, kernels: kernels)
    let run = LossRun(loss, superRes: images.superRes, highRes: images.highRes, shape: images.shape)
    #expect(abs(run.value - expected.value) < 1e-5 * expected.value)
    let error = expected.gradient.error(of: run.gradient)
    #expect(error.elements < 2e-5)

    let weighted = LossRun(
      loss, superRes: images.superRes, highRes: images.highRes, shape: images.shape, weight: 0.25,
      initialGradient: 0.5)
    let scaled = run.gradient.map { 0.5 + 0.25 * $0 }
    #expect(relativeDifference(weighted.gradient, scaled) < 1e-7)
    #expect(weighted.value == run.value)
  }

  private static var linear: LPIPSLinear {
    LPIPSLinear(for: architecture) { arena in
      for entry in arena.layout.entries {
        arena.setTensor(
          entry, to: (0..<entry.count).map { abs(FormulaParameters.uniform(entry.name, $0)) })
      }
    }
  }

  /// Without a backward pass, the features have the same bits, and the network keeps less.
  @Test(arguments: CPULevel.supported())
  func inferenceHasTheBitsOfTrainingAndTakesLessMemory(_ level: CPULevel) {
    let images = FormulaImages(height: 24, width: 31)
    let networks = [LayerPlanner.Purpose.training, .inference].map { purpose in
      FeatureNetwork(
        Self.architecture, imageHeight: 24, imageWidth: 31, purpose: purpose, kernels: level.kernels,
        load: FormulaParameters.fill)
    }
    let values = networks.map {
      LossRun.value(
        VGGLoss(network: $0, kernels: level.kernels), superRes: images.superRes, highRes: images.highRes,
        shape: images.shape)
    }
    #expect(values[0] == values[1] && values[0] > 0)
    #expect(networks[1].weightCount < networks[0].weightCount)
    #expect(networks[1].workspaceCount < networks[0].workspaceCount)
  }

  /// Linear weights that alternate between 0 and 2 have the mean 1. Weights of 1 stand for no linear layers.
  @Test func meanLinearWeightsAreTheMeansOfTheTaps() throws {
    let kernels = try CPULevel.selected().kernels
    let images = FormulaImages(height: 24, width: 24)
    let network = FeatureNetwork(
      Self.architecture, imageHeight: 24, imageWidth: 24, kernels: kernels, load: FormulaParameters.fill)
    let alternating = LPIPSLinear(for: Self.architecture) { arena in
      for entry in arena.layout.entries {
        arena.setTensor(entry, to: (0..<entry.count).map { $0 % 2 == 0 ? 0 : 2 })
      }
    }
    func value(_ linear: LPIPSLinear) -> Double {
      let loss = LPIPSLoss(name: "lpips_tiny", network: network, linear: linear, kernels: kernels)
      return LossRun(loss, superRes: images.superRes, highRes: images.highRes, shape: images.shape).value
    }
    #expect(value(.mean(of: alternating)) == value(.none(for: Self.architecture)))
    #expect(value(.mean(of: alternating)) != value(alternating))
  }

  /// The smallest sides, computed by hand from the last window backwards. A network can be made from these sides on.
  @Test func smallestImages() throws {
    let kernels = try CPULevel.selected().kernels
    for (architecture, side) in [
      (FeatureArchitecture.alexNet, 31), (.vgg16, 16), (.squeezeNet11, 25), (VGGLoss.defaultArchitecture, 4),
      (Self.architecture, 7),
    ] {
      #expect(architecture.smallestImageSide == side, "\(architecture.name)")
      let network = FeatureNetwork(architecture, imageHeight: side, imageWidth: side + 3, kernels: kernels) {
        _ in
      }
      #expect(network.taps.allSatisfy { $0.shape.height > 0 && $0.shape.width > 0 })
    }
  }

  @Test func tooSmallImagesAreRefused() async {
    await #expect(processExitsWith: .failure) {
      _ = FeatureNetwork(
        .alexNet, imageHeight: 40, imageWidth: 30, kernels: try CPULevel.selected().kernels
      ) { _ in }
    }
  }

  @Test func takesOnlyTheLayersItNeeds() {
    let chosen = FeatureArchitecture.vgg16.taking(["relu1_2", "relu3_3"])
    #expect(chosen.taps.map(\.name) == ["relu1_2", "relu3_3"])
    #expect(chosen.layers.count == 9)
    #expect(chosen.layers.last == FeatureArchitecture.vgg16.layers[8])
    #expect(
      FeatureArchitecture.vgg16.taps.map(FeatureArchitecture.vgg16.channels(of:)) == [64, 128, 256, 512, 512])
  }
}
