import SRData

/// The network's result as rows of samples: rounded, made grey if need be, and resized to another size if that is asked for.
final class ResultRows {
  private let format: SampleFormat
  private let width: Int
  private let row: UnsafeMutableRawPointer
  private let resize: BicubicRows?

  /// - Parameters:
  ///   - format: one or three channels.
  ///   - width: the width and height of the network's result.
  ///   - toWidth: those of the rows that are handed over.
  init(_ format: SampleFormat, width: Int, height: Int, toWidth: Int, toHeight: Int) {
    self.format = format
    self.width = width
    row = .allocate(byteCount: width * format.bytesPerPixel, alignment: 64)
    resize =
      (width, height) == (toWidth, toHeight)
      ? nil
      : BicubicRows(
        channels: format.channels, format.sample, fromWidth: width, height: height, toWidth: toWidth,
        height: toHeight)
  }

  deinit { row.deallocate() }

  /// The bytes that such rows take.
  static func workingBytes(_ format: SampleFormat, width: Int, height: Int, toWidth: Int, toHeight: Int)
    -> Int
  {
    width * format.bytesPerPixel
      + ((width, height) == (toWidth, toHeight)
        ? 0
        : BicubicRows.workingBytes(
          channels: format.channels, format.sample, fromWidth: width, height: height, toWidth: toWidth,
          height: toHeight))
  }

  /// Takes the next rows of the result ([rows, width, 3]), and hands over the rows that are complete with them. They are valid
  /// during the call.
  func append(
    _ count: Int, _ values: UnsafePointer<Float>, emit: (UnsafeRawPointer) throws -> Void
  ) throws {
    for y in 0..<count {
      let source = values + y * width * 3
      switch format.sample {
      case .uint8: fill(source, UInt8.self)
      case .uint16: fill(source, UInt16.self)
      case .float32: fill(source, Float.self)
      }
      if let resize { try resize.append(row, emit: emit) } else { try emit(row) }
    }
  }

  private func fill<Sample: IntensitySample>(_ source: UnsafePointer<Float>, _: Sample.Type) {
    let target = row.assumingMemoryBound(to: Sample.self)
    if format.channels == 1 {
      for x in 0..<width { target[x] = Sample(intensity: Self.luma(source + 3 * x)) }
    } else {
      for i in 0..<3 * width { target[i] = Sample(intensity: source[i]) }
    }
  }

  /// The luma of ITU-R BT.601, as Pillow's mode L has it.
  private static func luma(_ rgb: UnsafePointer<Float>) -> Float {
    0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]
  }
}

/// How an intensity is stored.
private protocol IntensitySample { init(intensity: Float) }

/// Clamped to 0...1, and rounded to the nearest level.
extension UInt8: IntensitySample {
  fileprivate init(intensity: Float) { self = UInt8((Swift.min(Swift.max(0, intensity), 1) * 255).rounded()) }
}

extension UInt16: IntensitySample {
  fileprivate init(intensity: Float) {
    self = UInt16((Swift.min(Swift.max(0, intensity), 1) * 65535).rounded())
  }
}

/// As it is.
extension Float: IntensitySample {
  fileprivate init(intensity: Float) { self = intensity }
}

/// The alpha of an enlarged picture, row by row: bicubic, apart from the colours.
final class AlphaRows {
  private let plane: UnsafeMutableRawPointer
  private let rowBytes: Int
  private let resize: BicubicRows
  private var taken = 0
  private var ready: [[UInt8]] = []

  /// Takes the last channel of a picture.
  init(of picture: DecodedPicture, toWidth: Int, height toHeight: Int) {
    let (bytes, pixel) = (picture.format.sample.bytes, picture.format.bytesPerPixel)
    rowBytes = picture.width * bytes
    plane = .allocate(byteCount: rowBytes * picture.height, alignment: 64)
    resize = BicubicRows(
      channels: 1, picture.format.sample, fromWidth: picture.width, height: picture.height, toWidth: toWidth,
      height: toHeight)
    let row = UnsafeMutableRawPointer.allocate(byteCount: picture.width * pixel, alignment: 64)
    defer { row.deallocate() }
    for y in 0..<picture.height {
      picture.copyRow(y, to: row)
      for x in 0..<picture.width {
        (plane + y * rowBytes + x * bytes).copyMemory(from: row + (x + 1) * pixel - bytes, byteCount: bytes)
      }
    }
  }

  deinit { plane.deallocate() }

  /// The next row of the enlarged alpha. Precondition: there is one.
  func next() throws -> [UInt8] {
    while ready.isEmpty {
      try resize.append(plane + taken * rowBytes) { [resize] row in
        ready.append(Array(UnsafeRawBufferPointer(start: row, count: resize.rowBytes)))
      }
      taken += 1
    }
    return ready.removeFirst()
  }
}
