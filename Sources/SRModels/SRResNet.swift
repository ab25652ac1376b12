import SRKernels
import SRLayers
import SRTensor

/// The super-resolution generator SRResNet, or SE-SRResNet, for one size of low-resolution image.
///
/// The model holds no weights and no activations: parameters come as an arena of ``layout``, activations lie in
/// a ``SRResNetWorkspace`` per worker. Images are NHWC with N = 1, RGB, 0...1.
///
/// A worker's images go through the *body* (all but the last upsampling and the output layer) together, layer by
/// layer, while the layer's weights are in the cache; then each goes through the *tail*, whose maps are larger than its
/// weights, alone: forward and, once the loss has compared it, backward. Each image's values have the same bits as if it
/// went alone.
package final class SRResNet: Sendable {
  package let configuration: SRResNetConfiguration
  package let lowResHeight: Int
  package let lowResWidth: Int
  /// Names, shapes and arena order of the parameters: those of the released PyTorch model.
  package let layout: ParameterLayout
  /// Floats of prepared weights.
  package let preparedCount: Int

  let kernels: any KernelSet
  let head: Convolution2D
  let headActivation: PReLU
  let blocks: [ResidualBlock]
  let bodyTail: Convolution2D
  let bodyUpsamplings: [UpsampleBlock]
  let tailUpsampling: UpsampleBlock
  let output: Convolution2D
  let imageSlots: ImageSlots
  let tailSlots: TailSlots
  let sharedSlots: SharedSlots
  /// Floats of one image's activations in the body and in the tail, and of what a worker's images use one after the other.
  let imageCount: Int
  let tailCount: Int
  let sharedCount: Int

  /// Places among an image's activations that belong to no single block.
  struct ImageSlots: Sendable {
    var headFeatures = 0
    var headOutput = 0
    var bodyOutput = 0
    /// By the input of the tail, then by the output of each residual block.
    var gradient = 0
    /// By the output of a block's first convolution.
    var gradientFeatures = 0
    var gradientSkip = 0
  }

  /// Places among an image's activations in the tail, beside those of the last upsampling.
  struct TailSlots: Sendable {
    var superRes = 0
  }

  /// Places in the memory that a worker's images use one after the other.
  struct SharedSlots: Sendable {
    /// By the last upsampling's output, before the activation.
    var gradientWide = 0
    /// Of low-resolution height and width.
    var temporary = 0
    var scratch = 0
  }

  /// Plans parameters, prepared weights and activations; allocates none of them.
  ///
  /// - Parameters:
  ///   - configuration: `channels` is a positive multiple of 16, `upsamplings` at least 1; with attention, `channels` is a
  ///     multiple of `attentionReduction`.
  ///   - lowResHeight: in pixels, at least 1; the output has ``SRResNetConfiguration/scale`` times as many.
  ///   - lowResWidth: likewise.
  ///   - kernels: what computes; workspaces and prepared weights fit no other set.
  /// - Precondition: the configuration is as above.
  package init(
    _ configuration: SRResNetConfiguration, lowResHeight: Int, lowResWidth: Int,
    kernels: any KernelSet
  ) {
    precondition(
      configuration.channels % 16 == 0 && configuration.channels > 0,
      "channels must be a multiple of 16, \(configuration.channels) given")
    precondition(configuration.upsamplings > 0, "the network has at least one upsampling")
    let (height, width, channels) = (lowResHeight, lowResWidth, configuration.channels)
    var layout = ParameterLayout()
    var prepared = WorkspacePlanner()
    var image = WorkspacePlanner()
    var tail = WorkspacePlanner()
    var shared = WorkspacePlanner()
    var imageSlots = ImageSlots()
    var tailSlots = TailSlots()
    var sharedSlots = SharedSlots()

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
        workspace: &image, kernels: kernels)
    }
    bodyTail = Convolution2D(
      "conv2",
      shape: Convolution2DShape(
        inputHeight: height, inputWidth: width, inputChannels: channels, outputChannels: channels,
        kernelSize: 3, padding: 1),
      layout: &layout, prepared: &prepared, kernels: kernels)
    func upsampling(_ index: Int, after below: UpsampleBlock?, in workspace: inout WorkspacePlanner)
      -> UpsampleBlock
    {
      UpsampleBlock(
        "upsample.\(index)", through: below?.activation, height: height << index, width: width << index,
        channels: channels, layout: &layout, prepared: &prepared, workspace: &workspace, kernels: kernels)
    }
    var bodyUpsamplings: [UpsampleBlock] = []
    for index in 0..<configuration.upsamplings - 1 {
      bodyUpsamplings.append(upsampling(index, after: bodyUpsamplings.last, in: &image))
    }
    tailUpsampling = upsampling(configuration.upsamplings - 1, after: bodyUpsamplings.last, in: &tail)
    output = Convolution2D(
      "conv3", through: tailUpsampling.activation,
      shape: Convolution2DShape(
        inputHeight: height * configuration.scale, inputWidth: width * configuration.scale,
        inputChannels: channels, outputChannels: 3, kernelSize: 9, padding: 4),
      layout: &layout, prepared: &prepared, kernels: kernels)

    let features = height * width * channels
    let tailInput = tailUpsampling.convolution.shape.sourceCount
    imageSlots.headFeatures = image.reserve(features)
    imageSlots.headOutput = image.reserve(features)
    imageSlots.bodyOutput = image.reserve(features)
    imageSlots.gradient = image.reserve(tailInput)
    imageSlots.gradientFeatures = image.reserve(features)
    imageSlots.gradientSkip = image.reserve(features)
    tailSlots.superRes = tail.reserve(output.shape.destinationCount)
    sharedSlots.gradientWide = shared.reserve(output.shape.sourceCount)
    sharedSlots.temporary = shared.reserve(features)
    let convolutions =
      [head, bodyTail, output, tailUpsampling.convolution] + blocks.flatMap(\.convolutions)
      + bodyUpsamplings.map(\.convolution)
    sharedSlots.scratch = shared.reserve(convolutions.map(\.scratchCount).max() ?? 0)

    self.configuration = configuration
    self.lowResHeight = lowResHeight
    self.lowResWidth = lowResWidth
    self.kernels = kernels
    self.bodyUpsamplings = bodyUpsamplings
    self.layout = layout
    self.imageSlots = imageSlots
    self.tailSlots = tailSlots
    self.sharedSlots = sharedSlots
    preparedCount = prepared.count
    imageCount = image.count
    tailCount = tail.count
    sharedCount = shared.count
  }

  package var highResHeight: Int { lowResHeight * configuration.scale }
  package var highResWidth: Int { lowResWidth * configuration.scale }

  var upsamplings: [UpsampleBlock] { bodyUpsamplings + [tailUpsampling] }

  /// In forward order.
  package var convolutions: [Convolution2D] {
    [head] + blocks.flatMap(\.convolutions) + [bodyTail] + upsamplings.map(\.convolution) + [output]
  }

  /// Multiplications and additions of one image's forward pass by the direct method.
  package var forwardFLOPs: Int { convolutions.reduce(0) { $0 + $1.shape.directFLOPs } }
}
