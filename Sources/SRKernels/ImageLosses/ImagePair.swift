/// A super-resolved image and its target, as losses and metrics compare them: NHWC with N = 1, intensities 0...1.
package struct ImagePair {
  package let superRes: UnsafePointer<Float>
  package let highRes: UnsafePointer<Float>
  /// Of both images.
  package let shape: ImageShape
  /// Where the gradient with respect to the super-resolved image is added; nil if none is wanted.
  package let gradient: UnsafeMutablePointer<Float>?
  /// Which target this is; nil if nothing that was computed from it may be kept for later.
  package let identity: SampleIdentity?

  package init(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, shape: ImageShape,
    gradient: UnsafeMutablePointer<Float>? = nil, identity: SampleIdentity? = nil
  ) {
    self.superRes = superRes
    self.highRes = highRes
    self.shape = shape
    self.gradient = gradient
    self.identity = identity
  }

  /// The same images, without a wish for a gradient.
  package var withoutGradient: ImagePair {
    ImagePair(superRes: superRes, highRes: highRes, shape: shape, identity: identity)
  }
}

/// Which image pair of a run's data a sample is: samples of one identity have the same pixels.
package struct SampleIdentity: Sendable, Hashable {
  package enum Part: Sendable, Hashable {
    case training
    case validation
  }

  /// The upper left corner of a crop in its full image, in pixels.
  package struct Crop: Sendable, Hashable {
    package var top: Int
    package var left: Int

    package init(top: Int, left: Int) {
      self.top = top
      self.left = left
    }
  }

  package var part: Part
  /// Of the pair in its part of the data; of the full image, if this is a crop.
  package var index: Int
  /// Nil for a pair as it is stored.
  package var crop: Crop?
  /// Whether left and right are swapped.
  package var isMirrored: Bool
  /// The epoch whose degradation made the low-resolution picture; nil for the stored or reduced one.
  package var degradationEpoch: Int?

  package init(_ part: Part, index: Int, crop: Crop? = nil, isMirrored: Bool = false) {
    self.part = part
    self.index = index
    self.crop = crop
    self.isMirrored = isMirrored
  }
}
