import SRData
import SRTensor

/// What rows of samples consist of: the channels of a pixel side by side.
struct RowFormat {
  let channels: Int
  let values: SampleScale

  var bytesPerPixel: Int { channels * values.sample.bytes }
}

/// The network's result as rows of samples: rounded, made grey if need be, and resized to another size if that is asked for.
final class ResultRows {
  private let format: RowFormat
  private let resultChannels: Int
  private let width: Int
  private let row: UnsafeMutableRawPointer
  private let resize: BicubicRows?

  /// - Parameters:
  ///   - format: as many channels as the network's result, or one of three.
  ///   - resultChannels: of the network's result.
  ///   - width: the width and height of the network's result.
  ///   - toWidth: those of the rows that are handed over.
  init(
    _ format: RowFormat, resultChannels: Int, width: Int, height: Int, toWidth: Int, toHeight: Int
  ) {
    precondition(
      format.channels == resultChannels || (format.channels, resultChannels) == (1, 3),
      "\(resultChannels) channels are written as \(format.channels)")
    self.format = format
    self.resultChannels = resultChannels
    self.width = width
    row = .allocate(byteCount: width * format.bytesPerPixel, alignment: 64)
    resize =
      (width, height) == (toWidth, toHeight)
      ? nil
      : BicubicRows(
        channels: format.channels, format.values.sample, fromWidth: width, height: height,
        toWidth: toWidth, height: toHeight)
  }

  deinit { row.deallocate() }

  /// The bytes that such rows take.
  static func workingBytes(_ format: RowFormat, width: Int, height: Int, toWidth: Int, toHeight: Int)
    -> Int
  {
    width * format.bytesPerPixel
      + ((width, height) == (toWidth, toHeight)
        ? 0
        : BicubicRows.workingBytes(
          channels: format.channels, format.values.sample, fromWidth: width, height: height,
          toWidth: toWidth, height: toHeight))
  }

  /// Takes the next rows of the result ([rows, width, channels]), and hands over the rows that are complete with them. They are valid
  /// during the call.
  func append(
    _ count: Int, _ values: UnsafePointer<Float>, emit: (UnsafeRawPointer) throws -> Void
  ) throws {
    for y in 0..<count {
      fill(values + y * width * resultChannels)
      if let resize { try resize.append(row, emit: emit) } else { try emit(row) }
    }
  }

  private func fill(_ source: UnsafePointer<Float>) {
    let bytes = format.values.sample.bytes
    if format.channels == resultChannels {
      for i in 0..<resultChannels * width { format.values.store(source[i], at: row + i * bytes) }
    } else {
      for x in 0..<width { format.values.store(Self.luma(source + 3 * x), at: row + x * bytes) }
    }
  }

  /// The luma of ITU-R BT.601, as Pillow's mode L has it.
  private static func luma(_ rgb: UnsafePointer<Float>) -> Float {
    0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]
  }
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
  func next() -> [UInt8] {
    while ready.isEmpty {
      resize.append(plane + taken * rowBytes) { [resize] row in
        ready.append(Array(UnsafeRawBufferPointer(start: row, count: resize.rowBytes)))
      }
      taken += 1
    }
    return ready.removeFirst()
  }
}
