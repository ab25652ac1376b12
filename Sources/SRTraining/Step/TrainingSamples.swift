import SRData
import SRFiles
import SRKernels
import SRTensor

/// The training images of an epoch: stored pairs or fresh crops, degraded or not, mirrored or not.
///
/// A sample is a function of seed, epoch and index alone. So any rank can make it, and a resumed run makes it again.
package struct TrainingSamples: Sendable {
  let pairs: any PairDataset
  let crops: RandomCrops?
  /// Makes the low-resolution images anew in each epoch; nil if they are stored, or reduced bicubically.
  let degrader: Degrader?
  let augmentation: TrainingConfiguration.Augmentation
  let seed: UInt64

  /// Keeps the flips' random streams apart from the streams of sample order, crops and initial weights.
  private static let flipTag: UInt64 = 0x666C_6970

  /// Takes crop, degradation, augmentation and seed from the configuration.
  ///
  /// - Parameter pairs: the stored pairs; fresh crops have their sizes.
  /// - Throws: ``ConfigurationError`` if the recipe of a degradation cannot be used. For fresh crops: ``ConfigurationError`` if the data folder has no ``RandomCrops/fileName``; ``FileError`` or
  ///   ``NumPyError`` if that file cannot be read or has images that are smaller than the crops.
  package init(_ configuration: TrainingConfiguration, pairs: any PairDataset) throws {
    self.pairs = pairs
    augmentation = configuration.augment
    seed = configuration.seed
    degrader = try configuration.degradationRecipe().map { Degrader($0, scale: pairs.scale) }
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

  /// The sample at an index of an epoch. With ``TrainingConfiguration/Augmentation/flip``, half of the samples are mirrored.
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
    if degrader != nil { identity.degradationEpoch = epoch }
    if augmentation == .flip {
      var generator = PhiloxGenerator(
        seed: seed ^ Self.flipTag, stream: UInt32(epoch), substream: UInt32(index))
      identity.isMirrored = generator.nextUInt32() & 1 == 1
    }
    return identity
  }

  /// Writes the two images of a sample as float32 HWC, 0...1.
  ///
  /// - Parameters:
  ///   - sample: one of the training images; a crop only if the run takes crops.
  ///   - lowRes: room for [height, width, 3] of the pairs' low-resolution images.
  ///   - highRes: room for [height, width, 3] of the pairs' high-resolution images.
  package func load(
    _ sample: SampleIdentity, lowRes: UnsafeMutablePointer<Float>, highRes: UnsafeMutablePointer<Float>
  ) {
    precondition(sample.part == .training, "\(sample) does not belong to the training images")
    let degradation = sample.degradationEpoch.map { epoch in
      guard let degrader else { preconditionFailure("\(sample) is degraded, and the run has no recipe") }
      return (degrader: degrader, key: DegradationKey(seed: seed, epoch: epoch, index: sample.index))
    }
    if let crop = sample.crop {
      guard let crops else { preconditionFailure("\(sample) is a crop, and the run has stored pairs only") }
      crops.load(
        index: sample.index, top: crop.top, left: crop.left, lowRes: degradation == nil ? lowRes : nil,
        highRes: highRes)
    } else if degradation == nil {
      pairs.load(index: sample.index, lowRes: lowRes, highRes: highRes)
    } else {
      pairs.loadHighRes(index: sample.index, to: highRes)
    }
    if let degradation {
      degradation.degrader.degrade(
        highRes, width: pairs.highResWidth, height: pairs.highResHeight, key: degradation.key, to: lowRes)
    }
    if sample.isMirrored {
      mirror(lowRes, height: pairs.lowResHeight, width: pairs.lowResWidth)
      mirror(highRes, height: pairs.highResHeight, width: pairs.highResWidth)
    }
  }
}

/// Swaps left and right of an RGB image in place.
private func mirror(_ image: UnsafeMutablePointer<Float>, height: Int, width: Int) {
  for y in 0..<height {
    let row = image + y * width * 3
    for x in 0..<width / 2 {
      for channel in 0..<3 {
        let (left, right) = (3 * x + channel, 3 * (width - 1 - x) + channel)
        (row[left], row[right]) = (row[right], row[left])
      }
    }
  }
}
