import SRFiles
import SRTensor

/// A `.npy` file of bytes or other values (C order), mapped into memory. Elements are read from the disk when they are used, and
/// ranks of one host share them.
package final class NumPyArray: Sendable {
  package let path: String
  /// The dimensions, the slowest first.
  package let shape: [Int]
  /// The type of an element.
  package let sample: SampleType
  /// The whole file.
  package let file: MappedFile
  private let dataOffset: Int

  /// The name under which NumPy writes 8-bit unsigned integers. It reads others too; see ``NumPyHeader/hasByteElements``.
  package static let byteElementType = "|u1"

  /// Maps the file, and checks that it holds exactly the array that its header announces.
  /// - Parameter rank: the number of dimensions that it must have.
  /// - Throws: ``FileError``, or ``NumPyError`` for another dtype than uint8, another order, rank or length.
  package convenience init(path: String, rank: Int) throws {
    try self.init(path: path, ranks: [rank], [.uint8])
  }

  /// Maps the file, and checks that it holds exactly the array that its header announces.
  /// - Parameters:
  ///   - ranks: the numbers of dimensions that it may have, rising.
  ///   - types: that the elements may have: uint8 alone, or all.
  /// - Throws: ``FileError``, or ``NumPyError`` for another dtype, order, rank or length.
  package convenience init(path: String, ranks: [Int], _ types: [SampleType]) throws {
    try self.init(file: MappedFile(path: path), ranks: ranks, types)
  }

  /// The same for a file that is mapped. Throws ``NumPyError``.
  init(file: MappedFile, ranks: [Int], _ types: [SampleType]) throws {
    let path = file.path
    let (header, dataOffset) = try NumPyHeader.parse(file.bytes, path: path)
    guard let sample = SampleType(numPyName: header), types.contains(sample) else {
      throw NumPyError(
        path: path,
        expected: types == [.uint8]
          ? "dtype uint8 ('\(Self.byteElementType)') with values from 0 to 255"
          : "dtype uint8, uint16 ('<u2') or float32 ('<f4')",
        found: "dtype '\(header.elementType)'"
          + (types == [.uint8] ? header.adviceForBytes : header.adviceForSamples))
    }
    guard !header.isFortranOrder else {
      throw NumPyError(
        path: path, expected: "C order (last dimension contiguous)",
        found: "Fortran order; save numpy.ascontiguousarray(array)")
    }
    guard ranks.contains(header.shape.count) else {
      throw NumPyError(
        path: path, expected: "\(ranks.map(String.init).joined(separator: " or ")) dimensions",
        found: "shape \(header.shape)")
    }
    let expected = Self.byteCount(header.shape + [sample.bytes])
    let found = file.bytes.count - dataOffset
    guard let expected, expected == found else {
      let isTruncated = expected.map { found < $0 } ?? true
      throw NumPyError(
        path: path,
        expected: "\(expected.map(String.init) ?? "more than 2^63") bytes for shape \(header.shape)",
        found: "\(found) bytes after the header" + (isTruncated ? ": the file is truncated" : ""))
    }
    self.path = path
    self.file = file
    self.dataOffset = dataOffset
    self.sample = sample
    shape = header.shape
  }

  private init(_ array: NumPyArray, shape: [Int]) {
    (path, file, dataOffset, sample) = (array.path, array.file, array.dataOffset, array.sample)
    self.shape = shape
  }

  /// The same array with four dimensions: pictures of one channel if there are three.
  func withChannels() -> NumPyArray { shape.count == 3 ? NumPyArray(self, shape: shape + [1]) : self }

  /// A picture, HW or HWC, as one of four dimensions.
  func asOnePicture() -> NumPyArray {
    NumPyArray(self, shape: [1] + shape + (shape.count == 2 ? [1] : []))
  }

  /// The bytes of all elements. The pointer is valid as long as the array lives.
  package var bytes: UnsafeBufferPointer<UInt8> {
    UnsafeRawBufferPointer(rebasing: file.bytes[dataOffset...]).assumingMemoryBound(to: UInt8.self)
  }

  /// The bytes of one entry along the first dimension. The pointer is valid as long as the array lives.
  package func entry(_ index: Int) -> UnsafeBufferPointer<UInt8> {
    precondition(index >= 0 && index < shape[0], "entry \(index) of \(shape[0]) in \(path)")
    let count = shape.dropFirst().reduce(sample.bytes, *)
    return UnsafeBufferPointer(rebasing: bytes[(index * count)..<((index + 1) * count)])
  }

  private static func byteCount(_ shape: [Int]) -> Int? {
    var count = 1
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      count = product
    }
    return count
  }
}

/// Writes a `.npy` file piece by piece. The file gets its name when it is finished.
package final class NumPyWriter {
  package let path: String
  package let shape: [Int]
  private let file: DurableFileWriter
  private var missing: Int

  /// Starts a file that will hold an array of `shape`, and writes its header. Precondition: its bytes can be counted.
  ///
  /// - Parameter type: the elements', whose bytes have this host's order.
  /// - Throws: ``FileError``.
  package init(path: String, shape: [Int], _ type: SampleFormat.Sample = .uint8) throws {
    self.path = path
    self.shape = shape
    missing = shape.reduce(type.bytes, *)
    file = try DurableFileWriter(replacing: path)
    try file.write(NumPyHeader(elementType: type.numPyName, shape: shape).encoded())
  }

  /// Appends the bytes of the next elements. Precondition: the shape has room for them.
  package func append(_ elements: UnsafeRawBufferPointer) throws {
    precondition(
      elements.count <= missing, "\(elements.count) bytes appended, \(missing) missing of \(shape)")
    missing -= elements.count
    try file.write(elements)
  }

  /// Appends the next elements, which are bytes.
  package func append(_ elements: [UInt8]) throws { try elements.withUnsafeBytes { try append($0) } }

  /// Completes the file, and returns the SHA-256 of the whole file in hexadecimal, as `sha256sum` prints it. Precondition:
  /// every element was appended.
  package func finish() throws -> String {
    precondition(missing == 0, "\(path) finished with \(missing) bytes missing of \(shape)")
    return try file.finish().sha256
  }
}
