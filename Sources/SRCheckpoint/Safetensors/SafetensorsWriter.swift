import Foundation
import SRFiles

/// Writes float32 tensors as a safetensors file. The same tensors and metadata always give the same bytes.
package struct SafetensorsWriter {
  package struct Tensor: Sendable {
    package let name: String
    package let shape: [Int]
    /// Row-major.
    package let values: [Float]

    /// Precondition: `values.count` is the product of `shape`.
    package init(name: String, shape: [Int], values: [Float]) {
      precondition(
        values.count == shape.reduce(1, *), "\(name): \(values.count) values given for shape \(shape)")
      self.name = name
      self.shape = shape
      self.values = values
    }
  }

  private let tensors: [Tensor]
  private let header: String

  /// Prepares a file of `tensors`, in this order. Precondition: names are unique, and none is `__metadata__`.
  package init(tensors: [Tensor], metadata: [String: String] = [:]) {
    var names: Set<String> = ["__metadata__"]
    var members: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }
        .map { "\(HeaderJSON.quoted($0.key)):\(HeaderJSON.quoted($0.value))" }
      members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    for tensor in tensors {
      precondition(names.insert(tensor.name).inserted, "two tensors are called \(tensor.name)")
      let end = offset + 4 * tensor.values.count
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      members.append(
        "\(HeaderJSON.quoted(tensor.name)):"
          + "{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    let text = "{\(members.joined(separator: ","))}"
    // For readers that map the file, the data are aligned to 8 bytes.
    header = text + String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
    self.tensors = tensors
  }

  /// The size of the whole file in bytes.
  package var byteCount: Int {
    8 + header.utf8.count + tensors.reduce(0) { $0 + 4 * $1.values.count }
  }

  /// Writes the file under a temporary name, flushes it, and renames it to `path`. A reader sees the old file or the new one,
  /// never a part. Throws ``SafetensorsError``.
  package func write(to path: String) throws {
    do {
      try write(to: DurableFileWriter(replacing: path))
    } catch let error as FileError {
      throw SafetensorsError(path: path, .file(error.needing(byteCount)))
    }
  }

  /// Writes and flushes a new file at `path`. Throws ``FileError``.
  func write(creating path: String) throws -> FileDigest {
    try write(to: DurableFileWriter(creating: path))
  }

  @discardableResult
  private func write(to file: DurableFileWriter) throws -> FileDigest {
    try withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { try file.write($0) }
    try file.write(header.utf8)
    for tensor in tensors {
      try LittleEndianFloats.withBytes(of: tensor.values) { try file.write($0) }
    }
    return try file.finish()
  }
}

/// Floats as they lie in files and as hashes see them.
enum LittleEndianFloats {
  /// Calls `body` with the little-endian bytes of `values`. A little-endian machine makes no copy.
  static func withBytes<Result>(
    of values: [Float], _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    #if _endian(little)
      return try values.withUnsafeBytes(body)
    #else
      return try values.map { $0.bitPattern.littleEndian }.withUnsafeBytes(body)
    #endif
  }
}
