/// What `srdist prepare` makes of a folder of photographs. The defaults are the paper's.
package struct PreparationOptions: Sendable, Equatable, Codable {
  /// Side in pixels to which every picture is resized before cropping, whatever its proportions, as the paper's
  /// 256 x 256 data was; 0 keeps the pictures as they are.
  package var resize = 256
  /// Side of the high-resolution crops; a multiple of ``scale``, and no less than ``smallestCrop``.
  package var crop = 128
  /// Side of a high-resolution crop over that of its low-resolution picture.
  package var scale = 4
  /// Images, not crops, for training.
  package var train = 2000
  /// Images, not crops, for validation. No image serves both.
  package var valid = 500
  /// Random crops of each image.
  package var cropsPerImage = 1
  /// Chooses the images and the crops.
  package var seed: UInt64 = 0
  /// Passes over images that cannot be read, and lists them, instead of stopping.
  package var skipBroken = false
  /// Also writes the resized training images whole, for fresh crops each epoch.
  package var keepFull = false

  package init() {}

  /// The smallest crop that training takes at this scale.
  package var smallestCrop: Int {
    (NumPyPairDataset.smallestHighResSide + scale - 1) / scale * scale
  }

  private enum CodingKeys: String, CodingKey {
    case resize, crop, scale, train, valid, seed
    case cropsPerImage = "crops_per_image"
    case skipBroken = "skip_broken"
    case keepFull = "keep_full"
  }

  /// - Throws: ``PreparationError/invalidOption(_:)`` naming the options that do not go together.
  package func validate() throws(PreparationError) {
    let positive = [
      ("crop", crop), ("scale", scale), ("train", train), ("valid", valid),
      ("crops-per-image", cropsPerImage),
    ]
    for (name, value) in positive where value < 1 {
      throw .invalidOption("--\(name) must be at least 1, not \(value)")
    }
    if resize < 0 { throw .invalidOption("--resize must be 0 (keep the size) or more, not \(resize)") }
    if crop % scale != 0 {
      throw .invalidOption("--crop \(crop) is not a multiple of --scale \(scale)")
    }
    if crop < smallestCrop {
      throw .invalidOption(
        "--crop \(crop) is too small: SSIM, by which every image is measured, needs at least \(smallestCrop) at "
          + "--scale \(scale)")
    }
    if resize > 0 && crop > resize {
      throw .invalidOption("--crop \(crop) does not fit into --resize \(resize)")
    }
    if keepFull && resize == 0 {
      throw .invalidOption("--keep-full needs images of one size: give --resize")
    }
  }
}

/// Why a folder of photographs could not be prepared.
package enum PreparationError: Error, CustomStringConvertible, Sendable, Equatable {
  case invalidOption(String)
  case notADirectory(String)
  case outputNotEmpty(String)
  case tooFewImages(directory: String, found: Int, broken: Int, train: Int, valid: Int)
  case brokenImage(String)

  package var description: String {
    switch self {
    case .invalidOption(let problem): return problem
    case .notADirectory(let path): return "\(path): not a directory that can be listed"
    case .outputNotEmpty(let path):
      return "\(path): the output directory is not empty; choose another one or give --force"
    case .tooFewImages(let directory, let found, let broken, let train, let valid):
      let unreadable = broken > 0 ? ", of which \(broken) cannot be read" : ""
      return
        "\(directory): \(found) PNG and JPEG images\(unreadable), but --train \(train) and --valid \(valid) "
        + "ask for \(train + valid); lower them or add images"
    case .brokenImage(let problem): return "\(problem); --skip-broken passes over such images"
    }
  }
}
