import SRKernels
import SRLayers
import SRTensor

/// A frozen network whose features a perceptual loss compares, for one size of image.
///
/// It holds its weights, which never change; activations lie in a workspace of ``workspaceCount`` floats per worker.
/// Images are NHWC with N = 1, RGB, normalised as the weights' training had them.
public final class FeatureNetwork: Sendable {
  /// A place whose features are compared.
  public struct Tap: Sendable {
    public let name: String
    public let shape: FeatureShape
    let layer: Int
  }

  /// The images that are compared, in the order in which they lie in the workspace. The backward pass is that of the
  /// last one.
  public enum PairedImage: Int, CaseIterable, Sendable {
    case highRes
    case superRes
  }

  public let architecture: FeatureArchitecture
  public let imageHeight: Int
  public let imageWidth: Int
  public let taps: [Tap]
  /// Floats of one worker's activations and temporaries.
  public let workspaceCount: Int

  let kernels: any KernelSet
  let layers: [any FeatureLayer]
  /// Places in the workspace of the pair of images, then of each layer's pair of outputs.
  let activations: [Int]
  let gradient1: Int
  let gradient2: Int
  let scratch: Int
  let parameters: ParameterArena
  let prepared: AlignedBuffer

  /// Floats of weights, in their files' form and in the kernels'; all workers share them.
  public var weightCount: Int { parameters.count + prepared.count }

  /// Names and shapes of the parameters: torchvision's.
  public var layout: ParameterLayout { parameters.layout }

  /// - Parameter load: fills the arena with the weights.
  /// - Precondition: neither side of the images is below ``FeatureArchitecture/smallestImageSide``.
  /// - Throws: what `load` throws.
  public init(
    _ architecture: FeatureArchitecture, imageHeight: Int, imageWidth: Int, kernels: any KernelSet,
    load: (ParameterArena) throws -> Void
  ) rethrows {
    let smallest = architecture.smallestImageSide
    precondition(
      min(imageHeight, imageWidth) >= smallest,
      "\(architecture.name) needs images of \(smallest)x\(smallest) or more, and is given \(imageHeight)x\(imageWidth)"
    )
    var plan = FeatureNetworkPlan()
    var layers: [any FeatureLayer] = []
    var activations: [Int] = []
    var shape = FeatureShape(height: imageHeight, width: imageWidth, channels: RGBImageShape.channels)
    activations.append(plan.workspace.reserve(PairedImage.allCases.count * shape.count))
    var largest = shape.count
    for description in architecture.layers {
      let layer = Self.layer(description, input: shape, plan: &plan, kernels: kernels)
      shape = layer.output
      largest = max(largest, shape.count)
      layers.append(layer)
      activations.append(plan.workspace.reserve(PairedImage.allCases.count * shape.count))
    }
    taps = architecture.taps.map {
      Tap(name: $0.name, shape: layers[$0.layer].output, layer: $0.layer)
    }
    gradient1 = plan.workspace.reserve(largest)
    gradient2 = plan.workspace.reserve(largest)
    scratch = plan.workspace.reserve(layers.map(\.scratchCount).max() ?? 0)
    workspaceCount = plan.workspace.count

    let parameters = ParameterArena(layout: plan.layout)
    try load(parameters)
    let prepared = AlignedBuffer(count: plan.prepared.count)
    for layer in layers { layer.prepare(parameters: parameters.pointer, into: prepared.pointer) }

    self.architecture = architecture
    self.imageHeight = imageHeight
    self.imageWidth = imageWidth
    self.kernels = kernels
    self.layers = layers
    self.activations = activations
    self.parameters = parameters
    self.prepared = prepared
  }

  private static func layer(
    _ description: FeatureArchitecture.Layer, input: FeatureShape, plan: inout FeatureNetworkPlan,
    kernels: any KernelSet
  ) -> any FeatureLayer {
    switch description {
    case .convolution(let name, let outputChannels, let kernelSize, let stride, let padding):
      ConvolutionReLU(
        name,
        shape: Convolution2DShape(
          inputHeight: input.height, inputWidth: input.width, inputChannels: input.channels,
          outputChannels: outputChannels, kernelSize: kernelSize, stride: stride, padding: padding),
        plan: &plan, kernels: kernels)
    case .maxPooling(let kernelSize, let stride, let ceilMode):
      MaxPooling(
        MaxPooling2DShape(
          inputHeight: input.height, inputWidth: input.width, channels: input.channels,
          kernelSize: kernelSize, stride: stride, ceilMode: ceilMode))
    case .fire(let name, let squeezeChannels, let expandChannels):
      Fire(
        name, input: input, squeezeChannels: squeezeChannels, expandChannels: expandChannels, plan: &plan,
        kernels: kernels)
    }
  }
}
