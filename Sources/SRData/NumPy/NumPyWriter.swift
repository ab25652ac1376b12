import SRFiles

/// Writes a `.npy` file of bytes piece by piece. The file appears under its name when it is finished.
package final class NumPyWriter {
  package let path: String
  package let shape: [Int]
  private let file: DurableFileWriter
  private var missing: Int

  /// Starts a file that will hold `shape` bytes, and writes its header.
  /// - Throws: ``FileError``.
  package init(path: String, shape: [Int]) throws {
    self.path = path
    self.shape = shape
    missing = shape.reduce(1, *)
    file = try DurableFileWriter(replacing: path)
    let header = NumPyHeader(elementType: NumPyArray.byteElementType, shape: shape).encoded()
    try file.write(header)
  }

  /// Appends the next elements. Precondition: the shape has room for them.
  package func append(_ elements: [UInt8]) throws {
    precondition(
      elements.count <= missing, "\(elements.count) bytes appended, \(missing) missing of \(shape)")
    missing -= elements.count
    try elements.withUnsafeBytes { try file.write($0) }
  }

  /// Completes the file and returns the SHA-256 of the whole file in hexadecimal, as `sha256sum` prints it.
  /// Precondition: every element was appended.
  package func finish() throws -> String {
    precondition(missing == 0, "\(path) finished with \(missing) bytes missing of \(shape)")
    return try file.finish().sha256
  }
}
