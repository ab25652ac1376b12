import SRData
import SRFiles
import SRKernels
import SRTensor

/// The training images of an epoch: the pairs of a source, in one of eight orientations.
///
/// A sample is a function of seed, epoch and index alone. So any rank can make it, and a resumed run makes it again.
package struct TrainingSamples: Sendable {
  let source: any TrainingSource
  let augmentation: Augmentation
  let seed: UInt64

  /// Keeps the orientations' random streams apart from the streams of sample order, crops and initial weights.
  private static let flipTag: UInt64 = 0x666C_6970

  /// Takes augmentation and seed from the configuration.
  ///
  /// - Throws: ``ConfigurationError`` if rows and columns of images that are not square would be swapped.
  package init(_ configuration: TrainingConfiguration, source: any TrainingSource) throws {
    self.source = source
    augmentation = configuration.augment
    seed = configuration.seed
    if augmentation.rotates && source.lowResHeight != source.lowResWidth {
      throw ConfigurationError(
        "augment: rot swaps rows and columns, so it needs square images, and these are \(source.lowResHeight)x"
          + "\(source.lowResWidth) (low resolution); use --augment flip")
    }
  }

  /// The samples of stored pairs, or of fresh crops of their sizes. Throws as the other initialiser and ``source(of:_:)``.
  package init(_ configuration: TrainingConfiguration, pairs: any PairDataset) throws {
    try self.init(configuration, source: Self.source(of: pairs, configuration))
  }

  /// Stored pairs, or fresh crops of their sizes if the configuration asks for them.
  ///
  /// - Throws: for fresh crops: ``ConfigurationError`` if the data folder has no ``RandomCrops/fileName``; ``FileError`` or
  ///   ``NumPyError`` if that file cannot be read or has images that are smaller than the crops.
  static func source(
    of pairs: any PairDataset, _ configuration: TrainingConfiguration
  ) throws -> any TrainingSource {
    guard configuration.crop == .random, let directory = configuration.data else { return StoredPairs(pairs) }
    let full = "\(directory)/\(RandomCrops.fileName)"
    guard try PathKind.of(full) != nil else {
      throw ConfigurationError(
        "crop: random needs \(full), which does not exist; `srdist prepare --keep-full` writes it. "
          + "Prepare into a new folder, and give it as --data")
    }
    return try RandomCrops(directory: directory, like: pairs, seed: configuration.seed)
  }

  /// Samples of an epoch: the stored pairs, or the crops.
  package var count: Int { source.count }

  /// The sample at an index of an epoch. The augmentation chooses its orientation at random.
  ///
  /// - Parameters:
  ///   - index: in `0..<count`.
  ///   - epoch: from 0.
  package func identity(index: Int, epoch: Int) -> SampleIdentity {
    var identity = SampleIdentity(.training, index: index)
    if let (top, left) = source.crop(index: index, epoch: epoch) {
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
  ///   - sample: one of the training images; a crop only if the source draws crops.
  ///   - lowRes: room for [height, width, 3] of the source's low-resolution images.
  ///   - highRes: room for [height, width, 3] of the source's high-resolution images.
  package func load(
    _ sample: SampleIdentity, lowRes: UnsafeMutablePointer<Float>, highRes: UnsafeMutablePointer<Float>
  ) {
    precondition(sample.part == .training, "\(sample) does not belong to the training images")
    source.load(
      index: sample.index, crop: sample.crop.map { ($0.top, $0.left) }, lowRes: lowRes, highRes: highRes)
    orient(lowRes, sample.orientation, height: source.lowResHeight, width: source.lowResWidth)
    orient(highRes, sample.orientation, height: source.highResHeight, width: source.highResWidth)
  }
}

/// Lays an RGB image as the orientation says, in place. An image whose rows and columns are swapped is square.
private func orient(
  _ image: UnsafeMutablePointer<Float>, _ orientation: SampleIdentity.Orientation, height: Int, width: Int
) {
  func swapPixels(_ first: Int, _ second: Int) {
    for channel in 0..<3 {
      let (a, b) = (3 * first + channel, 3 * second + channel)
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
