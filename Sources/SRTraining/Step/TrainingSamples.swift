import Foundation
import SRData
import SRTensor

/// The training images as an epoch shows them: stored pairs or fresh crops, mirrored or not.
///
/// What a sample looks like is a function of seed, epoch and index alone, so any rank can make it, and a resumed
/// run makes it again.
package struct TrainingSamples: Sendable {
  let pairs: any PairDataset
  let crops: RandomCrops?
  let augmentation: TrainingConfiguration.Augmentation
  let seed: UInt64

  /// Keeps the flips' random streams apart from those of sample order, crops and initial weights.
  private static let flipTag: UInt64 = 0x666C_6970

  /// Takes crop, augmentation and seed of the configuration.
  ///
  /// - Parameter pairs: the stored pairs; fresh crops take their sizes.
  /// - Throws: where fresh crops are asked for, ``ConfigurationError`` if the data folder has no ``RandomCrops/fileName``;
  ///   ``FileError`` or ``NumPyError`` if that cannot be read or holds images smaller than the crops.
  package init(_ configuration: TrainingConfiguration, pairs: any PairDataset) throws {
    self.pairs = pairs
    augmentation = configuration.augment
    seed = configuration.seed
    if configuration.crop == .random, let directory = configuration.data {
      let full = "\(directory)/\(RandomCrops.fileName)"
      guard FileManager.default.fileExists(atPath: full) else {
        throw ConfigurationError(
          "crop: random cuts crops from \(full), which is not there; `srdist prepare --keep-full` writes it")
      }
      crops = try RandomCrops(directory: directory, like: pairs, seed: configuration.seed)
    } else {
      crops = nil
    }
  }

  /// Of an epoch: the stored pairs, or the full images, of which each epoch takes one crop.
  package var count: Int { crops?.count ?? pairs.count }

  /// Writes the pair as float32 HWC, 0...1. With ``TrainingConfiguration/Augmentation/flip``, both of its images are
  /// mirrored from left to right in half of the cases.
  ///
  /// - Parameters:
  ///   - index: in `0..<count`.
  ///   - epoch: from 0.
  ///   - lowRes: room for [height, width, 3] of the pairs' low-resolution images.
  ///   - highRes: room for [height, width, 3] of the pairs' high-resolution images.
  package func load(
    index: Int, epoch: Int, lowRes: UnsafeMutablePointer<Float>, highRes: UnsafeMutablePointer<Float>
  ) {
    if let crops {
      crops.load(index: index, epoch: epoch, lowRes: lowRes, highRes: highRes)
    } else {
      pairs.load(index: index, lowRes: lowRes, highRes: highRes)
    }
    guard augmentation == .flip else { return }
    var generator = PhiloxGenerator(
      seed: seed ^ Self.flipTag, stream: UInt32(epoch), substream: UInt32(index))
    if generator.nextUInt32() & 1 == 1 {
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
