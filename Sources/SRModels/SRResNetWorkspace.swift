import SRKernels
import SRLayers
import SRTensor

/// Activations and temporaries of one worker, for as many images as go through the network together. Allocated once.
public final class SRResNetWorkspace: Sendable {
  /// The most images of a group.
  public let images: Int
  private let buffer: AlignedBuffer
  private let imageCount: Int

  /// Allocates ``floatCount(for:images:)`` floats, all zero.
  ///
  /// - Parameter images: the most images that go through the network together.
  /// - Precondition: `images` is at least 1.
  public init(for model: SRResNet, images: Int) {
    precondition(images > 0, "a workspace for \(images) images was asked for")
    self.images = images
    imageCount = model.imageCount
    buffer = AlignedBuffer(count: Self.floatCount(for: model, images: images))
  }

  /// Floats of a workspace.
  public static func floatCount(for model: SRResNet, images: Int) -> Int {
    images * model.imageCount + model.sharedCount
  }

  /// The activations of one image of a group.
  func image(_ index: Int) -> UnsafeMutablePointer<Float> {
    precondition(index < images, "image \(index) of a workspace for \(images)")
    return buffer.pointer + index * imageCount
  }

  /// What the images use one after the other.
  var shared: UnsafeMutablePointer<Float> { buffer.pointer + images * imageCount }
}

/// One image on its way through the network.
public struct ImagePass {
  /// [h, w, 3]; read by both passes.
  let lowRes: UnsafePointer<Float>
  /// This image's activations.
  let memory: UnsafeMutablePointer<Float>
  /// What the images of its group use one after the other.
  let shared: UnsafeMutablePointer<Float>
  let context: LayerContext
}

extension SRResNet {
  /// The pass of image `index` of a group.
  ///
  /// - Parameters:
  ///   - lowRes: [h, w, 3], untouched until the pass is over.
  ///   - prepared: made of `parameters` by ``prepare(_:into:forBackward:part:of:)``.
  ///   - gradients: the image's gradient leaf; nil for forward passes.
  public func pass(
    image index: Int = 0, lowRes: UnsafePointer<Float>, parameters: ParameterArena,
    prepared: AlignedBuffer, gradients: UnsafeMutablePointer<Float>?, workspace: SRResNetWorkspace,
    observer: (any LayerObserver)? = nil
  ) -> ImagePass {
    let shared = workspace.shared
    return ImagePass(
      lowRes: lowRes, memory: workspace.image(index), shared: shared,
      context: LayerContext(
        kernels: kernels, parameters: parameters.pointer, prepared: prepared.pointer,
        gradients: gradients, scratch: shared + sharedSlots.scratch, observer: observer))
  }
}
