import SRKernelDispatch
import SRKernels
import SRLosses
import SRModels
import SRTensor
import SRTestSupport
import Testing

/// Pairs of images that go through a feature network together.
@Suite struct FeatureGroupTests {
  /// Two layers with large images, then layers with small ones. Of the first two, only the second one's features are compared.
  private static let deep = FeatureArchitecture(
    "deep",
    layers: [
      .convolution(name: "features.0", outputChannels: 32, kernelSize: 3, stride: 1, padding: 1),
      .convolution(name: "features.2", outputChannels: 32, kernelSize: 3, stride: 1, padding: 1),
      .maxPooling(kernelSize: 2, stride: 2, ceilMode: false),
      .convolution(name: "features.5", outputChannels: 48, kernelSize: 3, stride: 1, padding: 1),
      .convolution(name: "features.7", outputChannels: 64, kernelSize: 3, stride: 1, padding: 1),
    ],
    taps: [(1, "relu1_2"), (4, "relu2_2")])

  /// A network, and the side of its images. Some layers see large images, or none does.
  enum Network: CaseIterable {
    case deep, tiny, tinySmall

    var architecture: FeatureArchitecture {
      switch self {
      case .deep: FeatureGroupTests.deep
      case .tiny, .tinySmall: TinyFeatureNetworkTests.architecture
      }
    }
    var side: Int {
      switch self {
      case .deep: 34
      case .tiny: 70
      case .tinySmall: 24
      }
    }
  }

  @Test(arguments: Network.allCases, CPULevel.supported())
  func haveTheBitsThatTheyHaveAlone(_ network: Network, _ level: CPULevel) {
    let (architecture, side, kernels) = (network.architecture, network.side, level.kernels)
    func make(pairs: Int) -> FeatureNetwork {
      FeatureNetwork(
        architecture, imageHeight: side, imageWidth: side, pairs: pairs, kernels: kernels,
        load: FormulaParameters.fill)
    }
    let (alone, together) = (make(pairs: 1), make(pairs: 3))
    let pairs = (0..<3).map { Pair(seed: UInt64($0), count: side * side * 3) }
    for makeLoss in [Self.vgg, Self.lpips] {
      let expected = pairs.map { evaluate(makeLoss(alone, kernels), [$0], side: side)[0] }
      #expect(expected[0].gradient != expected[1].gradient && expected[0].value != expected[1].value)
      // Groups may have any size that there is room for.
      let loss = makeLoss(together, kernels)
      #expect(loss.groupSize == 3)
      for count in 1...3 {
        #expect(evaluate(loss, Array(pairs.prefix(count)), side: side) == Array(expected.prefix(count)))
      }
      let values = evaluate(loss, pairs, side: side, wantsGradient: false).map(\.value)
      #expect(values == expected.map(\.value))
    }
  }

  @Test func tooManyPairsAreRefused() async {
    await #expect(processExitsWith: .failure) {
      let kernels = try CPULevel.selected().kernels
      let network = FeatureNetwork(
        TinyFeatureNetworkTests.architecture, imageHeight: 24, imageWidth: 24, pairs: 2, kernels: kernels
      ) { _ in }
      let workspace = AlignedBuffer(count: network.workspaceCount)
      _ = FeaturePass(network, targetTaps: [3, 3, 3], workspace: workspace.pointer)
    }
  }

  private static func vgg(_ network: FeatureNetwork, _ kernels: any KernelSet) -> any Loss {
    VGGLoss(network: network, kernels: kernels)
  }

  private static func lpips(_ network: FeatureNetwork, _ kernels: any KernelSet) -> any Loss {
    LPIPSLoss(
      name: "lpips_group", network: network, linear: .none(for: network.architecture), kernels: kernels)
  }

  private struct Pair {
    let superRes: AlignedBuffer
    let highRes: AlignedBuffer

    init(seed: UInt64, count: Int) {
      var generator = PhiloxGenerator(seed: seed, stream: 3)
      superRes = AlignedBuffer(count: count)
      highRes = AlignedBuffer(count: count)
      for index in 0..<count {
        superRes.pointer[index] = generator.uniform()
        highRes.pointer[index] = generator.uniform()
      }
    }
  }

  private struct Result: Equatable {
    let value: Double
    let gradient: [Float]
  }

  private func evaluate(
    _ loss: any Loss, _ pairs: [Pair], side: Int, wantsGradient: Bool = true
  ) -> [Result] {
    let shape = ImageShape(height: side, width: side)
    let scratch = AlignedBuffer(count: loss.scratchCount(shape))
    scratch.pointer.update(repeating: .nan, count: scratch.count)
    let gradients = pairs.map { AlignedBuffer(count: $0.superRes.count) }
    let values = loss.evaluate(
      zip(pairs, gradients).map { pair, gradient in
        ImagePair(
          superRes: pair.superRes.pointer, highRes: pair.highRes.pointer, shape: shape,
          gradient: wantsGradient ? gradient.pointer : nil)
      }, weight: 0.5, scratch: scratch.pointer)
    return zip(values, gradients).map { Result(value: $0, gradient: $1.values) }
  }
}
