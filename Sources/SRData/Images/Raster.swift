import SRTensor

/// What the pixels of a picture consist of: values side by side, in the host's byte order. What a channel means is not said.
package struct PixelFormat: Sendable, Hashable, CustomStringConvertible {
  package let channels: Int
  package let sample: SampleType

  /// Precondition: there is a channel.
  package init(channels: Int, _ sample: SampleType) {
    precondition(channels > 0, "a pixel of \(channels) channels")
    self.channels = channels
    self.sample = sample
  }

  package static let rgb8 = PixelFormat(channels: 3, .uint8)

  package var bytesPerPixel: Int { channels * sample.bytes }
  /// Such as `uint16, 1 channel`.
  package var description: String { "\(sample.rawValue), \(channels) channel\(channels == 1 ? "" : "s")" }
}

/// A picture of any format: `height` rows of `width` pixels.
package struct Raster: Sendable, Equatable {
  package let width: Int
  package let height: Int
  package let format: PixelFormat
  /// Row by row.
  package let bytes: [UInt8]

  /// Takes `bytes` as they are. Precondition: they are as many as the pixels have.
  package init(width: Int, height: Int, _ format: PixelFormat, bytes: [UInt8]) {
    precondition(
      width > 0 && height > 0 && bytes.count == width * height * format.bytesPerPixel,
      "\(bytes.count) bytes given for \(width) x \(height) pixels of \(format)")
    self.width = width
    self.height = height
    self.format = format
    self.bytes = bytes
  }

  package init(_ image: RGBImage) {
    self.init(width: image.width, height: image.height, .rgb8, bytes: image.pixels)
  }

  package var size: PictureSize { PictureSize(width: width, height: height) }

  /// The picture as it is. Precondition: it is 8-bit RGB.
  package var rgbImage: RGBImage {
    precondition(format == .rgb8, "a picture of \(format) taken for 8-bit RGB")
    return RGBImage(width: width, height: height, pixels: bytes)
  }

  /// The part whose upper left corner is (`x`, `y`). Precondition: it lies in the picture.
  package func cropped(x: Int = 0, y: Int = 0, to size: PictureSize) -> Raster {
    precondition(
      x >= 0 && y >= 0 && x + size.width <= width && y + size.height <= height,
      "a crop of \(size) at (\(x), \(y)) leaves a picture of \(self.size)")
    if size == self.size { return self }
    var result: [UInt8] = []
    result.reserveCapacity(size.pixels * format.bytesPerPixel)
    for row in y..<y + size.height {
      let start = (row * width + x) * format.bytesPerPixel
      result += bytes[start..<start + size.width * format.bytesPerPixel]
    }
    return Raster(width: size.width, height: size.height, format, bytes: result)
  }

  /// A picture of so many channels: each is the channel of its number, and if there are fewer, they are taken in turn.
  package func takingChannels(_ count: Int) -> Raster {
    if count == format.channels { return self }
    let (sample, result) = (format.sample.bytes, PixelFormat(channels: count, format.sample))
    var values: [UInt8] = []
    values.reserveCapacity(size.pixels * result.bytesPerPixel)
    for pixel in 0..<size.pixels {
      for channel in 0..<count {
        let start = pixel * format.bytesPerPixel + channel % format.channels * sample
        values += bytes[start..<start + sample]
      }
    }
    return Raster(width: width, height: height, result, bytes: values)
  }

  /// The picture resized bicubically, in its own format. 8-bit RGB as by ``PictureResize``; others as by ``BicubicRows`` or
  /// ``MatlabResize``.
  package func resized(width: Int, height: Int, by resampling: Resampling) -> Raster {
    if format == .rgb8 { return Raster(rgbImage.resized(width: width, height: height, by: resampling)) }
    switch resampling {
    case .pillow:
      let resize = BicubicRows(
        channels: format.channels, format.sample, fromWidth: self.width, height: self.height, toWidth: width,
        height: height)
      var result: [UInt8] = []
      result.reserveCapacity(width * height * format.bytesPerPixel)
      bytes.withUnsafeBytes { source in
        for y in 0..<self.height {
          resize.append(source.baseAddress! + y * self.width * format.bytesPerPixel) { row in
            result += UnsafeRawBufferPointer(start: row, count: resize.rowBytes)
          }
        }
      }
      return Raster(width: width, height: height, format, bytes: result)
    case .matlab:
      let resize = MatlabResize(
        fromWidth: self.width, height: self.height, toWidth: width, height: height)
      func bytes<Value: ResizedValue>(_: Value.Type) -> [UInt8] {
        self.bytes.withUnsafeBytes { source in
          resize(source.bindMemory(to: Value.self), channels: format.channels)
            .withUnsafeBytes { Array($0) }
        }
      }
      let result =
        switch format.sample {
        case .uint8: bytes(UInt8.self)
        case .uint16: bytes(UInt16.self)
        case .float32: bytes(Float.self)
        }
      return Raster(width: width, height: height, format, bytes: result)
    }
  }
}

extension SampleType {
  /// The first of some values for which `isWrong` holds.
  func firstValue(
    in bytes: UnsafeRawBufferPointer, where isWrong: (Double) -> Bool
  ) -> Double? {
    switch self {
    case .uint8: return bytes.lazy.map { Double($0) }.first(where: isWrong)
    case .uint16:
      for offset in stride(from: 0, to: bytes.count, by: 2) {
        let value = Double(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        if isWrong(value) { return value }
      }
    case .float32:
      for offset in stride(from: 0, to: bytes.count, by: 4) {
        let value = Double(bytes.loadUnaligned(fromByteOffset: offset, as: Float.self))
        if isWrong(value) { return value }
      }
    }
    return nil
  }
}

extension SampleScale {
  /// The first value that is no number, or so far from the range that it must have another meaning. Resized pictures go a little
  /// beyond their range.
  func firstMisfit(in bytes: UnsafeRawBufferPointer) -> Float? {
    if isStandard, sample != .float32 { return nil }
    let width = range.high - range.low
    let (least, most) = (range.low - width, range.high + width)
    return sample.firstValue(in: bytes) { !($0 >= least && $0 <= most) }.map { Float($0) }
  }
}
