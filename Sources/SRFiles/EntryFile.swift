import Foundation
import Synchronization

/// A file of entries of one size, each of which is a function of a source. It is filled in any order.
///
/// The file begins with a text that says what the entries are. Then comes a record for each entry: SHA-256 of the entry's source,
/// and SHA-256 of the source's digest and the entry. Entries follow, each from the start of a page.
///
/// An entry's record is written last. So an entry whose writing was cut short has no record, or one that does not fit it. Several
/// threads, programs and ranks may fill the same file, because all of them write the same bytes for the same source. Entries are
/// read and written, not mapped: a file that is cut, or that the disk cannot read, ends no program.
package final class EntryFile: Sendable {
  package let path: String
  package let count: Int
  private let layout: Layout
  private let file: SharedFile
  /// By entry: a record that was found to fit its entry, or not to fit it. An entry is hashed once.
  private let known = Mutex<[Int: Known]>([:])

  private struct SharedFile: @unchecked Sendable {
    // Only calls that take an offset are made.
    let file: OpenFile
  }

  private struct Known {
    let record: [UInt8]
    let isSound: Bool
  }

  private struct Layout {
    let records: Int
    let entries: Int
    let stride: Int
    let entryBytes: Int

    init(header: Int, count: Int, entryBytes: Int) {
      records = header
      entries = pages(header + count * recordBytes)
      stride = pages(entryBytes)
      self.entryBytes = entryBytes
    }
  }

  /// Opens the file at `path`, whose folder exists. If nothing is there, or a file that begins with another text, makes a new file
  /// without entries. Only one program at a time may do that.
  ///
  /// Throws ``FileError``.
  package init(path: String, text: String, count: Int, entryBytes: Int) throws {
    var header = Array(text.utf8)
    header += Array(repeating: UInt8(ascii: "\n"), count: pages(header.count + 1) - header.count)
    self.path = path
    self.count = count
    layout = Layout(header: header.count, count: count, entryBytes: entryBytes)
    if let found = try Self.open(path), try Self.begins(found, with: header) {
      file = SharedFile(file: found)
    } else {
      try DurableFileWriter.replace(path, with: header)
      file = SharedFile(file: try OpenFile(path, O_RDWR | O_NOFOLLOW))
    }
  }

  /// Nil if nothing is there.
  private static func open(_ path: String) throws -> OpenFile? {
    do {
      return try OpenFile(path, O_RDWR | O_NOFOLLOW)
    } catch let error as FileError where error.saysAbsent {
      return nil
    }
  }

  private static func begins(_ file: OpenFile, with header: [UInt8]) throws -> Bool {
    try bytes(of: file, at: 0, count: header.count) == header
  }

  /// Nil if the file ends before.
  private static func bytes(of file: OpenFile, at offset: Int, count: Int) throws -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return try bytes.withUnsafeMutableBytes { try file.read(at: offset, into: $0) } == count ? bytes : nil
  }

  /// The bytes that an entry takes on the disk, beside its record.
  package static func diskBytes(ofEntry bytes: Int) -> Int { pages(bytes) + recordBytes }

  /// How many entries have records. They need not be sound. Throws ``FileError``.
  package func recordCount() throws -> Int {
    var found = [UInt8](repeating: 0, count: count * recordBytes)
    _ = try found.withUnsafeMutableBytes { try file.file.read(at: layout.records, into: $0) }
    return (0..<count).count { entry in
      found[entry * recordBytes..<(entry + 1) * recordBytes].contains { $0 != 0 }
    }
  }

  /// Whether the entry of this source is there. Throws ``FileError``.
  package func holds(_ entry: Int, source: [UInt8]) throws -> Bool {
    guard let record = try record(entry), record.starts(with: source) else { return false }
    return known.withLock { $0[entry].map { $0.record != record || $0.isSound } } ?? true
  }

  /// Reads the entry of this source. Returns false if it is not there, or if it is not what was written; then
  /// ``holds(_:source:)`` is false too. Throws ``FileError``.
  package func read(_ entry: Int, source: [UInt8], into bytes: UnsafeMutableRawBufferPointer) throws -> Bool {
    precondition(
      bytes.count == layout.entryBytes, "an entry of \(layout.entryBytes) bytes, and \(bytes.count)")
    guard let record = try record(entry), record.starts(with: source) else { return false }
    let judged = known.withLock { $0[entry] }.flatMap { $0.record == record ? $0.isSound : nil }
    var isSound = false
    defer { known.withLock { $0[entry] = Known(record: record, isSound: isSound) } }
    let isComplete = try file.file.read(at: offset(entry), into: bytes) == bytes.count
    isSound = isComplete && (judged ?? (record == Self.record(source, UnsafeRawBufferPointer(bytes))))
    return isSound
  }

  /// Writes the entry of this source. Throws ``FileError``, such as on a full disk. Then the entry is not there.
  package func write(_ entry: Int, source: [UInt8], _ bytes: UnsafeRawBufferPointer) throws {
    precondition(
      bytes.count == layout.entryBytes, "an entry of \(layout.entryBytes) bytes, and \(bytes.count)")
    let record = Self.record(source, bytes)
    try file.file.write(at: offset(entry), bytes)
    try record.withUnsafeBytes { try file.file.write(at: layout.records + entry * recordBytes, $0) }
    known.withLock { $0[entry] = Known(record: record, isSound: true) }
  }

  /// Nil if there is none.
  private func record(_ entry: Int) throws -> [UInt8]? {
    precondition(0..<count ~= entry, "entry \(entry) of \(count)")
    return try Self.bytes(of: file.file, at: layout.records + entry * recordBytes, count: recordBytes)
  }

  private func offset(_ entry: Int) -> Int { layout.entries + entry * layout.stride }

  private static func record(_ source: [UInt8], _ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    let hash = SHA256()
    source.withUnsafeBytes(hash.update)
    hash.update(bytes)
    return source + hash.finalizeBytes()
  }
}

private let recordBytes = 2 * SHA256.byteCount

/// The bytes of the whole pages that hold `bytes`.
private func pages(_ bytes: Int) -> Int { (bytes + 4095) / 4096 * 4096 }
