import SRData
import SRFiles
import SRInference
import SRKernels
import SRModels
import SRTensor

/// Enlarges files, one after the other, with one network.
struct FileUpscaler {
  let network: NetworkInference
  let quality: Int
  /// The bytes that the network does not get: those of the program, and those that a file takes beside the network's.
  let reserved: Int
  let kernels: any KernelSet
  /// Measures pictures that have originals.
  let comparison: PictureScores?
  /// Called as the work gets on, with the share of the file that is done.
  let progress: (Double) -> Void

  /// The bytes that an item takes beside the network's.
  ///
  /// - Parameter model: the network.
  static func bytes(for item: UpscaleItem, _ model: ModelDescription) -> Int {
    let (input, scale) = (item.width * item.height, model.scale)
    let outputPixel = item.outputChannels * item.values.sample.bytes
    var bytes = input * model.inputChannels * MemoryLayout<Float>.stride
    bytes += ResultRows.workingBytes(
      item.result, width: scale * item.width, height: scale * item.height, toWidth: item.outputWidth,
      toHeight: item.outputHeight)
    // The encoder's rows and buffers, and the row that is put together.
    bytes += 8 * item.outputWidth * outputPixel + (2 << 20)
    if item.format == nil { return bytes + item.outputWidth * item.outputHeight * outputPixel }
    let stored = item.stored
    // The picture is decoded before the alpha is taken out of it.
    bytes += input * stored.bytesPerPixel + 64 * item.width + (1 << 19)
    if stored.hasAlpha {
      bytes += input * stored.sample.bytes
      bytes += BicubicRows.workingBytes(
        channels: 1, stored.sample, fromWidth: item.width, height: item.height, toWidth: item.outputWidth,
        height: item.outputHeight)
    }
    if item.reference != nil || item.comparison != nil {
      // The result, bicubic's, the original, their luma or floats, and a sheet of four.
      bytes += item.outputWidth * item.outputHeight * 3 * (3 + 4 + 2 * MemoryLayout<Double>.stride)
    }
    return bytes
  }

  /// Enlarges a file, and puts the result in its place when it is complete.
  func run(_ item: UpscaleItem) throws -> UpscaledPicture {
    let start = ContinuousClock.now
    try DirectoryCalls.createWithParents(DirectoryCalls.parent(of: item.output))
    var notes: [String] = []
    var scores: PictureScores.Values?
    if let format = item.format {
      scores = try enlargePicture(item, format, &notes)
    } else {
      try enlargeArray(item)
    }
    let time = ContinuousClock.now - start
    return UpscaledPicture(
      input: item.input.description, output: item.output, width: item.width, height: item.height,
      outputWidth: item.outputWidth, outputHeight: item.outputHeight,
      seconds: Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18, notes: notes,
      comparison: item.comparison, metrics: scores?.metrics, bicubic: scores?.bicubic)
  }

  // MARK: - Pictures

  private func enlargePicture(
    _ item: UpscaleItem, _ format: PictureFile.Format, _ notes: inout [String]
  ) throws -> PictureScores.Values? {
    let file = try PictureFile(item.input)
    let stored = file.stored
    guard file.size == (item.width, item.height), stored == item.stored else {
      throw UpscaleError("\(item.input): the file changed while the job ran; start the job again")
    }
    let attachments = file.attachments()
    let decoding = try Input(
      file.decode(as: stored), channels: network.model.inputChannels, item.values,
      alphaWidth: item.outputWidth, height: item.outputHeight)
    try checkRange(decoding.values, of: item)
    let lowRes = item.reference != nil || item.comparison != nil ? decoding.image : nil
    notes += Self.notes(file, attachments, decoding.warnings)

    let writer = try DurableFileWriter(replacing: item.output)
    let encoder = try PictureEncoder(
      format, stored, width: item.outputWidth, height: item.outputHeight, quality: quality,
      attachments: attachments, path: item.output, sink: { try writer.write($0) })
    if !attachments.profile.isEmpty, !encoder.hasProfile {
      notes.append("its ICC profile is left out, because a PNG of these colours cannot have it")
    }
    var result = lowRes.map { _ in
      ResultImage(item.result, width: item.outputWidth, height: item.outputHeight)
    }
    let joined = JoinedRow(stored, width: item.outputWidth)
    try enlarge(decoding.values, item, from: 0, of: 1) { row in
      result?.append(row)
      try encoder.append(decoding.alpha.map { joined.join(row, $0.next()) } ?? row)
    }
    try encoder.finish()
    let scores = try result.flatMap { result in
      try comparison?.compare(item, lowRes: lowRes!, superRes: result.image)
    }
    try writer.finish()
    return scores
  }

  private static func notes(
    _ file: PictureFile, _ attachments: PictureAttachments, _ warnings: DecodedPicture.Warnings?
  ) -> [String] {
    var notes: [String] = []
    if file.conversions.contains(.turned) { notes.append("turned upright") }
    if file.conversions.contains(.cmyk) {
      notes.append("CMYK converted to RGB as Adobe's, without its profile")
    }
    if let fault = attachments.profileFault { notes.append("its ICC profile is left out: \(fault)") }
    if let warnings { notes.append("\(warnings.first)") }
    return notes
  }

  /// Enlarges one picture, and hands over its rows.
  ///
  /// - Parameters:
  ///   - index: the picture's position among the `count` pictures of the file.
  private func enlarge(
    _ values: AlignedBuffer, _ item: UpscaleItem, from index: Int, of count: Int,
    emit: (UnsafeRawPointer) throws -> Void
  ) throws {
    let scale = network.model.scale
    let (width, height) = (scale * item.width, scale * item.height)
    let channels = network.model.outputChannels
    let rows = ResultRows(
      item.result, resultChannels: channels, width: width, height: height, toWidth: item.outputWidth,
      toHeight: item.outputHeight)
    do {
      try network.enlarge(values.pointer, height: item.height, width: item.width) { range, strip in
        guard kernels.allFinite(strip, count: range.count * width * channels) else {
          throw UpscaleError(
            "\(item.input): the network's result is not finite; its weights do not suit the picture")
        }
        try rows.append(range.count, strip, emit: emit)
        progress((Double(index) + Double(range.upperBound) / Double(height)) / Double(count))
      }
    } catch let error as InferenceMemoryError {
      throw UpscaleError(
        "\(item.input): \(error). \(ByteCount(reserved)) more are for the program and the picture itself: give --memory "
          + "\(ByteCount(error.needed + reserved)) or more")
    }
    withExtendedLifetime(values) {}
  }

  // MARK: - Arrays

  private func enlargeArray(_ item: UpscaleItem) throws {
    let channels = network.model.inputChannels
    let array = try PictureArray(item.input, channels: UpscaleItem.arrayChannels(network.model))
    guard (array.width, array.height, array.count) == (item.width, item.height, item.count),
      (array.channels, array.sample) == (item.channels, item.values.sample)
    else {
      throw UpscaleError("\(item.input): the file changed while the job ran; start the job again")
    }
    let (width, height) = (item.outputWidth, item.outputHeight)
    let writer = try NumPyWriter(
      path: item.output, shape: array.shape(width: width, height: height, channels: item.outputChannels),
      array.sample)
    let values = AlignedBuffer(count: item.width * item.height * channels)
    for picture in 0..<array.count {
      for y in 0..<array.height {
        array.loadRow(
          y, of: picture, channels: channels, values: item.values,
          into: values.pointer + channels * array.width * y)
      }
      try checkRange(values, of: item, picture: picture)
      if array.layout != .channelsFirst || item.outputChannels == 1 {
        try enlarge(values, item, from: picture, of: array.count) { row in
          try writer.append(UnsafeRawBufferPointer(start: row, count: width * item.result.bytesPerPixel))
        }
      } else {
        var planes = ChannelPlanes(item.result, width: width, height: height)
        try enlarge(values, item, from: picture, of: array.count) { planes.append($0) }
        try planes.bytes.withUnsafeBytes { try writer.append($0) }
      }
    }
    _ = try writer.finish()
  }

  /// Values that are no intensities give meaningless pictures.
  ///
  /// - Parameter picture: the picture's position in an array.
  private func checkRange(_ values: AlignedBuffer, of item: UpscaleItem, picture: Int? = nil) throws {
    let elements = UnsafeBufferPointer(start: values.pointer, count: values.count)
    guard let wrong = elements.first(where: { !(abs($0) <= Self.largestIntensity) }) else { return }
    let subject = picture.map { "picture \($0)" } ?? "the picture"
    guard item.values.isStandard else {
      throw UpscaleError(
        "\(item.input): \(subject) has the value \(Float(item.values.value(of: wrong))), expected values of the range "
          + "\(item.values.range); give the file's own values of black and of full intensity as --range LOW,HIGH"
      )
    }
    throw UpscaleError(
      "\(item.input): \(subject) has the value \(wrong), expected intensities from 0 to 1; divide by the value of "
        + "white, such as 255, or give the values of black and of full intensity as --range LOW,HIGH")
  }

  /// Resized pictures go a little beyond 0...1.
  private static let largestIntensity: Float = 2
}

/// A decoded picture as the network reads it.
private struct Input {
  /// [height, width, channels], as the network reads them.
  let values: AlignedBuffer
  /// Nil if the picture has none.
  let alpha: AlphaRows?
  let width: Int
  let height: Int
  let warnings: DecodedPicture.Warnings?

  private let channels: Int

  /// - Parameter channels: as many as the picture has colours, or three for grey.
  init(
    _ picture: DecodedPicture, channels: Int, _ scale: SampleScale, alphaWidth: Int, height alphaHeight: Int
  ) {
    (width, height) = (picture.width, picture.height)
    self.channels = channels
    warnings = picture.warnings
    let (format, values) = (picture.format, AlignedBuffer(count: picture.width * picture.height * channels))
    let row = UnsafeMutableRawPointer.allocate(byteCount: width * format.bytesPerPixel, alignment: 64)
    defer { row.deallocate() }
    for y in 0..<height {
      picture.copyRow(y, to: row)
      let target = values.pointer + channels * width * y
      for x in 0..<width {
        for c in 0..<channels {
          let channel = x * format.channels + (format.colors == 1 ? 0 : c)
          target[channels * x + c] = scale.intensity(at: row + channel * format.sample.bytes)
        }
      }
    }
    self.values = values
    alpha = format.hasAlpha ? AlphaRows(of: picture, toWidth: alphaWidth, height: alphaHeight) : nil
  }

  /// The colours in 8 bits.
  var image: RGBImage {
    RGBImage(
      intensities: UnsafeBufferPointer(start: values.pointer, count: values.count), channels: channels,
      width: width, height: height)
  }
}

/// Puts colours and alpha side by side.
private final class JoinedRow {
  private let format: SampleFormat
  private let width: Int
  private let row: UnsafeMutableRawPointer

  init(_ format: SampleFormat, width: Int) {
    self.format = format
    self.width = width
    row = .allocate(byteCount: width * format.bytesPerPixel, alignment: 64)
  }

  deinit { row.deallocate() }

  /// The row is valid until the next call.
  func join(_ colors: UnsafeRawPointer, _ alpha: [UInt8]) -> UnsafeRawPointer {
    let (sample, pixel) = (format.sample.bytes, format.bytesPerPixel)
    let colorBytes = pixel - sample
    alpha.withUnsafeBytes { alpha in
      for x in 0..<width {
        (row + x * pixel).copyMemory(from: colors + x * colorBytes, byteCount: colorBytes)
        (row + x * pixel + colorBytes).copyMemory(from: alpha.baseAddress! + x * sample, byteCount: sample)
      }
    }
    return UnsafeRawPointer(row)
  }
}

/// The rows of a result, collected as 8-bit RGB.
private struct ResultImage {
  private let format: RowFormat
  private let width: Int
  private let height: Int
  private var pixels: [UInt8] = []

  init(_ format: RowFormat, width: Int, height: Int) {
    self.format = format
    self.width = width
    self.height = height
    pixels.reserveCapacity(width * height * 3)
  }

  var image: RGBImage { RGBImage(width: width, height: height, pixels: pixels) }

  /// - Parameter row: without alpha.
  mutating func append(_ row: UnsafeRawPointer) {
    let (colors, values) = (format.channels, format.values)
    for x in 0..<width {
      for c in 0..<3 {
        let address = row + (x * colors + (colors == 1 ? 0 : c)) * values.sample.bytes
        pixels.append(UInt8((min(max(0, values.intensity(at: address)), 1) * 255).rounded()))
      }
    }
  }
}

/// The rows of a result, collected channel by channel.
private struct ChannelPlanes {
  private let format: RowFormat
  private let width: Int
  private let height: Int
  private(set) var bytes: [UInt8]
  private var y = 0

  init(_ format: RowFormat, width: Int, height: Int) {
    self.format = format
    self.width = width
    self.height = height
    bytes = [UInt8](repeating: 0, count: width * height * format.bytesPerPixel)
  }

  mutating func append(_ row: UnsafeRawPointer) {
    let (channels, sample) = (format.channels, format.values.sample.bytes)
    bytes.withUnsafeMutableBytes { bytes in
      for c in 0..<channels {
        let plane = bytes.baseAddress! + ((c * height + y) * width) * sample
        for x in 0..<width {
          (plane + x * sample).copyMemory(from: row + (x * channels + c) * sample, byteCount: sample)
        }
      }
    }
    y += 1
  }
}
