import SRFiles

/// Pictures in a `.npy` file: one (HWC or CHW) or a batch (NHWC or NCHW), of uint8, uint16 or float32.
package final class PictureArray: Sendable {
  /// Where the channels are.
  package enum Layout: Sendable { case channelsLast, channelsFirst }

  package let path: String
  package let sample: SampleFormat.Sample
  package let layout: Layout
  /// Whether the array has a dimension for the pictures.
  package let isBatch: Bool
  package let count: Int
  package let height: Int
  package let width: Int
  /// 1 or 3.
  package let channels: Int
  private let file: MappedFile
  private let dataOffset: Int

  /// Maps the file.
  ///
  /// - Throws: ``FileError``, or ``NumPyError`` for another dtype, order, shape or length, and for a shape that could have its
  ///   channels first or last.
  package init(_ path: BytePath) throws {
    let file = try MappedFile(path: path)
    let (header, dataOffset) = try file.withBytes { bytes throws(NumPyError) in
      try NumPyHeader.parse(bytes, path: file.path)
    }
    func error(_ expected: String, _ found: String) -> NumPyError {
      NumPyError(path: file.path, expected: expected, found: found)
    }
    guard let sample = SampleFormat.Sample(numPyName: header) else {
      let isDouble = header.elementType.hasSuffix("f8") || header.elementType.hasSuffix("f2")
      throw error(
        "dtype uint8, uint16 ('<u2') or float32 ('<f4')",
        "dtype '\(header.elementType)'" + (isDouble ? "; save array.astype(numpy.float32)" : ""))
    }
    guard !header.isFortranOrder else {
      throw error("C order (last dimension contiguous)", "Fortran order; save numpy.ascontiguousarray(array)")
    }
    let shape = header.shape
    guard shape.count == 3 || shape.count == 4, shape.allSatisfy({ $0 > 0 }) else {
      throw error("pictures: shape (N, H, W, C) or (H, W, C) with 1 or 3 channels", "shape \(shape)")
    }
    let picture = Array(shape.suffix(3))
    let (isFirst, isLast) = ([1, 3].contains(picture[0]), [1, 3].contains(picture[2]))
    guard isFirst || isLast else {
      throw error("1 or 3 channels, last or first in a picture", "shape \(shape)")
    }
    guard !isFirst || !isLast else {
      throw error(
        "1 or 3 channels, last or first in a picture",
        "shape \(shape), where both may be channels; enlarge pictures of other sizes, or as PNG")
    }
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
    layout = isLast ? .channelsLast : .channelsFirst
    isBatch = shape.count == 4
    count = isBatch ? shape[0] : 1
    (height, width, channels) =
      isLast ? (picture[0], picture[1], picture[2]) : (picture[1], picture[2], picture[0])
  }

  /// The shape of an array like this one, with pictures of another size.
  package func shape(width: Int, height: Int) -> [Int] {
    (isBatch ? [count] : [])
      + (layout == .channelsLast ? [height, width, channels] : [channels, height, width])
  }

  /// Writes a row of a picture as RGB (HWC): byte / 255, value / 65535, or the float itself. Grey is repeated.
  package func loadRow(_ y: Int, of picture: Int, into target: UnsafeMutablePointer<Float>) {
    let start = dataOffset + sample.bytes * picture * height * width * channels
    let (pixel, channel) = layout == .channelsLast ? (channels, 1) : (1, height * width)
    file.withBytes { bytes in
      for x in 0..<width {
        for c in 0..<3 {
          let element = (y * width + x) * pixel + (channels == 1 ? 0 : c) * channel
          target[3 * x + c] = sample.intensity(bytes.baseAddress! + start + sample.bytes * element)
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

extension SampleFormat.Sample {
  /// NumPy's name for the type in this host's byte order, which is little-endian.
  var numPyName: String {
    switch self {
    case .uint8: NumPyArray.byteElementType
    case .uint16: "<u2"
    case .float32: "<f4"
    }
  }

  /// Nil for other types, and for another byte order.
  fileprivate init?(numPyName header: NumPyHeader) {
    switch header.elementType {
    case _ where header.hasByteElements: self = .uint8
    case "<u2", "=u2", "u2", "uint16": self = .uint16
    case "<f4", "=f4", "f4", "float32": self = .float32
    default: return nil
    }
  }

  /// The value at an address as an intensity: 1 is full.
  package func intensity(_ address: UnsafeRawPointer) -> Float {
    switch self {
    case .uint8: Float(address.load(as: UInt8.self)) / 255
    case .uint16: Float(address.loadUnaligned(as: UInt16.self)) / 65535
    case .float32: address.loadUnaligned(as: Float.self)
    }
  }
}
