/// A super-resolved image and its target, as losses and metrics compare them: NHWC with N = 1, intensities 0...1.
package struct ImagePair {
  package let superRes: UnsafePointer<Float>
  package let highRes: UnsafePointer<Float>
  /// Of both images.
  package let shape: ImageShape
  /// The image from which the super-resolved image was made; nil if no loss or metric compares with it.
  package let lowRes: LowRes?
  /// Where the gradient with respect to the super-resolved image is added; nil if none is wanted.
  package let gradient: UnsafeMutablePointer<Float>?
  /// Which target this is; nil if nothing that was computed from it may be kept for later.
  package let identity: SampleIdentity?

  /// A low-resolution image, whose height and width times `scale` are those of the pair.
  package struct LowRes {
    package let image: UnsafePointer<Float>
    package let scale: Int

    package init(_ image: UnsafePointer<Float>, scale: Int) {
      self.image = image
      self.scale = scale
    }
  }

  package init(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, shape: ImageShape, lowRes: LowRes? = nil,
    gradient: UnsafeMutablePointer<Float>? = nil, identity: SampleIdentity? = nil
  ) {
    self.superRes = superRes
    self.highRes = highRes
    self.shape = shape
    self.lowRes = lowRes
    self.gradient = gradient
    self.identity = identity
  }

  /// The same images, without a wish for a gradient.
  package var withoutGradient: ImagePair {
    ImagePair(superRes: superRes, highRes: highRes, shape: shape, lowRes: lowRes, identity: identity)
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
  package var orientation: Orientation
  /// The epoch whose degradation made the low-resolution picture, and may have greyed the original; nil for stored or reduced ones.
  package var degradationEpoch: Int?

  /// One of the eight ways to lay an image: first left and right are swapped, then top and bottom, then rows and columns.
  package struct Orientation: Sendable, Hashable {
    package var mirrorsColumns = false
    package var mirrorsRows = false
    package var transposes = false

    package static let stored = Orientation()
    /// How many there are.
    package static let count = 8

    /// From 0, the stored one. The mirror image is 1.
    package var number: Int {
      (mirrorsColumns ? 1 : 0) + (mirrorsRows ? 2 : 0) + (transposes ? 4 : 0)
    }

    package init(mirrorsColumns: Bool = false, mirrorsRows: Bool = false, transposes: Bool = false) {
      self.mirrorsColumns = mirrorsColumns
      self.mirrorsRows = mirrorsRows
      self.transposes = transposes
    }
  }

  package init(_ part: Part, index: Int, crop: Crop? = nil, orientation: Orientation = .stored) {
    self.part = part
    self.index = index
    self.crop = crop
    self.orientation = orientation
  }
}
