import SRKernels
import SRLayers
import SRTensor

/// A frozen network whose features a perceptual loss compares, for one size of image.
///
/// The network holds its weights, which never change. Each worker has activations in a workspace of ``workspaceCount`` floats.
/// Images are NHWC with N = 1, RGB, normalised as in the training of the weights. Images come in pairs. Several pairs may go
/// through the network together (``FeaturePass``).
package final class FeatureNetwork: Sendable {
  /// A place whose features are compared.
  package struct Tap: Sendable {
    package let name: String
    package let shape: ImageShape
    let layer: Int
  }

  /// The images that are compared, in the order in which they lie in the workspace. The backward pass is for the last one.
  package enum PairedImage: Int, CaseIterable, Sendable {
    case highRes
    case superRes
  }

  package let architecture: FeatureArchitecture
  package let imageHeight: Int
  package let imageWidth: Int
  /// The most pairs of images that go through the network together.
  package let pairs: Int
  /// Only a network for training has ``FeaturePass/backward(addGradient:receive:)``.
  package let purpose: LayerPlanner.Purpose
  package let taps: [Tap]
  /// Floats of one worker's activations and temporaries.
  package let workspaceCount: Int

  let kernels: any KernelSet
  let layers: [any FeatureLayer]
  /// The number of layers with large images. Each image goes through these layers alone.
  let layersAlone: Int
  /// Places in the workspace of the images, then of each layer's outputs.
  let activations: [FeatureSlots]
  /// Gradients with respect to one image's activations in the ``layersAlone``.
  let gradientAlone1: Int
  let gradientAlone2: Int
  /// Gradients with respect to the activations of all pairs' images in the later layers.
  let gradientTogether1: Int
  let gradientTogether2: Int
  let scratch: Int
  /// The weights in the kernels' form. The network keeps no other form.
  let prepared: AlignedBuffer

  /// Floats of weights; all workers share them.
  package var weightCount: Int { prepared.count }

  /// Names and shapes of the parameters: torchvision's.
  package let layout: ParameterLayout

  /// If an output has at least this many pixels, each image goes alone. Such an image fills the kernels' blocks. So more images
  /// would not save a reading of the weights, but would crowd the image out of the cache.
  private static let pixelsAlone = 1024

  /// - Parameters:
  ///   - pairs: the most pairs of images that go through the network together; at least 1.
  ///   - purpose: for training, gradients go back through the frozen layers to the images.
  ///   - load: fills the arena with the weights.
  /// - Precondition: height and width of the images are at least ``FeatureArchitecture/smallestImageSide``.
  /// - Throws: what `load` throws.
  package init(
    _ architecture: FeatureArchitecture, imageHeight: Int, imageWidth: Int, pairs: Int = 1,
    purpose: LayerPlanner.Purpose = .training, kernels: any KernelSet, load: (ParameterArena) throws -> Void
  ) rethrows {
    let smallest = architecture.smallestImageSide
    precondition(
      min(imageHeight, imageWidth) >= smallest,
      "\(architecture.name) needs images of \(smallest)x\(smallest) or more, and is given \(imageHeight)x\(imageWidth)"
    )
    precondition(pairs > 0, "\(architecture.name) cannot take \(pairs) pairs of images")
    var plan = FeatureNetworkPlanner(pairs: pairs, purpose: purpose, kernels: kernels)
    var layers: [any FeatureLayer] = []
    let image = ImageShape(height: imageHeight, width: imageWidth, channels: ImageShape.rgbChannels)
    var shapes = [image]
    for description in architecture.layers {
      let layer = Self.layer(description, input: shapes[shapes.count - 1], plan: &plan)
      shapes.append(layer.output)
      layers.append(layer)
    }
    taps = architecture.taps.map {
      Tap(name: $0.name, shape: layers[$0.layer].output, layer: $0.layer)
    }
    let layersAlone = layers.firstIndex { $0.output.pixels < Self.pixelsAlone } ?? layers.count
    let tapLayers = taps.map(\.layer)
    activations = shapes.enumerated().map { index, shape in
      // If only the next layer reads an output, the other image's output may overwrite the high-resolution image's.
      let isRead = index == 0 || index >= layersAlone || tapLayers.contains(index - 1)
      return FeatureSlots(shape, pairs: pairs, sharesMemory: !isRead, in: &plan.workspace)
    }
    let largestAlone = shapes.prefix(layersAlone + 1).map(\.count).max() ?? 0
    let hasBackward = purpose == .training
    gradientAlone1 = plan.workspace.reserve(hasBackward ? largestAlone : 0)
    gradientAlone2 = plan.workspace.reserve(hasBackward ? largestAlone : 0)
    let largestTogether = shapes.dropFirst(layersAlone).map(\.count).max() ?? 0
    gradientTogether1 = plan.workspace.reserve(hasBackward ? pairs * largestTogether : 0)
    gradientTogether2 = plan.workspace.reserve(hasBackward ? pairs * largestTogether : 0)
    scratch = plan.workspace.reserve(plan.layers.scratchCount)
    workspaceCount = plan.workspace.count

    let parameters = ParameterArena(layout: plan.layout)
    try load(parameters)
    let prepared = AlignedBuffer(count: plan.layers.preparedCount)
    for layer in layers { layer.prepare(parameters: parameters.pointer, into: prepared.pointer) }

    self.architecture = architecture
    self.imageHeight = imageHeight
    self.imageWidth = imageWidth
    self.pairs = pairs
    self.purpose = purpose
    self.kernels = kernels
    self.layers = layers
    self.layersAlone = layersAlone
    layout = plan.layout
    self.prepared = prepared
  }

  private static func layer(
    _ description: FeatureArchitecture.Layer, input: ImageShape, plan: inout FeatureNetworkPlanner
  ) -> any FeatureLayer {
    switch description {
    case .convolution(let name, let outputChannels, let kernelSize, let stride, let padding):
      ConvolutionReLU(
        name, input: input, outputChannels: outputChannels, kernelSize: kernelSize, stride: stride,
        padding: padding, plan: &plan)
    case .maxPooling(let kernelSize, let stride, let ceilMode):
      MaxPooling(
        MaxPooling2DShape(
          inputHeight: input.height, inputWidth: input.width, channels: input.channels,
          kernelSize: kernelSize, stride: stride, ceilMode: ceilMode))
    case .fire(let name, let squeezeChannels, let expandChannels):
      Fire(
        name, input: input, squeezeChannels: squeezeChannels, expandChannels: expandChannels, plan: &plan)
    }
  }
}

/// The places of one activation of all images in a workspace. One kind of image follows the other, pair after pair.
struct FeatureSlots {
  /// Floats of one image's activation.
  let count: Int
  private let start: Int
  private let sharesMemory: Bool

  /// - Parameter sharesMemory: whether a pair's images use the same place, one after the other.
  init(_ shape: ImageShape, pairs: Int, sharesMemory: Bool, in workspace: inout WorkspacePlanner) {
    count = shape.count
    start = workspace.reserve((sharesMemory ? 1 : FeatureNetwork.PairedImage.allCases.count) * pairs * count)
    self.sharesMemory = sharesMemory
  }

  /// - Parameters:
  ///   - pairs: how many pairs go through the network together this time. Their images lie without gaps.
  ///   - place: among the images of its kind, if they do not share memory.
  func offset(of image: FeatureNetwork.PairedImage, in pair: Int, at place: Int, pairs: Int) -> Int {
    start + (sharesMemory ? pair : image.rawValue * pairs + place) * count
  }
}
