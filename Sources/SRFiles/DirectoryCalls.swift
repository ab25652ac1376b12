import Foundation

/// The directory calls that an atomic write needs. All throw ``FileError``.
package enum DirectoryCalls {
  /// The directory that holds `path`. It is `.` for a name without a slash.
  package static func parent(of path: String) -> String {
    // Not NSString.deletingLastPathComponent, which traps on a name of one character.
    var bytes = path.utf8CString
    return bytes.withUnsafeMutableBufferPointer { String(cString: dirname($0.baseAddress!)) }
  }

  /// Creates a directory. If it exists already, that is no error. Returns whether it is new.
  @discardableResult
  package static func create(_ path: String) throws -> Bool {
    if mkdir(path, 0o755) == 0 { return true }
    guard errno == EEXIST else { throw FileError(.create, path, code: errno) }
    return false
  }

  /// Creates a directory and the directories above it. The names of those that are new are durable when the call returns.
  package static func createWithParents(_ path: String) throws {
    let parent = parent(of: path)
    if parent != path, !FileManager.default.fileExists(atPath: parent) {
      try createWithParents(parent)
    }
    guard try create(path) else { return }
    do {
      try flush(parent)
    } catch let error as FileError where error.code == EACCES {
      // One may create a name in a directory that one may not list. Such a directory cannot be opened, so it cannot be flushed.
    }
  }

  /// Makes the directory's entries durable. A rename is only safe once its directory is flushed.
  package static func flush(_ path: String) throws {
    try OpenFile(path, O_RDONLY | O_DIRECTORY).flush()
  }

  package static func rename(_ old: String, to new: String) throws {
    guard Foundation.rename(old, new) == 0 else { throw FileError(.rename, new, code: errno) }
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
