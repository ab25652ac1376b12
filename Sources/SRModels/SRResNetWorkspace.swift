import SRKernels
import SRLayers
import SRTensor

/// Activations and temporaries of one worker, for all images that go through the network together. Allocated once.
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
  ///   - tails: how many images go through the tail, one after the other, before the first image's backward pass.
  /// - Precondition: both are at least 1.
  package init(for plan: SRResNetPlan, images: Int, tails: Int = 1) {
    precondition(images > 0 && tails > 0, "a workspace cannot have \(images) images and \(tails) tails")
    self.images = images
    self.tails = tails
    imageCount = plan.imageCount
    tailCount = plan.tailCount
    buffer = AlignedBuffer(count: Self.floatCount(for: plan, images: images, tails: tails))
  }

  /// A workspace in the memory of `other`, for one image at a time. Its use overwrites the values in `other`.
  ///
  /// - Precondition: `other` has room for it.
  package init(for plan: SRResNetPlan, within other: SRResNetWorkspace) {
    let count = Self.floatCount(for: plan, images: 1, tails: 1)
    precondition(
      count <= other.buffer.count, "\(count) floats do not fit into a workspace of \(other.buffer.count)")
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
    precondition(index < images, "the workspace has \(images) images, but no image \(index)")
    return buffer.pointer + index * imageCount
  }

  /// The tail's activations of one image of a group. They are valid until image `index` + ``tails`` reaches the tail.
  func tail(_ index: Int) -> UnsafeMutablePointer<Float> {
    buffer.pointer + images * imageCount + index % tails * tailCount
  }

  /// The memory that the images use one after the other.
  var shared: UnsafeMutablePointer<Float> {
    buffer.pointer + images * imageCount + tails * tailCount
  }
}

/// One image that passes through the network.
package struct ImagePass {
  /// The low-resolution image, [h, w, 3]. Both passes read it.
  let lowRes: UnsafePointer<Float>
  /// This image's activations.
  let memory: UnsafeMutablePointer<Float>
  let tail: UnsafeMutablePointer<Float>
  /// The memory that the group's images use one after the other.
  let shared: UnsafeMutablePointer<Float>
  let context: LayerContext
}

extension SRResNetPlan {
  /// The pass of image `index` of a group.
  ///
  /// - Parameters:
  ///   - lowRes: [h, w, 3], which must not change until the pass is over.
  ///   - prepared: made from `parameters` by ``prepare(_:into:forBackward:part:of:)``.
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
