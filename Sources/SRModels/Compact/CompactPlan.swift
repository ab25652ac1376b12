import SRKernels
import SRLayers
import SRTensor

/// A ``CompactNetwork``'s passes over one size of image, for one purpose.
///
/// The body is all convolutions, which work at the size of the input. The tail is the enlargement. For training, the body keeps
/// each convolution's output. For inference, two outputs take turns.
final class CompactPlan: SuperResolutionPlan {
  let frame: PlanFrame
  private let network: CompactNetwork
  private let inner: [Convolution2DPlan]
  private let output: Convolution2DPlan

  // Places among an image's activations.
  /// By convolution: its output, before the activation.
  private let features: [Int]
  /// The last convolution's output, and later the gradient with respect to it.
  private let maps: Int
  /// Gradients with respect to convolutions' outputs, which take turns. Empty in a plan for inference.
  private let gradients: [Int]
  /// Place of the super-resolved image among the activations in the tail.
  private let superRes: Int

  /// Plans prepared weights and activations, but allocates no memory.
  init(
    _ network: CompactNetwork, lowResHeight: Int, lowResWidth: Int, purpose: LayerPlanner.Purpose,
    kernels: any KernelSet
  ) {
    let (height, width) = (lowResHeight, lowResWidth)
    var planner = LayerPlanner(purpose, kernels: kernels)
    var image = WorkspacePlanner()
    var tail = WorkspacePlanner()
    inner = network.convolutions.enumerated().map { index, convolution in
      convolution.plan(height: height, width: width, propagatesGradient: index > 0, in: &planner)
    }
    output = network.output.plan(height: height, width: width, in: &planner)

    let count = output.shape.sourceCount
    let kept = (0..<(purpose == .training ? inner.count : 2)).map { _ in
      image.reserve(count)
    }
    features = inner.indices.map { kept[$0 % kept.count] }
    maps = image.reserve(output.shape.destinationCount)
    gradients = purpose == .training ? [image.reserve(count), image.reserve(count)] : []
    superRes = tail.reserve(output.shape.destinationCount)
    self.network = network
    frame = PlanFrame(
      network.model, lowResHeight: height, lowResWidth: width, planner: planner, image: image, tail: tail,
      shared: WorkspacePlanner())
  }

  var convolutions: [Convolution2DPlan] { inner + [output] }

  func forwardBody(_ group: [ImagePass]) {
    group.first?.context.observer?.passBegins()
    for (index, convolution) in inner.enumerated() {
      for image in group {
        convolution.forward(
          source(index, image), into: image.memory + features[index], context: image.context)
      }
    }
    for image in group {
      output.forward(source(inner.count, image), into: image.memory + maps, context: image.context)
    }
  }

  func forwardTail(_ image: ImagePass) -> UnsafePointer<Float> {
    let superRes = image.tail + superRes
    network.enlargement.forward(
      image.memory + maps, base: image.lowRes, lowResShape, into: superRes, context: image.context)
    return UnsafePointer(superRes)
  }

  /// No parameter lies in the tail, so no gradient becomes final.
  func backwardTail(
    _ image: ImagePass, gradientSuperRes: UnsafePointer<Float>, gradientsFinal: (_ from: Int) -> Void
  ) {
    image.context.observer?.passBegins()
    network.enlargement.backward(
      gradient: gradientSuperRes, lowResShape, gradientMaps: image.memory + maps, context: image.context)
  }

  func backwardBody(_ group: [ImagePass], gradientsFinal: (_ position: Int, _ from: Int) -> Void) {
    group.first?.context.observer?.passBegins()
    for (index, convolution) in convolutions.enumerated().reversed() {
      for (position, image) in group.enumerated() {
        convolution.backward(
          source: source(index, image), gradientDestination: gradient(index, image),
          gradientSource: index == 0 ? nil : gradient(index - 1, image), context: image.context)
        gradientsFinal(position, convolution.firstParameter)
      }
    }
  }

  /// What a convolution reads: the image, or the previous convolution's output.
  private func source(_ index: Int, _ image: ImagePass) -> UnsafePointer<Float> {
    index == 0 ? image.lowRes : UnsafePointer(image.memory + features[index - 1])
  }

  /// The gradient with respect to a convolution's output, before the activation.
  private func gradient(_ index: Int, _ image: ImagePass) -> UnsafeMutablePointer<Float> {
    precondition(!gradients.isEmpty, "a plan for inference has no backward pass")
    return image.memory + (index == inner.count ? maps : gradients[index % 2])
  }
}
