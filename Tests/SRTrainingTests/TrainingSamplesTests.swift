import SRData
import SRTestSupport
import SRTraining
import Testing

/// What an epoch shows of the stored pairs.
@Suite struct TrainingSamplesTests {
  /// One sample of formula pairs as the settings show it, `nil` settings: as it is stored.
  private func pair(
    _ folder: TemporaryFolder, index: Int, epoch: Int, _ augmentation: TrainingConfiguration.Augmentation,
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
    // The pixels are those of the identity, whatever the settings are.
    var again = [Float](repeating: .nan, count: high.count)
    try TrainingSamples(TrainingConfiguration(), pairs: pairs).load(identity, lowRes: &low, highRes: &again)
    #expect(again == high)
    return (low, high)
  }

  /// By the definition: pixel x of a row is pixel width - 1 - x of the other's.
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

  /// About half of the samples, both images of a pair alike, others in each epoch, the same whenever asked.
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
}
