import SRKernels
import SRLayers
import SRTensor

/// An ``SRResNet``'s passes over one size of image, for one purpose.
///
/// The tail is the last upsampling and the output layer. The body is all other layers. For inference, the body keeps a few maps
/// instead of three for each block.
final class SRResNetPlan: SuperResolutionPlan {
  let frame: PlanFrame
  let network: SRResNet
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
    var backward: Backward?

    struct Backward: Sendable {
      /// The gradient with respect to the last upsampling's output, before the activation.
      var gradientWide: Int
      /// A map of low-resolution height and width.
      var temporary: Int
    }
  }

  /// Plans prepared weights and activations, but allocates no memory.
  init(
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
    let tailFactor = model.scale / (network.upsamplings.last?.factor ?? 1)
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
    self.network = network
    self.imageSlots = imageSlots
    self.sharedSlots = sharedSlots
    frame = PlanFrame(
      model, lowResHeight: height, lowResWidth: width, planner: planner, image: image, tail: tail,
      shared: shared)
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

  var convolutions: [Convolution2DPlan] {
    [head] + blocks.flatMap(\.convolutions) + [bodyTail] + bodyUpsamplings.map(\.convolution)
      + (tailUpsampling.map { [$0.convolution] } ?? []) + [output]
  }
}
