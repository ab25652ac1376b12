import SRData
import SRFiles
import SRTensor
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
    ([3, 2, 4, 257], [3, 8, 16, 3], "with at most 256 channels"),
    ([3, 2, 4, 1], [3, 8, 16, 1], "found uint8 of 1 and 1 channels, and uint8 of 3 and 3 channels"),
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

  /// Pairs of 2 x 2 and 6 x 6 pixels whose values are given.
  private func write(
    _ directory: TemporaryFolder, _ sample: SampleType, _ lowRes: [Double], _ highRes: [Double],
    channels: [Int]
  ) throws {
    for (name, side, values) in [("lr_train.npy", 2, lowRes), ("hr_train.npy", 6, highRes)] {
      let writer = try NumPyWriter(path: directory.file(name), shape: [1, side, side] + channels, sample)
      let count = ([side, side] + channels).reduce(1, *)
      for index in 0..<count {
        let value = values[index % values.count]
        switch sample {
        case .uint8: try withUnsafeBytes(of: UInt8(value)) { try writer.append($0) }
        case .uint16: try withUnsafeBytes(of: UInt16(value)) { try writer.append($0) }
        case .float32: try withUnsafeBytes(of: Float(value)) { try writer.append($0) }
        }
      }
      _ = try writer.finish()
    }
  }

  @Test(arguments: [[Int](), [1]]) func valuesStandForIntensitiesByTheirRange(channels: [Int]) throws {
    let directory = try TemporaryFolder()
    try write(directory, .uint16, [0, 1024, 4095, 2048], [4095, 0, 3], channels: channels)
    func load(_ range: String?) throws -> ([Float], NumPyPairDataset) {
      let pairs = try NumPyPairDataset(
        directory: directory.path, split: .train, range: range.flatMap { ValueRange($0) })
      var (lowRes, highRes) = ([Float](repeating: -1, count: 4), [Float](repeating: -1, count: 36))
      #expect(pairs.lowResElementCount == 4 && pairs.highResElementCount == 36 && pairs.scale == 3)
      pairs.load(index: 0, lowRes: &lowRes, highRes: &highRes)
      #expect(highRes[0] == lowRes[2] && highRes[1] == 0)
      return (lowRes, pairs)
    }
    let (whole, plain) = try load(nil)
    #expect(whole == [0, 1024, 4095, 2048].map { $0 / 65535 })
    let (part, ranged) = try load("0,4095")
    #expect(part == [0, 1024, 4095, 2048].map { $0 / 4095 })
    #expect(ranged.values.description == "uint16 of 0,4095" && ranged.lowResChannels == 1)
    #expect(plain.contentHash() != ranged.contentHash())
    // A channel is shown as grey.
    #expect(ranged.lowResImage(at: 0).pixels == [0, 0, 0, 64, 64, 64, 255, 255, 255, 128, 128, 128])
  }

  /// Of many channels, the first three are shown.
  @Test func manyChannelsAreShownByThree() throws {
    let directory = try TemporaryFolder()
    try write(directory, .float32, [0, 0.2, 0.4, 0.6, 1.2], [0.5], channels: [5])
    let pairs = try NumPyPairDataset(directory: directory.path, split: .train)
    #expect(pairs.lowResImage(at: 0).pixels.prefix(3) == [0, 51, 102])
    #expect(pairs.lowResElementCount == 20)
  }

  @Test(
    arguments: [
      (SampleType.float32, [0.5, 255], nil, "values of the range 0,1, found 255.0 in picture 0"),
      (.float32, [0.5, .nan], nil, "found nan in picture 0"),
      (.float32, [5, 100], "0,10", "values of the range 0,10, found 100.0"),
      (.uint16, [5, 60000], "0,4095", "found 60000.0 in picture 0; give the values of black"),
    ] as [(SampleType, [Double], String?, String)])
  func valuesFarFromTheRangeAreRefused(
    sample: SampleType, values: [Double], range: String?, expected: String
  ) throws {
    let directory = try TemporaryFolder()
    try write(directory, sample, values, values, channels: [1])
    let error = #expect(throws: PairDatasetError.self) {
      try NumPyPairDataset(
        directory: directory.path, split: .train, range: range.flatMap { ValueRange($0) })
    }
    #expect("\(error!)".contains(expected), "\(error!)")
    #expect("\(error!)".contains("lr_train.npy"), "\(error!)")
  }

  /// Resized pictures go a little beyond their range.
  @Test func valuesNearTheRangeAreTaken() throws {
    let directory = try TemporaryFolder()
    try write(directory, .float32, [-0.1, 1.2], [0.5], channels: [1])
    #expect(try NumPyPairDataset(directory: directory.path, split: .train).count == 1)
  }

  @Test func typesThatDoNotFitAreNamed() throws {
    let directory = try TemporaryFolder()
    try write(directory, .uint16, [0], [0], channels: [1])
    let low = try bytes(of: directory.file("lr_train.npy"))
    try write(directory, .uint8, [0], [0], channels: [1])
    try directory.write(low, as: "lr_train.npy")
    let error = #expect(throws: PairDatasetError.self) {
      try NumPyPairDataset(directory: directory.path, split: .train)
    }
    #expect("\(error!)".contains("as in lr_train.npy: uint16, found uint8"), "\(error!)")
    for (type, advice) in [
      ("<f8", "array.astype('<f4')"), (">f4", "array.astype('<f4')"), ("<i2", "--range LOW,HIGH"),
    ] {
      try directory.write(
        NumPyHeader(elementType: type, shape: [1, 2, 2, 1]).encoded(), as: "lr_train.npy")
      let error = #expect(throws: NumPyError.self) {
        try NumPyPairDataset(directory: directory.path, split: .train)
      }
      #expect("\(error!)".contains("found dtype '\(type)'") && "\(error!)".contains(advice), "\(error!)")
    }
  }

  @Test func missingFileIsNamed() throws {
    let directory = try TemporaryFolder()
    let error = #expect(throws: FileError.self) { try DatasetSplit.load(directory: directory.path) }
    #expect(error?.path == directory.file("lr_train.npy"))
  }
}
