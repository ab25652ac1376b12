import SRKernels
import SRLayers
import SRTensor

/// A ``SuperResolutionNetwork``'s passes over one size of image, for one purpose.
///
/// The plan holds no weights and no activations. Parameters come as an arena. Each worker has activations in a
/// ``NetworkWorkspace``. Images are NHWC with N = 1, 0...1.
///
/// A network has a *body* and a *tail*. A worker's images go through the body together, layer by layer, while a layer's weights are
/// in the cache. Then each image goes through the tail alone, because the tail's maps are larger than its weights. It goes
/// forward and, once the loss has compared the image, backward. Each image's values have the same bits as if the image went alone.
/// A worker's passes over a group of images have this order:
///
///     forwardBody(group); for some images at a time: forwardTail, loss, backwardTail; backwardBody(group)
///
/// A plan for inference has the same bits as one for training. It keeps a few maps of the body, not those of each layer, and
/// prepares no weights for a backward pass.
package protocol SuperResolutionPlan: Sendable {
  /// What all plans have.
  var frame: PlanFrame { get }
  /// All convolutions, in forward order.
  var convolutions: [Convolution2DPlan] { get }

  /// The body's forward pass.
  func forwardBody(_ group: [ImagePass])

  /// The rest of one image's forward pass. Returns the super-resolved image, [height, width, channels], unclamped. The returned image is
  /// valid until the worker has begun as many further tails as the workspace has room for.
  func forwardTail(_ image: ImagePass) -> UnsafePointer<Float>

  /// The tail's backward pass, given the gradient with respect to the tail's output. The forward pass's activations must still be
  /// valid.
  ///
  /// - Parameter gradientsFinal: called with an arena offset when all of the image's gradients from the offset to the end of the
  ///   network's parameters are final.
  /// - Precondition: the plan is for training.
  func backwardTail(
    _ image: ImagePass, gradientSuperRes: UnsafePointer<Float>, gradientsFinal: (_ from: Int) -> Void)

  /// The body's backward pass, after the tails of all images.
  ///
  /// - Parameter gradientsFinal: as in ``backwardTail(_:gradientSuperRes:gradientsFinal:)``, for the image at a position in the
  ///   group. The last call for each image passes the offset of the network's first parameter.
  /// - Precondition: the plan is for training.
  func backwardBody(_ group: [ImagePass], gradientsFinal: (_ position: Int, _ from: Int) -> Void)
}

/// What every ``SuperResolutionPlan`` has: the network's description, the size of image, the kernels, and the memory needed.
package struct PlanFrame: Sendable {
  let model: ModelDescription
  let purpose: LayerPlanner.Purpose
  let lowRes: ImageShape
  let kernels: any KernelSet
  /// Floats of prepared weights.
  let preparedCount: Int
  /// Floats of one image's activations in the body and in the tail, and of the memory that a worker's images use one after the
  /// other.
  let imageCount: Int
  let tailCount: Int
  let sharedCount: Int
  /// Place of the layers' scratch memory in the shared memory.
  let scratch: Int

  /// - Parameters:
  ///   - planner: has planned all layers.
  ///   - image: has planned one image's activations in the body; `tail`, in the tail.
  ///   - shared: has planned what the images use one after the other, except the layers' scratch memory.
  init(
    _ model: ModelDescription, lowResHeight: Int, lowResWidth: Int, planner: LayerPlanner,
    image: WorkspacePlanner, tail: WorkspacePlanner, shared: WorkspacePlanner
  ) {
    var shared = shared
    scratch = shared.reserve(planner.scratchCount)
    self.model = model
    purpose = planner.purpose
    lowRes = ImageShape(height: lowResHeight, width: lowResWidth, channels: model.inputChannels)
    kernels = planner.kernels
    preparedCount = planner.preparedCount
    imageCount = image.count
    tailCount = tail.count
    sharedCount = shared.count
  }
}

extension SuperResolutionPlan {
  package var purpose: LayerPlanner.Purpose { frame.purpose }
  var kernels: any KernelSet { frame.kernels }
  /// Floats of prepared weights.
  package var preparedCount: Int { frame.preparedCount }
  package var lowResShape: ImageShape { frame.lowRes }
  package var highResHeight: Int { frame.lowRes.height * frame.model.scale }
  package var highResWidth: Int { frame.lowRes.width * frame.model.scale }
  package var highResShape: ImageShape {
    ImageShape(height: highResHeight, width: highResWidth, channels: frame.model.outputChannels)
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

  /// The pass of image `index` of a group.
  ///
  /// - Parameters:
  ///   - lowRes: [h, w, channels], which must not change until the pass is over.
  ///   - prepared: made from `parameters` by ``prepare(_:into:forBackward:part:of:)``.
  ///   - gradients: the image's gradient leaf; nil for forward passes.
  package func pass(
    image index: Int = 0, lowRes: UnsafePointer<Float>, parameters: ParameterArena,
    prepared: AlignedBuffer, gradients: UnsafeMutablePointer<Float>?, workspace: NetworkWorkspace,
    observer: (any LayerObserver)? = nil
  ) -> ImagePass {
    let shared = workspace.shared
    return ImagePass(
      lowRes: lowRes, memory: workspace.image(index), tail: workspace.tail(index), shared: shared,
      context: LayerContext(
        kernels: frame.kernels, parameters: parameters.pointer, prepared: prepared.pointer,
        gradients: gradients, scratch: shared + frame.scratch, observer: observer))
  }
}

/// One image that passes through the network.
package struct ImagePass {
  /// The low-resolution image, [h, w, channels]. Both passes read it.
  let lowRes: UnsafePointer<Float>
  /// This image's activations in the body.
  let memory: UnsafeMutablePointer<Float>
  /// This image's activations in the tail.
  let tail: UnsafeMutablePointer<Float>
  /// The memory that the group's images use one after the other.
  let shared: UnsafeMutablePointer<Float>
  let context: LayerContext
}
