import SRData
import SRFiles
import SRKernels
import SRTensor

/// The training images of an epoch: stored pairs or fresh crops, in one of eight orientations.
///
/// A sample is a function of seed, epoch and index alone. So any rank can make it, and a resumed run makes it again.
package struct TrainingSamples: Sendable {
  let pairs: any PairDataset
  let crops: RandomCrops?
  let augmentation: Augmentation
  let seed: UInt64

  /// Keeps the orientations' random streams apart from the streams of sample order, crops and initial weights.
  private static let flipTag: UInt64 = 0x666C_6970

  /// Takes crop, augmentation and seed from the configuration.
  ///
  /// - Parameter pairs: the stored pairs; fresh crops have their sizes.
  /// - Throws: ``ConfigurationError`` if rows and columns of images that are not square would be swapped. For fresh crops also:
  ///   ``ConfigurationError`` if the data folder has no ``RandomCrops/fileName``; ``FileError`` or
  ///   ``NumPyError`` if that file cannot be read or has images that are smaller than the crops.
  package init(_ configuration: TrainingConfiguration, pairs: any PairDataset) throws {
    self.pairs = pairs
    augmentation = configuration.augment
    seed = configuration.seed
    if augmentation.rotates && pairs.lowResHeight != pairs.lowResWidth {
      throw ConfigurationError(
        "augment: rot swaps rows and columns, so it needs square images, and these are \(pairs.lowResHeight)x"
          + "\(pairs.lowResWidth) (low resolution); use --augment flip")
    }
    if configuration.crop == .random, let directory = configuration.data {
      let full = "\(directory)/\(RandomCrops.fileName)"
      guard try PathKind.of(full) != nil else {
        throw ConfigurationError(
          "crop: random needs \(full), which does not exist; `srdist prepare --keep-full` writes it. "
            + "Prepare into a new folder, and give it as --data")
      }
      crops = try RandomCrops(directory: directory, like: pairs, seed: configuration.seed)
    } else {
      crops = nil
    }
  }

  /// Samples of an epoch: the stored pairs, or one crop of each full image.
  package var count: Int { crops?.count ?? pairs.count }

  /// The sample at an index of an epoch. The augmentation chooses its orientation at random.
  ///
  /// - Parameters:
  ///   - index: in `0..<count`.
  ///   - epoch: from 0.
  package func identity(index: Int, epoch: Int) -> SampleIdentity {
    var identity = SampleIdentity(.training, index: index)
    if let crops {
      let (top, left) = crops.origin(index: index, epoch: epoch)
      identity.crop = .init(top: top, left: left)
    }
    if augmentation != .none {
      var generator = PhiloxGenerator(
        seed: seed ^ Self.flipTag, stream: UInt32(epoch), substream: UInt32(index))
      let bits = generator.nextUInt32()
      identity.orientation = .init(
        mirrorsColumns: augmentation.flips && bits & 1 != 0,
        mirrorsRows: augmentation.rotates && bits & 2 != 0, transposes: augmentation.rotates && bits & 4 != 0)
    }
    return identity
  }

  /// Writes the two images of a sample as float32 HWC, 0...1.
  ///
  /// - Parameters:
  ///   - sample: one of the training images; a crop only if the run takes crops.
  ///   - lowRes: room for [height, width, channels] of the pairs' low-resolution images.
  ///   - highRes: room for [height, width, channels] of the pairs' high-resolution images.
  package func load(
    _ sample: SampleIdentity, lowRes: UnsafeMutablePointer<Float>, highRes: UnsafeMutablePointer<Float>
  ) {
    precondition(sample.part == .training, "\(sample) does not belong to the training images")
    if let crop = sample.crop {
      guard let crops else { preconditionFailure("\(sample) is a crop, and the run has stored pairs only") }
      crops.load(index: sample.index, top: crop.top, left: crop.left, lowRes: lowRes, highRes: highRes)
    } else {
      pairs.load(index: sample.index, lowRes: lowRes, highRes: highRes)
    }
    orient(
      lowRes, sample.orientation, height: pairs.lowResHeight, width: pairs.lowResWidth,
      channels: pairs.lowResChannels)
    orient(
      highRes, sample.orientation, height: pairs.highResHeight, width: pairs.highResWidth,
      channels: pairs.highResChannels)
  }
}

/// Lays an image as the orientation says, in place. An image whose rows and columns are swapped is square.
private func orient(
  _ image: UnsafeMutablePointer<Float>, _ orientation: SampleIdentity.Orientation, height: Int, width: Int,
  channels: Int
) {
  func swapPixels(_ first: Int, _ second: Int) {
    for channel in 0..<channels {
      let (a, b) = (channels * first + channel, channels * second + channel)
      (image[a], image[b]) = (image[b], image[a])
    }
  }
  if orientation.mirrorsColumns {
    for y in 0..<height {
      for x in 0..<width / 2 { swapPixels(y * width + x, y * width + width - 1 - x) }
    }
  }
  if orientation.mirrorsRows {
    for y in 0..<height / 2 {
      for x in 0..<width { swapPixels(y * width + x, (height - 1 - y) * width + x) }
    }
  }
  if orientation.transposes {
    precondition(height == width, "rows and columns of a \(height)x\(width) image are swapped")
    for y in 0..<height {
      for x in 0..<y { swapPixels(y * width + x, x * width + y) }
    }
  }
}
