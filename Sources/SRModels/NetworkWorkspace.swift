import SRTensor

/// Activations and temporaries of one worker, for all images that go through the network together. Allocated once.
package final class NetworkWorkspace: Sendable {
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
  package init(for plan: any SuperResolutionPlan, images: Int, tails: Int = 1) {
    precondition(images > 0 && tails > 0, "a workspace cannot have \(images) images and \(tails) tails")
    self.images = images
    self.tails = tails
    imageCount = plan.frame.imageCount
    tailCount = plan.frame.tailCount
    buffer = AlignedBuffer(count: Self.floatCount(for: plan, images: images, tails: tails))
  }

  /// A workspace in the memory of `other`, for as many images. Its use overwrites the values in `other`.
  ///
  /// - Precondition: `other` has room for it, as one for training has for a plan for inference.
  package init(for plan: any SuperResolutionPlan, within other: NetworkWorkspace) {
    (images, tails) = (other.images, other.tails)
    let count = Self.floatCount(for: plan, images: images, tails: tails)
    precondition(
      count <= other.buffer.count, "\(count) floats do not fit into a workspace of \(other.buffer.count)")
    imageCount = plan.frame.imageCount
    tailCount = plan.frame.tailCount
    buffer = other.buffer
  }

  /// Floats of a workspace.
  package static func floatCount(for plan: any SuperResolutionPlan, images: Int, tails: Int) -> Int {
    images * plan.frame.imageCount + tails * plan.frame.tailCount + plan.frame.sharedCount
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
