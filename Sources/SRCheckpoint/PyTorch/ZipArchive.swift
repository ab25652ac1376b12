import CLibZip
import Foundation

/// A zip archive in memory, made with libzip. Its files are stored, not compressed, with a fixed date: the same files always
/// give the same bytes. All calls throw ``TorchArchiveError``.
package struct ZipArchive: ~Copyable {
  private let source: OpaquePointer
  private var archive: OpaquePointer?

  package init() throws {
    var error = zip_error_t()
    zip_error_init(&error)
    defer { zip_error_fini(&error) }
    guard let source = zip_source_buffer_create(nil, 0, 0, &error) else {
      throw TorchArchiveError(String(cString: zip_error_strerror(&error)))
    }
    // The archive drops one reference when it is closed. The content is read after that.
    zip_source_keep(source)
    guard let archive = zip_open_from_source(source, ZIP_TRUNCATE, &error) else {
      zip_source_free(source)
      zip_source_free(source)
      throw TorchArchiveError(String(cString: zip_error_strerror(&error)))
    }
    self.source = source
    self.archive = archive
  }

  deinit {
    if let archive { zip_discard(archive) }
    zip_source_free(source)
  }

  package mutating func add(_ name: String, _ content: Data) throws {
    guard let copy = malloc(max(content.count, 1)) else { throw TorchArchiveError("there is no memory left") }
    content.withUnsafeBytes { if let base = $0.baseAddress { memcpy(copy, base, $0.count) } }
    // libzip frees the copy.
    guard let piece = zip_source_buffer(archive, copy, zip_uint64_t(content.count), 1) else {
      free(copy)
      throw failure()
    }
    let index = zip_file_add(archive, name, piece, ZIP_FL_ENC_UTF_8)
    guard index >= 0 else {
      zip_source_free(piece)
      throw failure()
    }
    let place = zip_uint64_t(index)
    guard zip_set_file_compression(archive, place, ZIP_CM_STORE, 0) == 0,
      // 1 January 1980, the first date that the format knows.
      zip_file_set_dostime(archive, place, 0, 0x21, 0) == 0
    else { throw failure() }
  }

  /// Ends the archive, and returns its bytes.
  package mutating func finish() throws -> Data {
    guard zip_close(archive) == 0 else { throw failure() }
    archive = nil
    var status = zip_stat_t()
    guard zip_source_open(source) == 0 else { throw TorchArchiveError("the archive cannot be read") }
    defer { zip_source_close(source) }
    guard zip_source_stat(source, &status) == 0 else { throw TorchArchiveError("the archive has no size") }
    var bytes = Data(count: Int(status.size))
    let count = bytes.withUnsafeMutableBytes { zip_source_read(source, $0.baseAddress, status.size) }
    guard count == zip_int64_t(status.size) else { throw TorchArchiveError("the archive cannot be read") }
    return bytes
  }

  private func failure() -> TorchArchiveError { TorchArchiveError(String(cString: zip_strerror(archive))) }
}
