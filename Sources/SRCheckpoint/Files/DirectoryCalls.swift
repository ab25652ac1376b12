import Foundation

/// The directory calls of an atomic write, with errors that name path and reason.
enum DirectoryCalls {
  /// Creates a directory; one that is there already is no error.
  static func create(_ path: String) throws {
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
      throw FileSystemError(.create, path, code: errno)
    }
  }

  /// Creates a directory and those above it.
  static func createWithParents(_ path: String) throws {
    let parent = (path as NSString).deletingLastPathComponent
    if !parent.isEmpty, parent != path, !FileManager.default.fileExists(atPath: parent) {
      try createWithParents(parent)
    }
    try create(path)
  }

  /// Makes the directory's entries durable: a rename is only safe once its directory is flushed.
  static func flush(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileSystemError(.open, path, code: errno) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileSystemError(.flush, path, code: errno) }
  }

  static func rename(_ old: String, to new: String) throws {
    guard Foundation.rename(old, new) == 0 else { throw FileSystemError(.rename, new, code: errno) }
  }

  /// Names in the directory, sorted.
  static func names(in path: String) throws -> [String] {
    guard let stream = opendir(path) else { throw FileSystemError(.list, path, code: errno) }
    closedir(stream)
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw FileSystemError(.list, path, code: EIO)
    }
  }

  /// Removes a file or a directory with all it holds; nothing there is no error.
  static func remove(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw FileSystemError(.remove, path, code: errno)
    }
  }
}
