import SRFiles
import SRTensor

/// The pairs of one split in a directory of `.npy` files: `lr_train.npy` and `hr_train.npy`, or `lr_valid.npy` and
/// `hr_valid.npy`. The arrays are uint8, uint16 or float32, NHWC, and mapped into memory. NHW stands for one channel.
package struct NumPyPairDataset: PairDataset {
  package enum Split: String, Sendable, CaseIterable {
    case train
    case valid

    /// The file name of the low-resolution pictures.
    package var lowResFile: String { "lr_\(rawValue).npy" }
    /// The file name of the high-resolution pictures.
    package var highResFile: String { "hr_\(rawValue).npy" }
  }

  package let summary: String
  package let count: Int
  package let lowResHeight: Int
  package let lowResWidth: Int
  package let scale: Int
  package let lowResChannels: Int
  package let highResChannels: Int
  package let values: SampleScale
  package let resampling: Resampling
  private let lowRes: NumPyArray
  private let highRes: NumPyArray

  /// The smallest height and width of a high-resolution picture that has an SSIM: its window mirrors 5 pixels at each edge.
  /// Every picture is measured by SSIM.
  package static let smallestHighResSide = 6

  /// Maps the two files and checks that they belong together. The scale is that of their sides.
  /// A manifest beside them names the filter that made the low-resolution pictures; Pillow's is assumed if there is none.
  ///
  /// - Parameter range: the values that stand for the intensities 0 and 1; nil for the type's whole range.
  /// - Throws: ``FileError``, ``NumPyError``, or ``PairDatasetError`` if the files do not fit each other, if the pictures
  ///   are smaller than ``smallestHighResSide``, or if their values do not fit the range.
  package init(directory: String, split: Split, range: ValueRange? = nil) throws {
    let lowRes = try Self.pictures("\(directory)/\(split.lowResFile)")
    let highRes = try Self.pictures("\(directory)/\(split.highResFile)")
    guard lowRes.shape[0] == highRes.shape[0] else {
      throw PairDatasetError(
        path: highRes.path, expected: "\(lowRes.shape[0]) pictures, as in \(split.lowResFile)",
        found: "\(highRes.shape[0])")
    }
    let scale = highRes.shape[1] / lowRes.shape[1]
    guard scale > 0, highRes.shape[1] == lowRes.shape[1] * scale, highRes.shape[2] == lowRes.shape[2] * scale
    else {
      throw PairDatasetError(
        path: highRes.path,
        expected:
          "pictures whose height and width are the same whole multiple of those of \(split.lowResFile), which are "
          + "\(lowRes.shape[1]) x \(lowRes.shape[2])",
        found: "\(highRes.shape[1]) x \(highRes.shape[2])")
    }
    let smallest = Self.smallestHighResSide
    guard min(highRes.shape[1], highRes.shape[2]) >= smallest else {
      throw PairDatasetError(
        path: highRes.path,
        expected: "pictures of at least \(smallest) x \(smallest), which SSIM needs",
        found: "\(highRes.shape[1]) x \(highRes.shape[2])")
    }
    guard lowRes.sample == highRes.sample else {
      throw PairDatasetError(
        path: highRes.path,
        expected: "values of one type, as in \(split.lowResFile): \(lowRes.sample.rawValue)",
        found: highRes.sample.rawValue)
    }
    values = range.map { SampleScale(lowRes.sample, $0) } ?? SampleScale(lowRes.sample)
    for array in [lowRes, highRes] { try Self.checkValues(of: array, values) }
    lowResChannels = lowRes.shape[3]
    highResChannels = highRes.shape[3]
    self.lowRes = lowRes
    self.highRes = highRes
    self.scale = scale
    resampling = try PreparationManifest.resampling(inFolder: directory)
    summary = "\(directory) (\(split.rawValue))"
    count = lowRes.shape[0]
    lowResHeight = lowRes.shape[1]
    lowResWidth = lowRes.shape[2]
  }

  package var files: [MappedFile] { [lowRes.file, highRes.file] }

  package func withPair<Result>(
    at index: Int,
    _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime((lowRes, highRes)) {
      try body(lowRes.entry(index), highRes.entry(index))
    }
  }

  private static func pictures(_ path: String) throws -> NumPyArray {
    let array = try NumPyArray(path: path, ranks: [3, 4], SampleType.allCases)
    guard array.shape.allSatisfy({ $0 > 0 }), array.shape.count == 3 || array.shape[3] <= mostChannels else {
      throw NumPyError(
        path: path,
        expected:
          "shape [pictures, height, width, channels], none of them 0, with at most \(mostChannels) channels",
        found: "\(array.shape)")
    }
    return array.withChannels()
  }

  static let mostChannels = 256

  /// Throws if a value is no number, or so far from the range that it must have another meaning. Resized pictures go a little
  /// beyond their range.
  private static func checkValues(of array: NumPyArray, _ values: SampleScale) throws {
    if values.isStandard, values.sample != .float32 { return }
    for index in 0..<array.shape[0] {
      let wrong = withExtendedLifetime(array) {
        values.firstMisfit(in: UnsafeRawBufferPointer(array.entry(index)))
      }
      guard let wrong else { continue }
      throw PairDatasetError(
        path: array.path,
        expected: "values of the range \(values.range)",
        found: "\(wrong) in picture \(index)",
        advice: "give the values of black and of full intensity as --range LOW,HIGH")
    }
  }
}

/// Arrays that do not form pairs.
package struct PairDatasetError: Error, CustomStringConvertible, Sendable, Equatable {
  package let path: String
  package let expected: String
  package let found: String
  private let advice: String

  package init(
    path: String, expected: String, found: String, advice: String = "`srdist prepare` writes files that fit"
  ) {
    self.path = path
    self.expected = expected
    self.found = found
    self.advice = advice
  }

  package var description: String { "\(path): expected \(expected), found \(found); \(advice)" }
}
