import Foundation
import SRData
import SRKernels
import SRTestSupport
import SRTraining
import Testing

/// The samples that an epoch makes from the stored pairs.
@Suite struct TrainingSamplesTests {
  /// One sample of formula pairs with the settings applied; without settings, as it is stored.
  private func pair(
    _ folder: TemporaryFolder, index: Int, epoch: Int, _ augmentation: Augmentation,
    seed: UInt64 = 9
  ) throws -> (low: [Float], high: [Float]) {
    let pairs = try NumPyPairDataset(directory: folder.path, split: .train)
    var configuration = TrainingConfiguration()
    configuration.augment = augmentation
    configuration.seed = seed
    let samples = try TrainingSamples(configuration, pairs: pairs)
    var low = [Float](repeating: .nan, count: pairs.lowResElementCount)
    var high = [Float](repeating: .nan, count: pairs.highResElementCount)
    let identity = samples.identity(index: index, epoch: epoch)
    #expect(identity.part == .training && identity.index == index && identity.crop == nil)
    samples.load(identity, lowRes: &low, highRes: &high)
    // The identity alone determines the pixels, whatever the settings are.
    var again = [Float](repeating: .nan, count: high.count)
    try TrainingSamples(TrainingConfiguration(), pairs: pairs).load(identity, lowRes: &low, highRes: &again)
    #expect(again == high)
    return (low, high)
  }

  /// The definition of mirroring: pixel x of a row is pixel width - 1 - x of the other image's row.
  private func mirrored(_ image: [Float], width: Int) -> [Float] {
    image.indices.map { element in
      let (pixel, channel) = element.quotientAndRemainder(dividingBy: 3)
      let (row, x) = pixel.quotientAndRemainder(dividingBy: width)
      return image[(row * width + width - 1 - x) * 3 + channel]
    }
  }

  @Test func withoutAugmentationAreTheStoredBytes() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 3)
    let stored = Formulas.pair(2, height: 32, width: 48)
    let shown = try pair(folder, index: 2, epoch: 4, .none)
    #expect(shown.low == stored.low.map { Float($0) / 255 })
    #expect(shown.high == stored.high.map { Float($0) / 255 })
  }

  /// About half of the pairs are flipped, both images of a pair alike. Each epoch flips others. The same epoch always flips the
  /// same.
  @Test func flipsMirrorBothImagesOfHalfOfThePairs() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 12)
    var flips: [[Bool]] = []
    for epoch in 0..<4 {
      flips.append([])
      for index in 0..<12 {
        let stored = try pair(folder, index: index, epoch: epoch, .none)
        let shown = try pair(folder, index: index, epoch: epoch, .flip)
        let isFlipped = shown.high != stored.high
        #expect(shown.low == (isFlipped ? mirrored(stored.low, width: 12) : stored.low))
        #expect(shown.high == (isFlipped ? mirrored(stored.high, width: 48) : stored.high))
        #expect(try pair(folder, index: index, epoch: epoch, .flip) == shown)
        flips[epoch].append(isFlipped)
      }
    }
    #expect(Set(flips).count == 4)
    let count = flips.joined().count { $0 }
    #expect(count > 12 && count < 36, "\(count) of 48")
  }

  /// With flips and rotations, all eight orientations occur. Flips are those of `flip` alone. Each orientation is checked against
  /// its definition, on a square crop of known pixels.
  @Test func rotationsGiveEightOrientations() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 1, height: 32, width: 32)
    let high = Formulas.pair(0, height: 32, width: 32).high
    let pairs = try NumPyPairDataset(directory: folder.path, split: .train)
    func samples(_ augmentation: Augmentation) throws -> TrainingSamples {
      var configuration = TrainingConfiguration()
      configuration.augment = augmentation
      return try TrainingSamples(configuration, pairs: pairs)
    }
    let (both, flips, turns) = (
      try samples(Augmentation(flips: true, rotates: true)), try samples(.flip),
      try samples(Augmentation(rotates: true))
    )
    var seen: [SampleIdentity.Orientation: Int] = [:]
    for epoch in 0..<160 {
      let orientation = both.identity(index: 0, epoch: epoch).orientation
      seen[orientation, default: 0] += 1
      #expect(
        flips.identity(index: 0, epoch: epoch).orientation
          == .init(mirrorsColumns: orientation.mirrorsColumns))
      let turned = turns.identity(index: 0, epoch: epoch).orientation
      #expect(turned == .init(mirrorsRows: orientation.mirrorsRows, transposes: orientation.transposes))
    }
    #expect(seen.count == 8 && seen.values.allSatisfy { $0 > 5 }, "\(seen)")
    for orientation in seen.keys {
      var low = [Float](repeating: .nan, count: 8 * 8 * 3)
      var shown = [Float](repeating: .nan, count: 32 * 32 * 3)
      both.load(.init(.training, index: 0, orientation: orientation), lowRes: &low, highRes: &shown)
      for y in 0..<32 {
        for x in 0..<32 {
          var (row, column) = orientation.transposes ? (x, y) : (y, x)
          if orientation.mirrorsRows { row = 31 - row }
          if orientation.mirrorsColumns { column = 31 - column }
          let (found, stored) = ((y * 32 + x) * 3, (row * 32 + column) * 3)
          #expect(shown[found..<found + 3].elementsEqual(high[stored..<stored + 3].map { Float($0) / 255 }))
        }
      }
    }
  }

  /// Rows and columns of other images than square ones cannot be swapped.
  @Test func rotationsNeedSquareImages() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 1)
    #expect {
      _ = try pair(folder, index: 0, epoch: 0, Augmentation(rotates: true))
    } throws: {
      "\($0)".contains("square") && "\($0)".contains("8x12")
    }
  }

  /// The identity of a fresh crop determines its pixels: it holds the corner in the full image, and whether the crop is mirrored.
  @Test func freshCropsAreNamedByTheirCorners() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 2)
    let full = (0..<2).map { Formulas.pair($0, height: 40, width: 60).high }
    let writer = try NumPyWriter(path: folder.file(RandomCrops.fileName), shape: [2, 40, 60, 3])
    for image in full { try writer.append(image) }
    _ = try writer.finish()
    var configuration = TrainingConfiguration()
    configuration.data = folder.path
    configuration.crop = .random
    configuration.augment = .flip
    let pairs = try NumPyPairDataset(directory: folder.path, split: .train)
    let samples = try TrainingSamples(configuration, pairs: pairs)
    var seen: Set<SampleIdentity> = []
    for epoch in 0..<6 {
      for index in 0..<2 {
        let identity = samples.identity(index: index, epoch: epoch)
        #expect(samples.identity(index: index, epoch: epoch) == identity)
        seen.insert(identity)
        let corner = try #require(identity.crop)
        let crop = RGBImage(width: 60, height: 40, pixels: full[index])
          .cropped(x: corner.left, y: corner.top, width: 48, height: 32)
        let expected = crop.pixels.map { Float($0) / 255 }
        var low = [Float](repeating: .nan, count: pairs.lowResElementCount)
        var high = [Float](repeating: .nan, count: pairs.highResElementCount)
        samples.load(identity, lowRes: &low, highRes: &high)
        #expect(high == (identity.orientation.mirrorsColumns ? mirrored(expected, width: 48) : expected))
        #expect(low.allSatisfy { $0.isFinite })
      }
    }
    #expect(seen.count > 8 && Set(seen.map(\.orientation)).count == 2, "\(seen)")
  }

  /// A degraded sample is the degraded original, laid as the original is. It is the same in each run, and another one in each epoch.
  /// A thread that works ahead changes no bit, whatever it has finished.
  @Test func degradedSamplesAreFunctionsOfSeedEpochAndIndex() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 6)
    let pairs = try NumPyPairDataset(directory: folder.path, split: .train)
    let recipe = try DegradationRecipe(
      setting: "{blur_sigma: [1, 2], noise_range: [5, 20], jpeg_range: [30, 90]}")
    var configuration = TrainingConfiguration()
    (configuration.degradation, configuration.augment, configuration.seed) = (recipe, .flip, 4)
    func load(_ samples: TrainingSamples, _ identity: SampleIdentity) -> (low: [Float], high: [Float]) {
      var low = [Float](repeating: .nan, count: pairs.lowResElementCount)
      var high = [Float](repeating: .nan, count: pairs.highResElementCount)
      samples.load(identity, lowRes: &low, highRes: &high)
      return (low, high)
    }
    let samples = try TrainingSamples(configuration, pairs: pairs)
    let ahead = try TrainingSamples(configuration, pairs: pairs).workingAhead()
    let degrader = Degrader(recipe, scale: 4)
    var inputs: Set<[Float]> = []
    for epoch in 0..<3 {
      let identities = (0..<6).map { ahead.identity(index: $0, epoch: epoch) }
      ahead.prepare(Array(identities.dropFirst()))
      for (index, identity) in identities.enumerated() {
        let (low, high) = load(samples, identity)
        let original = pairs.highResImage(at: index).pixels.map { Float($0) / 255 }
        #expect(high == (identity.orientation == .stored ? original : mirrored(original, width: 48)))
        let made = degrader.degrade(
          pairs.highResImage(at: index), key: DegradationKey(seed: 4, epoch: epoch, index: index))
        let expected = made.pixels.map { Float($0) / 255 }
        #expect(low == (identity.orientation == .stored ? expected : mirrored(expected, width: 12)))
        #expect(load(ahead, identity) == (low, high))
        inputs.insert(low)
      }
    }
    #expect(inputs.count == 18)
  }

  /// An original is grey in the epochs in which its input is, whoever makes the input.
  @Test func originalsBecomeGreyWithTheirInputs() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 6)
    let pairs = try NumPyPairDataset(directory: folder.path, split: .train)
    var configuration = TrainingConfiguration()
    configuration.degradation = try DegradationRecipe(setting: "{gray_prob: 0.5, gt_gray: true}")
    configuration.augment = .flip
    let samples = try TrainingSamples(configuration, pairs: pairs)
    let ahead = try TrainingSamples(configuration, pairs: pairs).workingAhead()
    func isGrey(_ image: [Float]) -> Bool {
      stride(from: 0, to: image.count, by: 3).allSatisfy { start in
        let (red, green, blue) = (image[start], image[start + 1], image[start + 2])
        return red == green && red == blue
      }
    }
    var greys = 0
    for epoch in 0..<3 {
      let identities = (0..<6).map { samples.identity(index: $0, epoch: epoch) }
      ahead.prepare(identities)
      for identity in identities {
        let images = [samples, ahead].map { samples -> [[Float]] in
          var low = [Float](repeating: .nan, count: pairs.lowResElementCount)
          var high = [Float](repeating: .nan, count: pairs.highResElementCount)
          samples.load(identity, lowRes: &low, highRes: &high)
          return [low, high]
        }
        #expect(images[0] == images[1])
        #expect(isGrey(images[0][0]) == isGrey(images[0][1]))
        greys += isGrey(images[0][1]) ? 1 : 0
      }
    }
    #expect(greys > 2 && greys < 16, "\(greys) of 18")
  }

  /// What is ready is copied, what is not is left to the caller, and what belongs to earlier steps is dropped.
  @Test func inputsAreMadeAhead() throws {
    let made = DispatchSemaphore(value: 0)
    let ahead = try InputsAhead(floats: 2) { sample, input in
      (input[0], input[1]) = (Float(sample.index), -1)
      made.signal()
    }
    func samples(_ indices: Range<Int>) -> [SampleIdentity] {
      indices.map { SampleIdentity(.training, index: $0) }
    }
    var input: [Float] = [7, 7]
    #expect(!ahead.copy(samples(3..<4)[0], to: &input))
    ahead.prepare(samples(0..<3))
    ahead.prepare(samples(3..<5))
    for _ in 0..<5 { made.wait() }
    // The thread says that an input is ready after it has made it, so only the last one may not be.
    for index in 0..<4 {
      #expect(ahead.copy(samples(index..<index + 1)[0], to: &input))
      #expect(input == [Float(index), -1])
    }
    ahead.prepare(samples(5..<6))
    input = [7, 7]
    #expect(!ahead.copy(samples(0..<1)[0], to: &input))
    #expect(input == [7, 7])
    #expect(ahead.copy(samples(3..<4)[0], to: &input))
  }
}
