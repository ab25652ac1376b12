import CFilesShim
import Foundation

/// The directory calls that an atomic write needs. All throw ``FileError``.
package enum DirectoryCalls {
  /// The directory that holds `path`. It is `.` for a name without a slash.
  package static func parent(of path: String) -> String {
    // Not NSString.deletingLastPathComponent, which traps on a name of one character.
    var bytes = path.utf8CString
    return bytes.withUnsafeMutableBufferPointer { String(cString: dirname($0.baseAddress!)) }
  }

  /// The last part of `path`: what its directory calls it.
  package static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  /// Whether two paths name one directory, be it there or not. Links are followed; `.` and slashes mean nothing.
  package static func areSame(_ one: String, _ other: String) throws -> Bool {
    try place(one) == place(other)
  }

  /// The deepest directory on the way to `path` that exists, and the names below it.
  private static func place(_ path: String) throws -> [Step] {
    if let status = try FileStatus(BytePath(path), followsLinks: true) { return [.there(status.identity)] }
    let (parent, name) = (parent(of: path), name(of: path))
    return try place(parent) + (name == "." ? [] : [.name(name)])
  }

  private enum Step: Equatable {
    case there(FileStatus.Identity)
    case name(String)
  }

  /// Creates a directory. If it exists already, that is no error. Returns whether it is new.
  @discardableResult
  package static func create(_ path: String) throws -> Bool {
    do {
      try createNew(path)
      return true
    } catch let error as FileError where error.code == EEXIST {
      if try PathKind.of(path) != .directory { throw FileError(.create, path, code: ENOTDIR) }
      return false
    }
  }

  /// Creates a directory where nothing may exist. The umask decides who may write into it.
  package static func createNew(_ path: String) throws {
    guard uninterrupted({ mkdir(path, 0o777) }) == 0 else { throw FileError(.create, path, code: errno) }
  }

  /// Creates a directory and the directories above it. The names of those that are new are durable when the call returns.
  package static func createWithParents(_ path: String) throws {
    let parent = parent(of: path)
    if parent != path, try PathKind.of(parent) == nil { try createWithParents(parent) }
    guard try create(path) else { return }
    do {
      try flush(parent)
    } catch let error as FileError where error.code == EACCES {
      // One may create a name in a directory that one may not list. Such a directory cannot be opened, so it cannot be flushed.
    }
  }

  /// Makes the directory's entries durable. A rename is only safe once its directory is flushed.
  ///
  /// Some file systems (SMB, some of FUSE) cannot flush a directory and say so. Nothing better can be done there, so that is no
  /// error.
  package static func flush(_ path: String) throws {
    do {
      try OpenFile(path, O_RDONLY | O_DIRECTORY).flush()
    } catch let error as FileError
      where error.operation == .flush && [EINVAL, ENOTSUP, ENOSYS, EBADF].contains(error.code)
    {}
  }

  package static func rename(_ old: String, to new: String) throws {
    guard uninterrupted({ Foundation.rename(old, new) }) == 0 else {
      throw FileError(.rename, new, code: errno)
    }
  }

  /// The names of the directory's entries in the order of their bytes, without `.` and `..`. If any of them cannot be read,
  /// throws.
  package static func entries(of path: BytePath) throws -> [BytePath] {
    guard let stream = uninterrupted({ path.withCString { opendir($0) } }) else {
      throw FileError(.list, path.description, code: errno)
    }
    defer { closedir(stream) }
    var names: [BytePath] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno == 0 { return names.sorted() }
        if errno == EINTR { continue }
        throw FileError(.list, path.description, code: errno)
      }
      // The system's record ends with the name. A copy of the whole structure would read past the record.
      let offset = MemoryLayout<dirent>.offset(of: \.d_name)!
      let start = UnsafeRawPointer(entry).advanced(by: offset).assumingMemoryBound(to: CChar.self)
      let name = UnsafeBufferPointer(start: start, count: strlen(start)).map { UInt8(bitPattern: $0) }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(BytePath(bytes: name)) }
    }
  }

  /// The names in the directory that are UTF-8, sorted. srdist gives no other names.
  package static func names(in path: String) throws -> [String] {
    try entries(of: BytePath(path)).map { $0.description }
  }

  /// Removes a file, or a directory with everything in it. If nothing is there, that is no error.
  package static func remove(_ path: String) throws {
    switch try PathKind.of(path, followingLinks: false) {
    case nil: return
    case .directory:
      for name in try names(in: path) { try remove("\(path)/\(name)") }
      try removeEmpty(path)
    case .file, .link, .other: try removeFile(path)
    }
  }

  /// Removes a file or a link. If nothing is there, that is no error.
  package static func removeFile(_ path: String) throws {
    guard uninterrupted({ unlink(path) }) == 0 || errno == ENOENT else {
      throw FileError(.remove, path, code: errno)
    }
  }

  /// Removes a directory, which must be empty. If nothing is there, that is no error.
  package static func removeEmpty(_ path: String) throws {
    guard uninterrupted({ rmdir(path) }) == 0 || errno == ENOENT else {
      throw FileError(.remove, path, code: errno)
    }
  }

  /// The free bytes on the file system where `path` lies or would lie; nil if the system does not say.
  package static func freeBytes(around path: String) -> Int? {
    var status = statvfs()
    if uninterrupted({ statvfs(path, &status) }) == 0 {
      // Some network file systems answer with the largest number of blocks.
      let (bytes, overflow) = Int(clamping: status.f_bavail)
        .multipliedReportingOverflow(by: Int(clamping: status.f_frsize))
      return overflow ? .max : bytes
    }
    let isAbsent = errno == ENOENT
    let parent = parent(of: path)
    return isAbsent && parent != path ? freeBytes(around: parent) : nil
  }

  /// The kind of the network file system on which `path` lies or would lie; nil if it is none, or if the system does not say.
  package static func networkFileSystem(around path: String) -> String? {
    let type = uninterrupted { srdist_file_system_type(path) }
    if type != -1 { return networkFileSystems[UInt32(truncatingIfNeeded: type)] }
    let isAbsent = errno == ENOENT
    let parent = parent(of: path)
    return isAbsent && parent != path ? networkFileSystem(around: parent) : nil
  }

  /// By the magic numbers of statfs(2).
  private static let networkFileSystems: [UInt32: String] = [
    0x6969: "NFS", 0x517B: "SMB", 0xFE53_4D42: "SMB", 0xFF53_4D42: "CIFS", 0x6573_5546: "FUSE",
    0x0102_1997: "9P", 0x00C3_6400: "Ceph", 0x0BD0_0BD0: "Lustre", 0x4750_4653: "GPFS", 0x1983_0326: "BeeGFS",
    0x5346_414F: "AFS", 0x7461_636F: "OCFS2", 0x0116_1970: "GFS2",
  ]
}
