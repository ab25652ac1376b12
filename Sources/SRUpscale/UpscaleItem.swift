import SRData
import SRFiles
import SRModels
import SRTensor

/// A file that is to be enlarged. Rank 0 tells the other ranks.
struct UpscaleItem: Codable, Sendable {
  /// The path's bytes, which need not be UTF-8.
  private let inputBytes: [UInt8]
  let output: String
  /// The format of the output; nil for an array.
  let format: PictureFile.Format?
  let width: Int
  let height: Int
  let outputWidth: Int
  let outputHeight: Int
  /// Of the input; alpha counts.
  let channels: Int
  /// Of the output; alpha counts.
  let outputChannels: Int
  /// How the values of input and output stand for intensities.
  let values: SampleScale
  /// The pictures of an array, or 1.
  let count: Int
  private var referenceBytes: [UInt8]?
  /// The sheet; nil for none.
  var comparison: String?
  /// The bytes that the file needs beside the network's.
  var bytes = 0

  var input: BytePath { BytePath(bytes: inputBytes) }
  /// The original; nil for none.
  var reference: BytePath? {
    get { referenceBytes.map { BytePath(bytes: $0) } }
    set { referenceBytes = newValue?.bytes }
  }
  /// The input's pixels.
  var work: Int { width * height * count }

  /// A picture.
  init(
    _ file: PictureFile, path: BytePath, output: String, _ format: PictureFile.Format, values: SampleScale,
    factor: Double
  ) {
    inputBytes = path.bytes
    self.output = output
    self.format = format
    (width, height) = file.size
    (outputWidth, outputHeight) = Self.outputSize(width, height, factor)
    channels = file.stored.channels
    outputChannels = channels
    self.values = values
    count = 1
  }

  /// An array.
  ///
  /// - Parameter outputChannels: of the output's pictures.
  init(
    _ array: PictureArray, path: BytePath, output: String, outputChannels: Int, values: SampleScale,
    factor: Double
  ) {
    inputBytes = path.bytes
    self.output = output
    format = nil
    (width, height) = (array.width, array.height)
    (outputWidth, outputHeight) = Self.outputSize(width, height, factor)
    channels = array.channels
    self.outputChannels = outputChannels
    self.values = values
    count = array.count
  }

  private static func outputSize(_ width: Int, _ height: Int, _ factor: Double) -> (Int, Int) {
    func side(_ value: Int) -> Int { max(1, Int((Double(value) * factor).rounded())) }
    return (side(width), side(height))
  }

  /// What a picture's file holds.
  ///
  /// - Precondition: the item is no array.
  var stored: SampleFormat { SampleFormat(channels: channels, values.sample) }
  /// The rows of the result, without alpha.
  var result: RowFormat {
    RowFormat(channels: format == nil ? outputChannels : stored.colors, values: values)
  }

  /// The numbers of channels that an array's pictures may have.
  static func arrayChannels(_ model: ModelDescription) -> [Int] {
    model.inputChannels == 3 && model.outputChannels == 3 ? [1, 3] : [model.inputChannels]
  }

  /// The ranks' shares, in the items' order. Large files are dealt first, each to the rank with the least work.
  static func shares(of items: [UpscaleItem], ranks: Int) -> [[UpscaleItem]] {
    var (shares, work) = ([[Int]](repeating: [], count: ranks), [Int](repeating: 0, count: ranks))
    for index in items.indices.sorted(by: { (items[$0].work, $1) > (items[$1].work, $0) }) {
      let rank = work.indices.min { (work[$0], $0) < (work[$1], $1) } ?? 0
      shares[rank].append(index)
      work[rank] += items[index].work
    }
    return shares.map { share in share.sorted().map { items[$0] } }
  }
}
