import CLibZip
import Foundation
import SRFiles

/// A zip archive that is read with libzip. Its files are stored or deflated. Nothing is unpacked to disk.
///
/// An archive from elsewhere can announce anything. So everything that it announces is compared with the archive's own size,
/// before memory is taken for it.
final class ZipReader {
  struct Entry {
    fileprivate let index: zip_uint64_t
    let bytes: Int
  }

  /// Why an archive cannot be read.
  struct Failure: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }

  /// By name.
  let entries: [String: Entry]
  private let file: MappedFile
  private let archive: OpaquePointer

  /// More bytes than a file of weights has. The sum over all files is still a number of 64 bits.
  private static let mostBytes = 1 << 40
  /// More files than any network has tensors.
  private static let mostEntries = 100_000
  /// The fixed parts of the two records that a file has in an archive, and of the record at the archive's end.
  private static let (localRecord, centralRecord, endRecord) = (30, 46, 22)

  /// Reads the list of files. Throws ``Failure``.
  init(_ file: MappedFile) throws {
    self.file = file
    try file.withBytes { try Self.checkAnnouncedEntries($0) }
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    let bytes = file.bytes
    guard let source = zip_source_buffer_create(bytes.baseAddress, zip_uint64_t(bytes.count), 0, &error)
    else {
      throw Failure(String(cString: zip_error_strerror(&error)))
    }
    guard let archive = zip_open_from_source(source, ZIP_RDONLY, &error) else {
      let reason = String(cString: zip_error_strerror(&error))
      zip_source_free(source)
      throw Failure(reason)
    }
    self.archive = archive
    do {
      entries = try Self.entries(of: archive, archiveBytes: bytes.count)
    } catch {
      zip_discard(archive)
      throw error
    }
  }

  deinit { zip_discard(archive) }

  /// libzip takes memory for as many files as the record at the archive's end announces. The archive must have room for them.
  private static func checkAnnouncedEntries(_ bytes: UnsafeRawBufferPointer) throws {
    func number(_ width: Int, at offset: Int) -> UInt64? {
      guard offset >= 0, offset <= bytes.count - width else { return nil }
      return (0..<width).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * $1) }
    }
    func check(_ count: UInt64?) throws {
      guard let count else { return }
      guard count <= bytes.count / centralRecord else {
        throw Failure("it announces \(count) files, and has no room for them")
      }
      guard count <= mostEntries else { throw Failure("it has \(count) files, more than \(mostEntries)") }
    }
    // A comment of up to 65535 bytes may follow the record.
    let first = max(0, bytes.count - endRecord - 0xFFFF)
    for place in stride(from: bytes.count - endRecord, through: first, by: -1)
    where number(4, at: place) == 0x0605_4B50 {
      let count = number(2, at: place + 10)
      // An archive of many files, or a large one, has a second record, and a pointer to it before the first.
      guard number(4, at: place - 20) == 0x0706_4B50, let other = number(8, at: place - 12) else {
        try check(count)
        continue
      }
      guard let other = Int(exactly: other) else { throw Failure("its last record lies outside of it") }
      for field in [24, 32] where other <= bytes.count - field { try check(number(8, at: other + field)) }
    }
  }

  private static func entries(of archive: OpaquePointer, archiveBytes: Int) throws -> [String: Entry] {
    let count = zip_get_num_entries(archive, 0)
    guard count >= 0, count <= mostEntries else { throw Failure("it has more than \(mostEntries) files") }
    var entries: [String: Entry] = [:]
    var (packed, unpacked) = (endRecord, 0)
    for index in 0..<zip_uint64_t(count) {
      var status = zip_stat_t()
      guard zip_stat_index(archive, index, 0, &status) == 0, let cName = status.name else {
        throw Failure(String(cString: zip_strerror(archive)))
      }
      let name = String(cString: cName)
      guard let stored = Int(exactly: status.comp_size), stored <= archiveBytes,
        let bytes = Int(exactly: status.size), bytes < mostBytes
      else { throw Failure("\(name) claims \(status.size) bytes, and the archive has \(archiveBytes)") }
      guard status.encryption_method == ZIP_EM_NONE else { throw Failure("\(name) is encrypted") }
      guard [ZIP_CM_STORE, ZIP_CM_DEFLATE].contains(Int32(status.comp_method)) else {
        throw Failure("\(name) is packed by method \(status.comp_method), expected stored or deflated")
      }
      packed += stored + 2 * name.utf8.count + localRecord + centralRecord
      unpacked += bytes
      guard entries.updateValue(Entry(index: index, bytes: bytes), forKey: name) == nil else {
        throw Failure("it has two files called \(name)")
      }
    }
    guard packed <= archiveBytes else {
      throw Failure(
        "its files take \(packed) bytes, and it has \(archiveBytes): it is cut short, or its files overlap")
    }
    // Weights are noise, and hardly shrink. torch.save does not compress at all.
    guard unpacked <= 8 * archiveBytes + (16 << 20) else {
      throw Failure("its \(archiveBytes) bytes would unpack to \(unpacked), far more than weights ever do")
    }
    return entries
  }

  /// The whole content of a file, its checksum verified. Throws ``Failure``.
  func contents(of entry: Entry) throws -> [UInt8] {
    guard let member = zip_fopen_index(archive, entry.index, 0) else {
      throw Failure(String(cString: zip_strerror(archive)))
    }
    defer { zip_fclose(member) }
    func read(_ pointer: UnsafeMutableRawPointer, _ count: Int) throws -> Int {
      let read = zip_fread(member, pointer, zip_uint64_t(count))
      guard read >= 0 else { throw Failure(String(cString: zip_file_strerror(member))) }
      return Int(read)
    }
    return try withExtendedLifetime(file) {
      try [UInt8](unsafeUninitializedCapacity: entry.bytes) { bytes, done in
        while done < entry.bytes {
          let more = try read(bytes.baseAddress! + done, entry.bytes - done)
          guard more > 0 else { throw Failure("a file of \(entry.bytes) bytes ends after \(done)") }
          done += more
        }
        // The checksum is compared at the end.
        var rest: UInt8 = 0
        guard try read(&rest, 1) == 0 else { throw Failure("a file is longer than it says") }
      }
    }
  }
}
