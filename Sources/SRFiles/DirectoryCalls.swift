import Foundation

/// The directory calls that an atomic write needs. All throw ``FileError``.
package enum DirectoryCalls {
  /// The directory that holds `path`. It is `.` for a name without a slash.
  package static func parent(of path: String) -> String {
    // Not NSString.deletingLastPathComponent, which traps on a name of one character.
    var bytes = path.utf8CString
    return bytes.withUnsafeMutableBufferPointer { String(cString: dirname($0.baseAddress!)) }
  }

  /// Creates a directory. If it exists already, that is no error.
  package static func create(_ path: String) throws {
    guard mkdir(path, 0o755) == 0 || errno == EEXIST else {
      throw FileError(.create, path, code: errno)
    }
  }

  /// Creates a directory where nothing may exist.
  package static func createNew(_ path: String) throws {
    guard mkdir(path, 0o777) == 0 else { throw FileError(.create, path, code: errno) }
  }

  /// Creates a directory and the directories above it.
  package static func createWithParents(_ path: String) throws {
    let parent = parent(of: path)
    if parent != path, !FileManager.default.fileExists(atPath: parent) {
      try createWithParents(parent)
    }
    try create(path)
  }

  /// Makes the directory's entries durable. A rename is only safe once its directory is flushed.
  package static func flush(_ path: String) throws {
    try OpenFile(path, O_RDONLY | O_DIRECTORY).flush()
  }

  package static func rename(_ old: String, to new: String) throws {
    guard Foundation.rename(old, new) == 0 else { throw FileError(.rename, new, code: errno) }
  }

  /// The names of the directory's entries in the order of their bytes, without `.` and `..`.
  package static func entries(of path: BytePath) throws -> [BytePath] {
    guard let stream = path.withCString({ opendir($0) }) else {
      throw FileError(.list, path.description, code: errno)
    }
    defer { closedir(stream) }
    var names: [BytePath] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw FileError(.list, path.description, code: errno) }
        return names.sorted()
      }
      // The system's record ends with the name. A copy of the whole structure would read past the record.
      let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
      let start = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
      let name = UnsafeBufferPointer(start: start, count: strlen(start)).map { UInt8(bitPattern: $0) }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(BytePath(bytes: name)) }
    }
  }

  /// The names in the directory, sorted.
  package static func names(in path: String) throws -> [String] {
    guard let stream = opendir(path) else { throw FileError(.list, path, code: errno) }
    closedir(stream)
    do {
      return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw FileError(.list, path, reason: error.localizedDescription)
    }
  }

  /// Removes a file, or a directory with everything in it. If nothing is there, that is no error.
  package static func remove(_ path: String) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw FileError(.remove, path, reason: error.localizedDescription)
    }
  }
}
