import SRFiles
import SRTensor

/// What a file says about its picture before its pixels are decoded.
package struct PictureFacts: Sendable, Equatable, Codable {
  package enum Kind: String, Sendable, Codable {
    /// PNG or JPEG: grey or RGB, and perhaps alpha.
    case picture
    /// `.npy`: channels of any meaning.
    case array
  }

  package let kind: Kind
  /// Of the upright picture.
  package let width: Int
  package let height: Int
  /// Without alpha.
  package let colors: Int
  package let hasAlpha: Bool
  package let sample: SampleType

  package var size: PictureSize { PictureSize(width: width, height: height) }
  /// Alpha counts.
  var channels: Int { colors + (hasAlpha ? 1 : 0) }
  var isGrey: Bool { kind == .picture && colors == 1 }

  /// Such as `RGB and alpha of uint16`.
  var text: String {
    switch kind {
    case .picture: "\(isGrey ? "grey" : "RGB")\(hasAlpha ? " and alpha" : "") of \(sample.rawValue)"
    case .array: PixelFormat(channels: channels, sample).description
    }
  }

  /// Whether the picture can be read as so many channels: its own; without alpha; or three of grey. An array's are never changed.
  func canHave(channels wanted: Int) -> Bool {
    if wanted == channels { return true }
    return kind == .picture && (wanted == colors || (isGrey && wanted == 3))
  }
}

/// A file of one picture: PNG, JPEG, or a `.npy` array (HW or HWC). Its header is read, and its pixels are not.
package struct SourcePicture {
  private enum Content {
    case picture(PictureFile)
    /// [1, height, width, channels]
    case array(NumPyArray)
  }

  private let content: Content
  package let facts: PictureFacts

  package init(_ path: BytePath) throws { try self.init(MappedFile(path: path)) }

  /// - Throws: ``ImageFileError`` or ``NumPyError`` if the file is damaged or of another kind.
  package init(_ file: MappedFile) throws {
    if file.withBytes({ NumPyHeader.begins(Array($0.prefix(ImageFile.markBytes))) }) {
      let array = try NumPyArray(file: file, ranks: [2, 3], SampleType.allCases).asOnePicture()
      let (channels, most) = (array.shape[3], NumPyPairDataset.mostChannels)
      guard array.shape.allSatisfy({ $0 > 0 }), channels <= most else {
        throw NumPyError(
          path: file.path,
          expected:
            "a picture: shape (height, width) or (height, width, channels), with at most \(most) channels",
          found: "\(array.shape.dropFirst()); save numpy.moveaxis(array, 0, -1) if the channels come first")
      }
      content = .array(array)
      facts = PictureFacts(
        kind: .array, width: array.shape[2], height: array.shape[1], colors: channels, hasAlpha: false,
        sample: array.sample)
    } else {
      let picture = try PictureFile(file)
      content = .picture(picture)
      let (size, stored) = (picture.size, picture.stored)
      facts = PictureFacts(
        kind: .picture, width: size.width, height: size.height, colors: stored.colors,
        hasAlpha: stored.hasAlpha, sample: stored.sample)
    }
  }

  package var path: String {
    switch content {
    case .picture(let file): file.path
    case .array(let array): array.path
    }
  }

  /// What decoding to a format changes.
  package func conversions(as format: PixelFormat) -> Set<PictureConversion> {
    guard case .picture(let file) = content else { return [] }
    var conversions = file.conversions
    if format.sample != .uint8 { conversions.remove(.sixteenBits) }
    if format.channels == facts.channels { conversions.remove(.transparency) }
    return conversions
  }

  /// The bytes that decoding takes beside the result.
  package func decodingBytes(as format: PixelFormat) -> Int {
    guard case .picture(let file) = content else { return 0 }
    return file.decodingBytes(as: format == .rgb8 ? .rgb8 : file.stored)
  }

  /// Decodes the picture, and forgets it. Throws ``ImageFileError`` if the file is damaged.
  package func check(within budget: PixelBudget) throws {
    guard case .picture(let file) = content else { return }
    try budget.withBytes(min(budget.bytes, file.decodingBytes(as: file.stored))) {
      _ = try file.decode(as: file.stored)
    }
  }

  /// Decodes the upper left part of the upright picture.
  ///
  /// - Parameters:
  ///   - format: with channels that the picture can have. Bytes become 16 bits by 257, and 16 bits become their upper bytes.
  ///   - size: at most the picture's.
  /// - Throws: ``ImageFileError`` if the file is damaged.
  package func decode(as format: PixelFormat, size: PictureSize) throws -> Raster {
    try decodeWithWarnings(as: format, size: size).picture
  }

  /// The same, if the picture's values belong to a range. Throws ``ImageFileError`` with the first that does not.
  func decode(as format: PixelFormat, size: PictureSize, values: SampleScale) throws -> Raster {
    let picture = try decode(as: format, size: size)
    let misfit = picture.bytes.withUnsafeBytes { values.firstMisfit(in: $0) }
    guard let misfit else { return picture }
    throw ImageFileError(
      path: path,
      problem:
        "it has the value \(misfit), expected values of the range \(values.range); give the values of black and of full "
        + "intensity as --range LOW,HIGH")
  }

  /// The same, and what the decoder remarked; nil if it remarked nothing.
  func decodeWithWarnings(
    as format: PixelFormat, size: PictureSize
  ) throws -> (picture: Raster, warnings: DecodedPicture.Warnings?) {
    precondition(
      facts.canHave(channels: format.channels) && size.width <= facts.width && size.height <= facts.height,
      "\(path) cannot be decoded as \(size) pixels of \(format)")
    switch content {
    case .array(let array):
      precondition(format.sample == array.sample, "an array of \(array.sample) read as \(format)")
      let bytes = withExtendedLifetime(array) { Array(array.entry(0)) }
      return (
        Raster(width: facts.width, height: facts.height, format, bytes: bytes).cropped(to: size), nil
      )
    case .picture(let file):
      if format == .rgb8 {
        let picture = try file.decode(as: .rgb8)
        return (
          Raster(picture.cropped(x: 0, y: 0, width: size.width, height: size.height)), picture.warnings
        )
      }
      let picture = try file.decode(as: file.stored)
      let rowBytes = size.width * format.bytesPerPixel
      let bytes = [UInt8](unsafeUninitializedCapacity: size.height * rowBytes) { result, count in
        let row = UnsafeMutableRawPointer.allocate(
          byteCount: facts.width * file.stored.bytesPerPixel, alignment: 64)
        defer { row.deallocate() }
        for y in 0..<size.height {
          picture.copyRow(y, to: row)
          file.stored.convert(
            row, to: format, UnsafeMutableRawPointer(result.baseAddress!) + y * rowBytes, count: size.width)
        }
        count = size.height * rowBytes
      }
      return (Raster(width: size.width, height: size.height, format, bytes: bytes), picture.warnings)
    }
  }
}

extension SampleFormat {
  /// Writes pixels in another format. Precondition: it has the channels of these pixels, or one of theirs for each of its own.
  fileprivate func convert(
    _ source: UnsafeRawPointer, to format: PixelFormat, _ target: UnsafeMutableRawPointer, count: Int
  ) {
    for x in 0..<count {
      for channel in 0..<format.channels {
        let from =
          source + (x * channels + (colors == 1 && format.channels == 3 ? 0 : channel)) * sample.bytes
        let to = target + (x * format.channels + channel) * format.sample.bytes
        switch (sample, format.sample) {
        case (.uint8, .uint16): to.storeBytes(of: UInt16(from.load(as: UInt8.self)) * 257, as: UInt16.self)
        case (.uint16, .uint8): to.storeBytes(of: UInt8(from.load(as: UInt16.self) >> 8), as: UInt8.self)
        default: to.copyMemory(from: from, byteCount: sample.bytes)
        }
      }
    }
  }
}
