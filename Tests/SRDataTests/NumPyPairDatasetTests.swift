import SRData
import SRFiles
import SRTestSupport
import Testing

@Suite struct NumPyPairDatasetTests {
  /// Writes the four arrays of a data directory. A test may change their shapes.
  static func write(
    _ directory: TemporaryFolder, lowRes: [Int] = [3, 2, 4, 3], highRes: [Int] = [3, 8, 16, 3],
    valid: Int = 2
  ) throws {
    let files = [
      ("lr_train.npy", lowRes), ("hr_train.npy", highRes),
      ("lr_valid.npy", [valid, 2, 4, 3]), ("hr_valid.npy", [valid, 8, 16, 3]),
    ]
    for (name, shape) in files {
      let writer = try NumPyWriter(path: directory.file(name), shape: shape)
      try writer.append((0..<shape.reduce(1, *)).map { UInt8(truncatingIfNeeded: $0 * 7) })
      _ = try writer.finish()
    }
  }

  @Test func loadsPairsAsIntensities() throws {
    let directory = try TemporaryFolder()
    try Self.write(directory)
    let data = try DatasetSplit.load(directory: directory.path)
    let train = data.train
    #expect(train.count == 3)
    #expect(data.valid.count == 2)
    #expect((train.lowResHeight, train.lowResWidth) == (2, 4))
    #expect((train.highResHeight, train.highResWidth, train.scale) == (8, 16, 4))

    var lowRes = [Float](repeating: -1, count: train.lowResElementCount)
    var highRes = [Float](repeating: -1, count: train.highResElementCount)
    train.load(index: 1, lowRes: &lowRes, highRes: &highRes)
    #expect(lowRes == (24..<48).map { Float(UInt8(truncatingIfNeeded: $0 * 7)) / 255 })
    #expect(highRes == (384..<768).map { Float(UInt8(truncatingIfNeeded: $0 * 7)) / 255 })
    #expect(train.lowResImage(at: 1).pixels == (24..<48).map { UInt8(truncatingIfNeeded: $0 * 7) })
    #expect(train.highResImage(at: 2).width == 16)
  }

  @Test func contentHashSeesEveryByteAndTheShape() throws {
    let directory = try TemporaryFolder()
    try Self.write(directory)
    let first = try NumPyPairDataset(directory: directory.path, split: .train).contentHash()
    #expect(first.count == 64)
    #expect(try NumPyPairDataset(directory: directory.path, split: .train).contentHash() == first)

    var file = try bytes(of: directory.file("hr_train.npy"))
    file[file.count - 1] ^= 1
    try directory.write(file, as: "hr_train.npy")
    #expect(try NumPyPairDataset(directory: directory.path, split: .train).contentHash() != first)

    let turned = try TemporaryFolder()
    try Self.write(turned, lowRes: [3, 4, 2, 3], highRes: [3, 16, 8, 3])
    #expect(try NumPyPairDataset(directory: turned.path, split: .train).contentHash() != first)
  }

  @Test(arguments: [
    ([3, 2, 4, 3], [2, 8, 16, 3], "3 pictures"),
    ([3, 2, 4, 3], [3, 8, 12, 3], "same whole multiple of those of lr_train.npy, which are 2 x 4"),
    ([3, 4, 4, 3], [3, 10, 10, 3], "same whole multiple"),
    ([3, 8, 8, 3], [3, 4, 4, 3], "same whole multiple"),
    ([3, 2, 4, 1], [3, 8, 16, 3], "[pictures, height, width, 3]"),
    ([0, 2, 4, 3], [0, 8, 16, 3], "none of them 0"),
    ([24, 3], [3, 8, 16, 3], "4 dimensions"),
    ([3, 1, 4, 3], [3, 4, 16, 3], "pictures of at least 6 x 6"),
    ([3, 4, 1, 3], [3, 16, 4, 3], "found 16 x 4"),
  ])
  func arraysThatDoNotFitAreRefused(lowRes: [Int], highRes: [Int], expected: String) throws {
    let directory = try TemporaryFolder()
    try Self.write(directory, lowRes: lowRes, highRes: highRes)
    let error = #expect(throws: (any Error).self) { try DatasetSplit.load(directory: directory.path) }
    #expect("\(error!)".contains("expected "))
    #expect("\(error!)".contains(expected), "\(error!)")
    #expect("\(error!)".contains(directory.path))
  }

  @Test func splitsOfDifferentSizesAreRefused() throws {
    let directory = try TemporaryFolder()
    try Self.write(directory, lowRes: [3, 4, 4, 3], highRes: [3, 16, 16, 3])
    let error = #expect(throws: PairDatasetError.self) {
      try DatasetSplit.load(directory: directory.path)
    }
    #expect(error?.found.contains("4 x 4 and 2 x 4") == true)
  }

  @Test(arguments: [1, 2, 3, 8])
  func theScaleIsThatOfTheSides(scale: Int) throws {
    let directory = try TemporaryFolder()
    try Self.write(directory, lowRes: [3, 6, 7, 3], highRes: [3, 6 * scale, 7 * scale, 3])
    let data = try NumPyPairDataset(directory: directory.path, split: .train)
    #expect((data.scale, data.highResHeight, data.highResWidth) == (scale, 6 * scale, 7 * scale))
  }

  @Test func missingFileIsNamed() throws {
    let directory = try TemporaryFolder()
    let error = #expect(throws: FileError.self) { try DatasetSplit.load(directory: directory.path) }
    #expect(error?.path == directory.file("lr_train.npy"))
  }
}
