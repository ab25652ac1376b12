import SRFiles
import SRTensor

/// Pictures in a `.npy` file: one (HWC or CHW) or a batch (NHWC or NCHW), of uint8, uint16 or float32. Pictures of one channel may
/// come without it (HW, NHW).
package final class PictureArray: Sendable {
  /// Where the channels are.
  package enum Layout: Sendable { case channelsLast, channelsFirst, noChannels }

  package let path: String
  package let sample: SampleFormat.Sample
  package let layout: Layout
  /// Whether the array has a dimension for the pictures.
  package let isBatch: Bool
  package let count: Int
  package let height: Int
  package let width: Int
  package let channels: Int
  private let file: MappedFile
  private let dataOffset: Int

  /// Maps the file.
  ///
  /// - Parameter channels: the numbers of channels that the pictures may have.
  /// - Throws: ``FileError``, or ``NumPyError`` for another dtype, order, shape or length, and for a shape that could have its
  ///   channels first or last.
  package init(_ path: BytePath, channels possible: [Int] = [1, 3]) throws {
    let file = try MappedFile(path: path)
    let (header, dataOffset) = try file.withBytes { bytes throws(NumPyError) in
      try NumPyHeader.parse(bytes, path: file.path)
    }
    func error(_ expected: String, _ found: String) -> NumPyError {
      NumPyError(path: file.path, expected: expected, found: found)
    }
    guard let sample = SampleType(numPyName: header) else {
      let isDouble = header.elementType.hasSuffix("f8") || header.elementType.hasSuffix("f2")
      throw error(
        "dtype uint8, uint16 ('<u2') or float32 ('<f4')",
        "dtype '\(header.elementType)'" + (isDouble ? "; save array.astype(numpy.float32)" : ""))
    }
    guard !header.isFortranOrder else {
      throw error("C order (last dimension contiguous)", "Fortran order; save numpy.ascontiguousarray(array)")
    }
    let shape = header.shape
    let counts =
      possible.map(String.init).joined(separator: " or ") + (possible == [1] ? " channel" : " channels")
    guard shape.count == 3 || shape.count == 4 || shape.count == 2 && possible == [1],
      shape.allSatisfy({ $0 > 0 })
    else {
      throw error("pictures: shape (N, H, W, C) or (H, W, C) with \(counts)", "shape \(shape)")
    }
    let ends = shape.count == 2 ? [] : [shape[shape.count - 3], shape[shape.count - 1]]
    let (isFirst, isLast) = (
      ends.first.map(possible.contains) ?? false, ends.last.map(possible.contains) ?? false
    )
    let hasNone = possible == [1] && shape.count < 4 && !isFirst && !isLast
    guard isFirst || isLast || hasNone else {
      throw error("\(counts), last or first in a picture", "shape \(shape)")
    }
    guard !isFirst || !isLast else {
      throw error(
        "\(counts), last or first in a picture",
        "shape \(shape), where both may be channels; enlarge pictures of other sizes, or as PNG")
    }
    // Height, width and channels in one of two orders.
    let picture = hasNone ? shape.suffix(2) + [1] : Array(shape.suffix(3))
    let found = file.count - dataOffset
    guard let expected = Self.product(shape + [sample.bytes]), expected == found else {
      throw error(
        "\(Self.product(shape + [sample.bytes]).map(String.init) ?? "more than 2^63") bytes for shape \(shape)",
        "\(found) bytes after the header")
    }
    guard let pixels = Self.product(Array(picture.dropFirst(isFirst ? 1 : 0).prefix(2))), pixels <= 1 << 28
    else {
      throw error("pictures of at most \(1 << 28) pixels", "shape \(shape)")
    }
    self.path = file.path
    self.sample = sample
    self.file = file
    self.dataOffset = dataOffset
    layout = hasNone ? .noChannels : isLast ? .channelsLast : .channelsFirst
    isBatch = shape.count == (hasNone ? 3 : 4)
    count = isBatch ? shape[0] : 1
    (height, width, channels) =
      isFirst ? (picture[1], picture[2], picture[0]) : (picture[0], picture[1], picture[2])
  }

  /// The shape of an array like this one, with pictures of another size and number of channels.
  package func shape(width: Int, height: Int, channels: Int) -> [Int] {
    let picture =
      switch layout {
      case .channelsLast: [height, width, channels]
      case .channelsFirst: [channels, height, width]
      case .noChannels: channels == 1 ? [height, width] : [height, width, channels]
      }
    return (isBatch ? [count] : []) + picture
  }

  /// Writes a row of a picture as intensities (HWC) of so many channels. A single channel is repeated.
  ///
  /// - Parameter values: how the array's values stand for intensities; nil for the type's whole range.
  /// - Precondition: the pictures have so many channels, or one.
  package func loadRow(
    _ y: Int, of picture: Int, channels wanted: Int = 3, values: SampleScale? = nil,
    into target: UnsafeMutablePointer<Float>
  ) {
    let values = values ?? SampleScale(sample)
    precondition(channels == wanted || channels == 1, "\(channels) channels are read as \(wanted)")
    let start = dataOffset + sample.bytes * picture * height * width * channels
    let (pixel, channel) = layout == .channelsFirst ? (1, height * width) : (channels, 1)
    file.withBytes { bytes in
      for x in 0..<width {
        for c in 0..<wanted {
          let element = (y * width + x) * pixel + (channels == 1 ? 0 : c) * channel
          target[wanted * x + c] = values.intensity(at: bytes.baseAddress! + start + sample.bytes * element)
        }
      }
    }
  }

  private static func product(_ factors: [Int]) -> Int? {
    factors.reduce(1) { product, factor in
      product.flatMap { value in
        let (result, overflow) = value.multipliedReportingOverflow(by: factor)
        return overflow ? nil : result
      }
    }
  }
}

extension SampleType {
  /// NumPy's name for the type in this host's byte order, which is little-endian.
  var numPyName: String {
    switch self {
    case .uint8: NumPyArray.byteElementType
    case .uint16: "<u2"
    case .float32: "<f4"
    }
  }

  /// Nil for other types, and for another byte order.
  init?(numPyName header: NumPyHeader) {
    switch header.elementType {
    case _ where header.hasByteElements: self = .uint8
    case "<u2", "=u2", "u2", "uint16": self = .uint16
    case "<f4", "=f4", "f4", "float32": self = .float32
    default: return nil
    }
  }
}
