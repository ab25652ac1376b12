import SRKernels
import SRLayers
import SRTensor

/// An ``SRResNet``'s passes over one size of image, for one purpose.
///
/// The plan holds no weights and no activations. Parameters come as an arena. Each worker has activations in an
/// ``SRResNetWorkspace``. Images are NHWC with N = 1, RGB, 0...1.
///
/// The *tail* is the last upsampling and the output layer. The *body* is all other layers. A worker's images go through the body
/// together, layer by layer, while a layer's weights are in the cache. Then each image goes through the tail alone, because the
/// tail's maps are larger than its weights. It goes forward and, once the loss has compared the image, backward. Each image's
/// values have the same bits as if the image went alone.
///
/// A plan for inference has the same bits as one for training. It keeps a few maps of the body, not three for each block, and
/// prepares no weights for a backward pass.
package final class SRResNetPlan: Sendable {
  package let network: SRResNet
  package let purpose: LayerPlanner.Purpose
  package let lowResHeight: Int
  package let lowResWidth: Int
  /// Floats of prepared weights.
  package let preparedCount: Int

  let kernels: any KernelSet
  let head: Convolution2DPlan
  let blocks: [ResidualBlockPlan]
  let bodyTail: Convolution2DPlan
  let bodyUpsamplings: [UpsampleBlockPlan]
  /// Nil if the network does not enlarge.
  let tailUpsampling: UpsampleBlockPlan?
  let output: Convolution2DPlan
  let imageSlots: ImageSlots
  let tailSlots: TailSlots
  let sharedSlots: SharedSlots
  /// Floats of one image's activations in the body and in the tail, and of the memory that a worker's images use one after the
  /// other.
  let imageCount: Int
  let tailCount: Int
  let sharedCount: Int

  /// Places among an image's activations that belong to no single block.
  struct ImageSlots: Sendable {
    var headFeatures = 0
    var headOutput = 0
    var bodyOutput = 0
    var backward: Backward?

    /// Places of the gradients with respect to maps.
    struct Backward: Sendable {
      /// With respect to the tail's input, then to each residual block's output.
      var gradient: Int
      /// With respect to the output of a block's first convolution.
      var gradientFeatures: Int
      /// With respect to the head's output, through the addition after the body.
      var gradientSkip: Int
    }
  }

  /// Places among an image's activations in the tail, beside the last upsampling's places.
  struct TailSlots: Sendable {
    var superRes = 0
  }

  /// Places in the memory that a worker's images use one after the other.
  struct SharedSlots: Sendable {
    var scratch = 0
    var backward: Backward?

    struct Backward: Sendable {
      /// The gradient with respect to the last upsampling's output, before the activation.
      var gradientWide: Int
      /// A map of low-resolution height and width.
      var temporary: Int
    }
  }

  /// Plans prepared weights and activations, but allocates no memory.
  ///
  /// - Parameters:
  ///   - lowResHeight: in pixels, at least 1. The output has ``ModelDescription/scale`` times as many.
  ///   - lowResWidth: in pixels, at least 1. The same holds for the output.
  ///   - kernels: the kernels that compute the passes. Workspaces and prepared weights fit no other set.
  package init(
    _ network: SRResNet, lowResHeight: Int, lowResWidth: Int, purpose: LayerPlanner.Purpose,
    kernels: any KernelSet
  ) {
    let (height, width, model) = (lowResHeight, lowResWidth, network.model)
    let features = height * width * model.features
    var planner = LayerPlanner(purpose, kernels: kernels)
    var image = WorkspacePlanner()
    var tail = WorkspacePlanner()
    var shared = WorkspacePlanner()
    var imageSlots = ImageSlots()
    var sharedSlots = SharedSlots()

    head = network.head.plan(height: height, width: width, propagatesGradient: false, in: &planner)
    // Without a backward pass, a block's maps are free as soon as the next block has read them.
    let (even, odd) = purpose == .inference ? Self.alternatingMaps(features, in: &image) : (nil, nil)
    blocks = network.blocks.enumerated().map { index, block in
      let maps =
        (index % 2 == 0 ? even : odd) ?? ResidualBlockPlan.Maps(reserving: features, in: &image)
      return block.plan(height: height, width: width, maps: maps, workspace: &image, in: &planner)
    }
    bodyTail = network.bodyTail.plan(height: height, width: width, in: &planner)
    bodyUpsamplings = network.upsamplings.dropLast().enumerated().map { index, upsampling in
      upsampling.plan(height: height << index, width: width << index, workspace: &image, in: &planner)
    }
    let tailFactor = max(model.scale / 2, 1)
    tailUpsampling = network.upsamplings.last.map {
      $0.plan(height: height * tailFactor, width: width * tailFactor, workspace: &tail, in: &planner)
    }
    output = network.output.plan(height: height * model.scale, width: width * model.scale, in: &planner)

    switch purpose {
    case .training:
      imageSlots.headFeatures = image.reserve(features)
      imageSlots.headOutput = image.reserve(features)
      imageSlots.bodyOutput = image.reserve(features)
      imageSlots.backward = ImageSlots.Backward(
        gradient: image.reserve((tailUpsampling?.convolution ?? output).shape.sourceCount),
        gradientFeatures: image.reserve(features), gradientSkip: image.reserve(features))
    case .inference:
      imageSlots.headOutput = image.reserve(features)
      // The head is done before the first block begins, and the last block before the body ends.
      imageSlots.headFeatures = even?.features1 ?? 0
      imageSlots.bodyOutput = even?.features1 ?? 0
    }
    tailSlots = TailSlots(superRes: tail.reserve(output.shape.destinationCount))
    if purpose == .training {
      sharedSlots.backward = SharedSlots.Backward(
        gradientWide: shared.reserve(output.shape.sourceCount), temporary: shared.reserve(features))
    }
    sharedSlots.scratch = shared.reserve(planner.scratchCount)

    self.network = network
    self.purpose = purpose
    self.lowResHeight = lowResHeight
    self.lowResWidth = lowResWidth
    self.kernels = kernels
    self.imageSlots = imageSlots
    self.sharedSlots = sharedSlots
    preparedCount = planner.preparedCount
    imageCount = image.count
    tailCount = tail.count
    sharedCount = shared.count
  }

  /// Maps for blocks of even index and of odd index. Their outputs differ, because a block reads the previous block's output.
  private static func alternatingMaps(
    _ count: Int, in workspace: inout WorkspacePlanner
  ) -> (ResidualBlockPlan.Maps?, ResidualBlockPlan.Maps?) {
    let even = ResidualBlockPlan.Maps(reserving: count, in: &workspace)
    var odd = even
    odd.output = workspace.reserve(count)
    return (even, odd)
  }

  package var highResHeight: Int { lowResHeight * network.model.scale }
  package var highResWidth: Int { lowResWidth * network.model.scale }
  package var lowResShape: ImageShape {
    ImageShape(height: lowResHeight, width: lowResWidth, channels: network.model.inputChannels)
  }
  package var highResShape: ImageShape {
    ImageShape(height: highResHeight, width: highResWidth, channels: network.model.outputChannels)
  }

  /// All convolutions, in forward order.
  package var convolutions: [Convolution2DPlan] {
    [head] + blocks.flatMap(\.convolutions) + [bodyTail] + bodyUpsamplings.map(\.convolution)
      + (tailUpsampling.map { [$0.convolution] } ?? []) + [output]
  }

  /// Multiplications and additions of one image's forward pass with the direct method.
  package var forwardFLOPs: Int { convolutions.reduce(0) { $0 + $1.shape.directFLOPs } }

  /// Brings the weights of the convolutions dealt to `part` of `parts` threads into the kernels' form. All parts together make
  /// one step's prepared weights.
  ///
  /// - Parameter forBackward: whether a backward pass follows. For inference plans it makes no difference.
  package func prepare(
    _ parameters: ParameterArena, into prepared: AlignedBuffer, forBackward: Bool, part: Int = 0,
    of parts: Int = 1
  ) {
    let convolutions = convolutions
    for index in stride(from: part, to: convolutions.count, by: parts) {
      convolutions[index].prepare(
        parameters: parameters.pointer, into: prepared.pointer, forBackward: forBackward)
    }
  }
}
