import SRKernels
import SRLayers
import SRTensor

/// The super-resolution generator SRResNet, or SE-SRResNet, for one size of low-resolution image.
///
/// The model holds no weights and no activations: parameters come as an arena of ``layout``, activations lie in
/// a ``SRResNetWorkspace`` per worker. Images are NHWC with N = 1, RGB, 0...1.
public final class SRResNet: Sendable {
  public let configuration: SRResNetConfiguration
  public let lowResHeight: Int
  public let lowResWidth: Int
  /// Names, shapes and arena order of the parameters: those of the released PyTorch model.
  public let layout: ParameterLayout
  /// Floats of prepared weights.
  public let preparedCount: Int
  /// Floats of one worker's activations and temporaries.
  public let workspaceCount: Int

  let kernels: any KernelSet
  let head: Convolution2D
  let headActivation: PReLU
  let blocks: [ResidualBlock]
  let bodyTail: Convolution2D
  let upsamplings: [UpsampleBlock]
  let output: Convolution2D
  let slots: Slots

  /// Places in the workspace that belong to no single block.
  struct Slots: Sendable {
    var headFeatures = 0
    var headOutput = 0
    var bodyOutput = 0
    var superRes = 0
    /// Large enough for the last upsampling's convolution.
    var wide = 0
    var gradientWide = 0
    /// Of low-resolution height and width, or of the last upsampling's input.
    var gradient1 = 0
    var gradient2 = 0
    var gradient3 = 0
    var gradientSkip = 0
    var scratch = 0
  }

  public init(
    _ configuration: SRResNetConfiguration, lowResHeight: Int, lowResWidth: Int,
    kernels: any KernelSet
  ) {
    precondition(
      configuration.channels % 16 == 0 && configuration.channels > 0,
      "channels must be a multiple of 16, \(configuration.channels) given")
    let (height, width, channels) = (lowResHeight, lowResWidth, configuration.channels)
    var layout = ParameterLayout()
    var prepared = WorkspacePlanner()
    var workspace = WorkspacePlanner()
    var slots = Slots()

    head = Convolution2D(
      "conv1.0",
      shape: Convolution2DShape(
        inputHeight: height, inputWidth: width, inputChannels: 3, outputChannels: channels,
        kernelSize: 9, padding: 4),
      propagatesGradient: false, layout: &layout, prepared: &prepared, kernels: kernels)
    headActivation = PReLU("conv1.1", layout: &layout)
    blocks = (0..<configuration.blocks).map {
      ResidualBlock(
        "res_blocks.\($0)", height: height, width: width, channels: channels,
        attentionReduction: configuration.attentionReduction, layout: &layout, prepared: &prepared,
        workspace: &workspace, kernels: kernels)
    }
    bodyTail = Convolution2D(
      "conv2",
      shape: Convolution2DShape(
        inputHeight: height, inputWidth: width, inputChannels: channels, outputChannels: channels,
        kernelSize: 3, padding: 1),
      layout: &layout, prepared: &prepared, kernels: kernels)
    upsamplings = (0..<configuration.upsamplings).map {
      UpsampleBlock(
        "upsample.\($0)", height: height << $0, width: width << $0, channels: channels,
        layout: &layout, prepared: &prepared, workspace: &workspace, kernels: kernels)
    }
    output = Convolution2D(
      "conv3",
      shape: Convolution2DShape(
        inputHeight: height * configuration.scale, inputWidth: width * configuration.scale,
        inputChannels: channels, outputChannels: 3, kernelSize: 9, padding: 4),
      layout: &layout, prepared: &prepared, kernels: kernels)

    let features = height * width * channels
    let widest = upsamplings.map(\.outputCount).max() ?? features
    let widestInput = upsamplings.map(\.convolution.shape.sourceCount).max() ?? features
    slots.headFeatures = workspace.reserve(features)
    slots.headOutput = workspace.reserve(features)
    slots.bodyOutput = workspace.reserve(features)
    slots.superRes = workspace.reserve(output.shape.destinationCount)
    slots.wide = workspace.reserve(widest)
    slots.gradientWide = workspace.reserve(widest)
    slots.gradient1 = workspace.reserve(widestInput)
    slots.gradient2 = workspace.reserve(features)
    slots.gradient3 = workspace.reserve(features)
    slots.gradientSkip = workspace.reserve(features)
    let convolutions =
      [head, bodyTail, output] + blocks.flatMap(\.convolutions) + upsamplings.map(\.convolution)
    slots.scratch = workspace.reserve(convolutions.map(\.scratchCount).max() ?? 0)

    self.configuration = configuration
    self.lowResHeight = lowResHeight
    self.lowResWidth = lowResWidth
    self.kernels = kernels
    self.layout = layout
    self.slots = slots
    preparedCount = prepared.count
    workspaceCount = workspace.count
  }

  public var highResHeight: Int { lowResHeight * configuration.scale }
  public var highResWidth: Int { lowResWidth * configuration.scale }

  /// In forward order.
  public var convolutions: [Convolution2D] {
    [head] + blocks.flatMap(\.convolutions) + [bodyTail] + upsamplings.map(\.convolution) + [output]
  }

  /// Multiplications and additions of one image's forward pass by the direct method.
  public var forwardFLOPs: Int { convolutions.reduce(0) { $0 + $1.shape.directFLOPs } }
}

/// Activations and temporaries of one worker. Allocated once.
public final class SRResNetWorkspace: Sendable {
  let buffer: AlignedBuffer

  public init(for model: SRResNet) { buffer = AlignedBuffer(count: model.workspaceCount) }
}
