/// What `srdist prepare` makes of a folder of photographs. The defaults are those of the paper.
package struct PreparationOptions: Sendable, Equatable, Codable {
  /// Before cropping, every picture is resized to a square with a side of so many pixels, whatever its proportions. The
  /// paper's data were 256 x 256. 0 keeps the pictures as they are.
  package var resize = 256
  /// Side of the high-resolution crops: a multiple of ``scale``, and at least ``smallestCrop``.
  package var crop = 128
  /// The side of a high-resolution crop divided by that of its low-resolution picture.
  package var scale = 4
  /// Number of images (not crops) for training. Nil: all, which needs ``PreparationInputs/separate(train:valid:)``.
  package var train: Int? = 2000
  /// Number of images (not crops) for validation. No image is used for both. Nil as for ``train``.
  package var valid: Int? = 500
  /// Number of random crops of each image.
  package var cropsPerImage = 1
  /// Decides which images and crops are chosen.
  package var seed: UInt64 = 0
  /// Whether images that cannot be read are skipped and listed. Otherwise they end the preparation.
  package var skipBroken = false
  /// Whether the resized training images are also written whole, for fresh crops in each epoch.
  package var keepFull = false

  /// The filter of all resizing.
  package var resample = Resampling.pillow

  /// A regular expression. Pictures in whose paths it finds the same text lie on one side of the split. Nil: each picture may
  /// lie on either side.
  package var groupBy: String?

  /// Channels of the arrays: 1, 3 or 4. Nil: one if all pictures are grey, or else three.
  package var channels: Int?

  /// Bits of the arrays. Nil: 16 if a picture has as many, or else 8.
  package var depth: PictureFormatRule.Depth?

  package init() {}

  /// The smallest crop that training accepts at this scale.
  package var smallestCrop: Int {
    (NumPyPairDataset.smallestHighResSide + scale - 1) / scale * scale
  }

  private enum CodingKeys: String, CodingKey {
    case resize, crop, scale, train, valid, seed, resample, channels, depth
    case cropsPerImage = "crops_per_image"
    case skipBroken = "skip_broken"
    case keepFull = "keep_full"
    case groupBy = "group_by"
  }

  /// - Throws: ``PreparationError/invalidOption(_:)``, which names the options that do not go together.
  package func validate() throws(PreparationError) {
    let limits = [
      ("crop", crop, 1...Self.largestSide), ("scale", scale, 1...Self.largestSide),
      ("train", train ?? 1, 1...Self.mostImages), ("valid", valid ?? 1, 1...Self.mostImages),
      ("crops-per-image", cropsPerImage, 1...Self.mostImages),
    ]
    for (name, value, range) in limits where !range.contains(value) {
      throw .invalidOption("--\(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
    if !(0...Self.largestSide).contains(resize) {
      throw .invalidOption("--resize is \(resize), expected 0 (keep the size) to \(Self.largestSide)")
    }
    if crop % scale != 0 {
      throw .invalidOption("--crop \(crop) is not a multiple of --scale \(scale)")
    }
    if crop < smallestCrop {
      throw .invalidOption(
        "--crop \(crop) is too small: SSIM, which measures every image, needs at least \(smallestCrop) at "
          + "--scale \(scale)")
    }
    if resize > 0 && crop > resize {
      throw .invalidOption("--crop \(crop) does not fit into --resize \(resize)")
    }
    if let channels, ![1, 3, 4].contains(channels) {
      throw .invalidOption("--channels must be 1 (grey), 3 (RGB) or 4 (RGB and alpha), not \(channels)")
    }
    if keepFull && resize == 0 {
      throw .invalidOption("--keep-full needs images of one size: give --resize")
    }
    let bytes = [
      max(train ?? Self.allImages, valid ?? Self.allImages), cropsPerImage, max(crop, resize),
      max(crop, resize), Self.mostPixelBytes,
    ]
    .reduce((value: 1, isTooLarge: false)) { product, factor in
      let (value, overflow) = product.value.multipliedReportingOverflow(by: factor)
      return (value, product.isTooLarge || overflow)
    }
    if bytes.isTooLarge {
      throw .invalidOption(
        "arrays of so many and so large crops cannot be addressed; lower --train, --valid, --crops-per-image, --crop or --resize"
      )
    }
    if let groupBy { _ = try GroupPattern(groupBy) }
  }

  private static let mostImages = 1_000_000_000
  /// More than any folder has.
  private static let allImages = 10_000_000
  private static let largestSide = 65_535
  /// Four channels of 16 bits.
  private static let mostPixelBytes = 8
}

extension PreparationOptions {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    resize = try container.decode(Int.self, forKey: .resize)
    crop = try container.decode(Int.self, forKey: .crop)
    scale = try container.decode(Int.self, forKey: .scale)
    train = try container.decodeIfPresent(Int.self, forKey: .train)
    valid = try container.decodeIfPresent(Int.self, forKey: .valid)
    cropsPerImage = try container.decode(Int.self, forKey: .cropsPerImage)
    seed = try container.decode(UInt64.self, forKey: .seed)
    skipBroken = try container.decode(Bool.self, forKey: .skipBroken)
    keepFull = try container.decode(Bool.self, forKey: .keepFull)
    // Manifests of older versions do not name the filter, which was Pillow's.
    resample = try container.decodeIfPresent(Resampling.self, forKey: .resample) ?? .pillow
    groupBy = try container.decodeIfPresent(String.self, forKey: .groupBy)
    channels = try container.decodeIfPresent(Int.self, forKey: .channels)
    depth = try container.decodeIfPresent(PictureFormatRule.Depth.self, forKey: .depth)
  }
}
