import SRFiles
import SRTensor

/// SHA-256 in hexadecimal over a part of the training data. The argument is called from time to time.
package typealias TrainingContent = @Sendable (_ progress: () -> Void) -> String

/// Where training pairs come from: stored pairs, or crops that are drawn anew for each epoch.
///
/// A pair is a function of its index and, if it is a crop, of the crop's place. Several threads may read at the same time.
package protocol TrainingSource: PairSource {
  /// What decides the pairs, in parts that can be hashed at the same time: ranks and resumed runs compare them.
  var contents: [TrainingContent] { get }
  /// The decoded pictures that this program keeps; nil if the data are read from ``PairSource/files`` alone.
  var cache: PictureCache? { get }

  /// The upper left corner of the epoch's crop in its full picture, in high-resolution pixels; nil for a stored pair.
  ///
  /// - Parameters:
  ///   - index: in `0..<count`.
  ///   - epoch: from 0.
  func crop(index: Int, epoch: Int) -> (top: Int, left: Int)?

  /// Writes a pair as float32 HWC with intensities 0...1.
  ///
  /// - Parameters:
  ///   - crop: one that ``crop(index:epoch:)`` returns for the index in some epoch; nil for a stored pair.
  ///   - lowRes: nil if the high-resolution picture alone is needed.
  func load(
    index: Int, crop: (top: Int, left: Int)?, lowRes: UnsafeMutablePointer<Float>?,
    highRes: UnsafeMutablePointer<Float>)
}

extension TrainingSource {
  package var cache: PictureCache? { nil }
  /// Whether each epoch has other pixels.
  package var drawsCrops: Bool { crop(index: 0, epoch: 0) != nil }
}

/// The stored pairs of a data set, which are the same in every epoch.
package struct StoredPairs: TrainingSource {
  private let pairs: any PairDataset

  package init(_ pairs: any PairDataset) { self.pairs = pairs }

  package var summary: String { pairs.summary }
  package var count: Int { pairs.count }
  package var lowResChannels: Int { pairs.lowResChannels }
  package var highResChannels: Int { pairs.highResChannels }
  package var values: SampleScale { pairs.values }
  package var lowResHeight: Int { pairs.lowResHeight }
  package var lowResWidth: Int { pairs.lowResWidth }
  package var scale: Int { pairs.scale }
  package var files: [MappedFile] { pairs.files }
  package var contents: [TrainingContent] { [{ pairs.contentHash(progress: $0) }] }

  package func crop(index: Int, epoch: Int) -> (top: Int, left: Int)? { nil }

  package func load(
    index: Int, crop: (top: Int, left: Int)?, lowRes: UnsafeMutablePointer<Float>?,
    highRes: UnsafeMutablePointer<Float>
  ) {
    precondition(crop == nil, "pair \(index) is a crop, and the run has stored pairs only")
    pairs.load(index: index, lowRes: lowRes, highRes: highRes)
  }
}

/// The places of fresh crops: a function of seed, epoch and index alone.
struct CropDraw: Sendable {
  let seed: UInt64
  /// Keeps the crops' random streams apart from those of sample order, flips and initial weights.
  private static let tag: UInt64 = 0x6372_6F70

  init(seed: UInt64) { self.seed = seed }

  /// A place among so many rows and columns.
  func origin(index: Int, epoch: Int, rows: Int, columns: Int) -> (top: Int, left: Int) {
    var generator = PhiloxGenerator(
      seed: seed ^ Self.tag, stream: UInt32(truncatingIfNeeded: epoch), substream: UInt32(index))
    let top = generator.index(below: rows)
    let left = generator.index(below: columns)
    return (top, left)
  }
}

extension TrainingSource {
  /// The same source, but at most so many pairs of each epoch.
  package func limited(to count: Int) -> any TrainingSource {
    if count < self.count { return LimitedSource(base: self, count: count) }
    return self
  }
}

/// The first few pairs of a source.
private struct LimitedSource: TrainingSource {
  let base: any TrainingSource
  let count: Int

  var summary: String { "the first \(count) pairs of \(base.summary)" }
  var lowResChannels: Int { base.lowResChannels }
  var highResChannels: Int { base.highResChannels }
  var values: SampleScale { base.values }
  var lowResHeight: Int { base.lowResHeight }
  var lowResWidth: Int { base.lowResWidth }
  var scale: Int { base.scale }
  var files: [MappedFile] { base.files }
  var contents: [TrainingContent] { base.contents }
  var cache: PictureCache? { base.cache }

  func crop(index: Int, epoch: Int) -> (top: Int, left: Int)? { base.crop(index: index, epoch: epoch) }

  func load(
    index: Int, crop: (top: Int, left: Int)?, lowRes: UnsafeMutablePointer<Float>?,
    highRes: UnsafeMutablePointer<Float>
  ) {
    base.load(index: index, crop: crop, lowRes: lowRes, highRes: highRes)
  }
}
