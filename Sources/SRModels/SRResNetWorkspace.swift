import SRKernels
import SRLayers
import SRTensor

/// Activations and temporaries of one worker, for as many images as go through the network together. Allocated once.
package final class SRResNetWorkspace: Sendable {
  /// The most images of a group.
  package let images: Int
  /// The most images of a group that are in the tail at a time.
  package let tails: Int
  private let buffer: AlignedBuffer
  private let imageCount: Int
  private let tailCount: Int

  /// Allocates ``floatCount(for:images:tails:)`` floats, all zero.
  ///
  /// - Parameters:
  ///   - images: the most images that go through the network together.
  ///   - tails: how many of them, one after the other, go through the tail before the first one's way back.
  /// - Precondition: both are at least 1.
  package init(for plan: SRResNetPlan, images: Int, tails: Int = 1) {
    precondition(images > 0 && tails > 0, "a workspace for \(images) images, \(tails) tails was asked for")
    self.images = images
    self.tails = tails
    imageCount = plan.imageCount
    tailCount = plan.tailCount
    buffer = AlignedBuffer(count: Self.floatCount(for: plan, images: images, tails: tails))
  }

  /// A workspace in the memory of `other`, for one image at a time. Whoever uses it has done with what lies in `other`.
  ///
  /// - Precondition: `other` has room for it.
  package init(for plan: SRResNetPlan, within other: SRResNetWorkspace) {
    let count = Self.floatCount(for: plan, images: 1, tails: 1)
    precondition(
      count <= other.buffer.count, "a workspace of \(count) floats within one of \(other.buffer.count)")
    (images, tails) = (1, 1)
    imageCount = plan.imageCount
    tailCount = plan.tailCount
    buffer = other.buffer
  }

  /// Floats of a workspace.
  package static func floatCount(for plan: SRResNetPlan, images: Int, tails: Int) -> Int {
    images * plan.imageCount + tails * plan.tailCount + plan.sharedCount
  }

  /// The activations of one image of a group.
  func image(_ index: Int) -> UnsafeMutablePointer<Float> {
    precondition(index < images, "image \(index) of a workspace for \(images)")
    return buffer.pointer + index * imageCount
  }

  /// The tail's activations of one image of a group, which hold until image `index` + ``tails`` comes there.
  func tail(_ index: Int) -> UnsafeMutablePointer<Float> {
    buffer.pointer + images * imageCount + index % tails * tailCount
  }

  /// What the images use one after the other.
  var shared: UnsafeMutablePointer<Float> {
    buffer.pointer + images * imageCount + tails * tailCount
  }
}

/// One image on its way through the network.
package struct ImagePass {
  /// [h, w, 3]; read by both passes.
  let lowRes: UnsafePointer<Float>
  /// This image's activations.
  let memory: UnsafeMutablePointer<Float>
  let tail: UnsafeMutablePointer<Float>
  /// What the images of its group use one after the other.
  let shared: UnsafeMutablePointer<Float>
  let context: LayerContext
}

extension SRResNetPlan {
  /// The pass of image `index` of a group.
  ///
  /// - Parameters:
  ///   - lowRes: [h, w, 3], untouched until the pass is over.
  ///   - prepared: made of `parameters` by ``prepare(_:into:forBackward:part:of:)``.
  ///   - gradients: the image's gradient leaf; nil for forward passes.
  package func pass(
    image index: Int = 0, lowRes: UnsafePointer<Float>, parameters: ParameterArena,
    prepared: AlignedBuffer, gradients: UnsafeMutablePointer<Float>?, workspace: SRResNetWorkspace,
    observer: (any LayerObserver)? = nil
  ) -> ImagePass {
    let shared = workspace.shared
    return ImagePass(
      lowRes: lowRes, memory: workspace.image(index), tail: workspace.tail(index), shared: shared,
      context: LayerContext(
        kernels: kernels, parameters: parameters.pointer, prepared: prepared.pointer,
        gradients: gradients, scratch: shared + sharedSlots.scratch, observer: observer))
  }
}
