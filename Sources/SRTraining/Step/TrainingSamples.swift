import SRData
import SRFiles
import SRKernels
import SRProcess
import SRTensor

/// The training images of an epoch: the pairs of a source, degraded or not, in one of eight orientations.
///
/// A sample is a function of seed, epoch and index alone. So any rank can make it, and a resumed run makes it again.
package struct TrainingSamples: Sendable {
  let source: any TrainingSource
  /// Makes the low-resolution images anew in each epoch; nil if they are those of the source.
  let degrader: Degrader?
  let augmentation: Augmentation
  let seed: UInt64
  /// Has made some of the degraded images already. Nil if each is made when it is loaded.
  private(set) var ahead: InputsAhead?

  /// Keeps the orientations' random streams apart from the streams of sample order, crops and initial weights.
  private static let flipTag: UInt64 = 0x666C_6970

  /// Takes degradation, augmentation and seed from the configuration.
  ///
  /// - Throws: ``ConfigurationError`` if the recipe of the degradation does not fit the images, or if rows and columns of images that
  ///   are not square would be swapped.
  package init(_ configuration: TrainingConfiguration, source: any TrainingSource) throws {
    self.source = source
    augmentation = configuration.augment
    seed = configuration.seed
    if augmentation.rotates && source.lowResHeight != source.lowResWidth {
      throw ConfigurationError(
        "augment: rot swaps rows and columns, so it needs square images, and these are \(source.lowResHeight)x"
          + "\(source.lowResWidth) (low resolution); use --augment flip")
    }
    degrader = try configuration.degrader(for: source)
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
    if degrader != nil { identity.degradationEpoch = epoch }
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
  ///   - lowRes: room for [height, width, channels] of the source's low-resolution images.
  ///   - highRes: room for [height, width, channels] of the source's high-resolution images.
  package func load(
    _ sample: SampleIdentity, lowRes: UnsafeMutablePointer<Float>, highRes: UnsafeMutablePointer<Float>
  ) {
    precondition(sample.part == .training, "\(sample) does not belong to the training images")
    if let epoch = sample.degradationEpoch {
      loadHighRes(sample, to: highRes)
      if ahead?.copy(sample, to: lowRes) != true { degrade(highRes, sample, epoch: epoch, to: lowRes) }
      degrader?.finish(
        highRes, width: source.highResWidth, height: source.highResHeight, key: key(of: sample, epoch: epoch))
    } else {
      source.load(index: sample.index, crop: Self.place(sample), lowRes: lowRes, highRes: highRes)
    }
    orient(
      lowRes, sample.orientation, height: source.lowResHeight, width: source.lowResWidth,
      channels: source.lowResChannels)
    orient(
      highRes, sample.orientation, height: source.highResHeight, width: source.highResWidth,
      channels: source.highResChannels)
  }

  private static func place(_ sample: SampleIdentity) -> (top: Int, left: Int)? {
    sample.crop.map { ($0.top, $0.left) }
  }

  /// The high-resolution image as it is stored or cropped. Degradations see it so, and both images are oriented afterwards.
  private func loadHighRes(_ sample: SampleIdentity, to highRes: UnsafeMutablePointer<Float>) {
    source.load(index: sample.index, crop: Self.place(sample), lowRes: nil, highRes: highRes)
  }

  /// SHA-256 of the first degraded input; nil if there is no recipe.
  var degradedInputSHA256: String? {
    guard degrader != nil, count > 0 else { return nil }
    let lowRes = AlignedBuffer(count: source.lowResElementCount)
    let highRes = AlignedBuffer(count: source.highResElementCount)
    load(identity(index: 0, epoch: 0), lowRes: lowRes.pointer, highRes: highRes.pointer)
    let hash = SHA256()
    hash.update(UnsafeRawBufferPointer(UnsafeBufferPointer(start: lowRes.pointer, count: lowRes.count)))
    return hash.finalize()
  }

  private func degrade(
    _ highRes: UnsafePointer<Float>, _ sample: SampleIdentity, epoch: Int,
    to lowRes: UnsafeMutablePointer<Float>
  ) {
    guard let degrader else { preconditionFailure("\(sample) is degraded, and the run has no recipe") }
    degrader.degrade(
      highRes, width: source.highResWidth, height: source.highResHeight,
      key: key(of: sample, epoch: epoch), to: lowRes)
  }

  private func key(of sample: SampleIdentity, epoch: Int) -> DegradationKey {
    DegradationKey(seed: seed, epoch: epoch, index: sample.index)
  }
}

extension TrainingSamples {
  /// The same samples, with a thread that makes degraded images ahead of their use (``prepare(_:)``).
  ///
  /// - Throws: ``ThreadError``.
  package func workingAhead() throws(ThreadError) -> TrainingSamples {
    guard degrader != nil else { return self }
    var samples = self
    let highRes = AlignedBuffer(count: source.highResElementCount)
    samples.ahead = try InputsAhead(floats: source.lowResElementCount) { [self] sample, lowRes in
      guard let epoch = sample.degradationEpoch else { preconditionFailure("\(sample) is not degraded") }
      loadHighRes(sample, to: highRes.pointer)
      degrade(highRes.pointer, sample, epoch: epoch, to: lowRes)
    }
    return samples
  }

  /// Says which samples come next. They are not asked for if no image is made ahead.
  package func prepare(_ samples: @autoclosure () -> [SampleIdentity]) { ahead?.prepare(samples()) }
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
