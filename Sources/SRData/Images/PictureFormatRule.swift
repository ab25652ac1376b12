import SRTensor

/// The format of both pictures of a pair, and what their values mean.
package struct PairFormat: Sendable, Equatable {
  package let lowRes: PixelFormat
  package let highRes: PixelFormat
  package let values: SampleScale

  package static let rgb8 = PairFormat(lowRes: .rgb8, highRes: .rgb8, values: SampleScale(.uint8))
  package var isRGB8: Bool { self == .rgb8 }

  /// Such as `uint16 of 0,65535, 1 and 3 channels`.
  var text: String {
    let (low, high) = (lowRes.channels, highRes.channels)
    return "\(values), "
      + (low == high ? "\(high) channel\(high == 1 ? "" : "s")" : "\(low) and \(high) channels")
  }
}

/// Which type and which channels the pictures of folders are given.
///
/// - Channels: those that are asked for. Otherwise those of arrays; for PNG and JPEG files, one if all are grey, or else three.
///   Grey is repeated in three channels. Alpha is dropped, unless it is one of the channels that are asked for. Colours are never
///   turned into grey, and an array's channels are never changed.
/// - Type: that of arrays. PNG and JPEG files have 16 bits if one of them has. The others' bytes are multiplied by 257, so white
///   stays white.
/// - A range holds for values of one type, so nothing is converted to another type if there is one.
package struct PictureFormatRule: Sendable {
  /// The bits that PNG and JPEG files are read with.
  package enum Depth: String, Sendable, CaseIterable, Codable {
    /// 16 if a file has as many.
    case auto
    /// 16 bits keep their upper bytes.
    case eight = "8"
    case sixteen = "16"
  }

  /// Of low-resolution pictures; nil for the files'.
  package var inputChannels: Int?
  /// Of high-resolution pictures; nil for the files'.
  package var outputChannels: Int?
  package var depth = Depth.auto
  package var range: ValueRange?
  /// The values on which a network was trained, if the pictures must have the same.
  package var expected: SampleScale?
  /// Whether the channels are those of a trained network. Otherwise they are options.
  package var isOfNetwork = false

  package init(
    inputChannels: Int? = nil, outputChannels: Int? = nil, depth: Depth = .auto, range: ValueRange? = nil,
    expected: SampleScale? = nil, isOfNetwork: Bool = false
  ) {
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
    self.depth = depth
    self.range = range
    self.expected = expected
    self.isOfNetwork = isOfNetwork
  }

  /// A file and what it says.
  package typealias File = (path: String, facts: PictureFacts)

  /// The format of some pairs.
  ///
  /// - Parameter lowRes: empty if low-resolution pictures are made from the others.
  /// - Throws: ``TrainingPicturesError`` that names the files that cannot have it.
  package func format(highRes: [File], lowRes: [File]) throws(TrainingPicturesError) -> PairFormat {
    let values = try values(of: highRes + lowRes)
    var (low, high) = (
      inputChannels ?? Self.channels(of: lowRes, beside: highRes),
      outputChannels ?? Self.channels(of: highRes, beside: lowRes)
    )
    if lowRes.isEmpty {
      high = outputChannels ?? inputChannels ?? high
      low = inputChannels ?? high
      guard low == high else {
        throw TrainingPicturesError(
          [
            (isOfNetwork
              ? "the network makes \(high) channels of \(low)"
              : "--in-channels \(low) and --out-channels \(high) are given")
              + ", and low-resolution pictures are made from originals"
          ],
          rule: isOfNetwork
            ? "Give low-resolution pictures" : "Give the same number of channels, or low-resolution pictures")
      }
    }
    let misfits = [(highRes, high), (lowRes, low)].flatMap { files, wanted in
      files.filter { !$0.facts.canHave(channels: wanted) }.map {
        "\($0.path) is \($0.facts.text), expected \(wanted) channel\(wanted == 1 ? "" : "s")"
      }
    }
    guard misfits.isEmpty else { throw TrainingPicturesError(misfits, rule: channelRule) }
    return PairFormat(
      lowRes: PixelFormat(channels: low, values.sample), highRes: PixelFormat(channels: high, values.sample),
      values: values)
  }

  private var channelRule: String {
    let convertible =
      "Grey can be repeated in three channels, and alpha left out or taken as the last channel; colours are not turned "
      + "into grey, and an array's channels are not changed"
    if isOfNetwork { return "\(convertible). Give pictures of the network's channels" }
    return inputChannels == nil && outputChannels == nil
      ? "\(convertible). Pictures of one run have the same channels: sort the files into folders of one kind"
      : "\(convertible). Give --in-channels and --out-channels that the files have, or leave both out"
  }

  /// The channels of files without an option.
  static func channels(of files: [File], beside others: [File] = []) -> Int {
    if let array = files.first(where: { $0.facts.kind == .array }) { return array.facts.channels }
    return (files + others).allSatisfy { $0.facts.isGrey || $0.facts.kind == .array } ? 1 : 3
  }

  /// The type and the range that some files get.
  ///
  /// - Throws: ``TrainingPicturesError`` that names the files that cannot have it.
  package func values(of files: [File]) throws(TrainingPicturesError) -> SampleScale {
    let sample = sample(of: files)
    let values =
      expected ?? range.map { SampleScale(sample, $0) } ?? SampleScale(sample)
    let wrong = files.filter { file in
      if file.facts.sample == values.sample { return false }
      let isConvertible = values.sample == .uint16 || (values.sample == .uint8 && depth == .eight)
      return file.facts.kind == .array || !isConvertible || range != nil || !values.isStandard
    }
    guard let first = wrong.first else { return values }
    if expected == nil, let other = files.first(where: { $0.facts.sample == values.sample }) {
      throw TrainingPicturesError(
        [
          "\(first.path) has values of \(first.facts.sample.rawValue), and \(other.path) has values of \(values.sample.rawValue)"
        ],
        rule: range == nil || first.facts.kind == .array || other.facts.kind == .array
          ? "Arrays keep their type, so all pictures have the same: sort the files into folders of one type"
          : "--range means values of one type: sort the files into folders of one type")
    }
    throw TrainingPicturesError(
      wrong.map { "\($0.path) has values of \($0.facts.sample.rawValue), expected \(values)" },
      rule: expected == nil
        ? "--depth \(depth.rawValue) changes the values that --range means: leave out one of the two"
        : "The network was trained on such values: give pictures of them")
  }

  private func sample(of files: [File]) -> SampleType {
    if let array = files.first(where: { $0.facts.kind == .array }) { return array.facts.sample }
    return switch depth {
    case .auto: files.contains { $0.facts.sample == .uint16 } ? .uint16 : .uint8
    case .eight: .uint8
    case .sixteen: .uint16
    }
  }
}

extension PairFormat {
  /// What the format changes in files, for a person to read.
  func remarks(highRes: [PictureFormatRule.File], lowRes: [PictureFormatRule.File]) -> [String] {
    let files = highRes.map { ($0, self.highRes) } + lowRes.map { ($0, self.lowRes) }
    func remark(_ text: String, _ holds: (PictureFacts, PixelFormat) -> Bool) -> String? {
      let found = files.filter { holds($0.0.facts, $0.1) }
      guard let first = found.first else { return nil }
      return "\(found.count) file\(found.count == 1 ? "" : "s") \(text), such as \(first.0.path)"
    }
    return [
      remark("with alpha, which is dropped and not blended") { $0.hasAlpha && $1.channels != $0.channels },
      remark("of grey, repeated in \(self.highRes.channels) channels") {
        $0.isGrey && $1.channels > $0.channels
      },
      remark("of 16 bits, of which the upper 8 are kept") { $0.sample == .uint16 && $1.sample == .uint8 },
      remark("of 8 bits, read as 16") { $0.sample == .uint8 && $1.sample == .uint16 },
    ].compactMap { $0 }
  }
}
