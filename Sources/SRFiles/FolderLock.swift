import Foundation

/// A lock on a folder: only one program at a time writes to it.
///
/// The lock ends with its process, however the process ends. A killed process may take a moment to disappear, and its
/// successor waits for that. While the lock is held, a file in the folder names the holder.
package final class FolderLock {
  /// The name of the lock's file.
  package static let fileName = ".lock"

  /// Whether other programs are kept out. Some network file systems have no locks; work goes ahead there without one.
  package let keepsOthersOut: Bool
  private let path: String
  private let descriptor: Int32

  /// Takes the lock. Precondition: the folder exists.
  ///
  /// - Parameters:
  ///   - patience: how long to wait for another program.
  ///   - progress: called from time to time while this waits.
  /// - Throws: ``FolderLockError`` if another program still holds the lock then, and ``FileError``.
  package init(
    _ folder: String, patience: Duration = .seconds(10), progress: () -> Void = {}
  ) throws {
    path = "\(folder)/\(Self.fileName)"
    let start = ContinuousClock.now
    while true {
      let descriptor = try Self.open(path)
      do {
        if let isLocked = try Self.lock(descriptor, path) {
          self.descriptor = descriptor
          keepsOthersOut = isLocked
          break
        }
      } catch {
        close(descriptor)
        throw error
      }
      close(descriptor)
      guard ContinuousClock.now - start < patience else {
        throw FolderLockError(folder: folder, holder: Self.holder(path))
      }
      progress()
      Thread.sleep(forTimeInterval: 0.05)
    }
    if keepsOthersOut { writeHolder() }
  }

  /// Throws ``FolderLockError`` if another program holds the folder's lock for longer than `patience`, and ``FileError``. Takes
  /// no lock, and creates no file.
  package static func checkFree(
    _ folder: String, patience: Duration = .seconds(10), progress: () -> Void = {}
  ) throws {
    let path = "\(folder)/\(fileName)"
    let start = ContinuousClock.now
    while try PathKind.of(path, followingLinks: false) != nil {
      let descriptor = uninterrupted {
        Foundation.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      }
      guard descriptor >= 0 else {
        if errno == ENOENT { continue }
        throw FileError(.open, path, code: errno)
      }
      // Closing the file gives the lock back.
      defer { close(descriptor) }
      if try lock(descriptor, path) != nil { return }
      guard ContinuousClock.now - start < patience else {
        throw FolderLockError(folder: folder, holder: holder(path))
      }
      progress()
      Thread.sleep(forTimeInterval: 0.05)
    }
  }

  deinit {
    // While the lock is held. A program that has opened the file by now notices that the file is gone.
    if keepsOthersOut { unlink(path) }
    close(descriptor)
  }

  private static func open(_ path: String) throws -> Int32 {
    // A link or a pipe in the place of the file must not lead elsewhere or block.
    let flags = O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    let descriptor = uninterrupted { Foundation.open(path, flags, 0o666) }
    guard descriptor >= 0 else { throw FileError(.open, path, code: errno) }
    return descriptor
  }

  /// Whether the file is locked now; false if the file system has no locks, nil if another program holds the lock.
  private static func lock(_ descriptor: Int32, _ path: String) throws -> Bool? {
    if uninterrupted({ flock(descriptor, LOCK_EX | LOCK_NB) }) != 0 {
      switch errno {
      case EWOULDBLOCK: return nil
      case ENOLCK, ENOTSUP, ENOSYS, EINVAL: return false
      default: throw FileError(.lock, path, code: errno)
      }
    }
    // The last holder removes the file when it ends. Then this lock is on a file that nobody else finds.
    var (locked, present) = (stat(), stat())
    guard fstat(descriptor, &locked) == 0 else { throw FileError(.lock, path, code: errno) }
    guard lstat(path, &present) == 0 else {
      if errno == ENOENT { return nil }
      throw FileError(.lock, path, code: errno)
    }
    return FileStatus(locked).identity == FileStatus(present).identity ? true : nil
  }

  private func writeHolder() {
    // The text is only for another program's error. If it cannot be written, the lock holds nonetheless.
    let text = "process \(getpid()) on \(ProcessInfo.processInfo.hostName)"
    guard ftruncate(descriptor, 0) == 0 else { return }
    _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
  }

  /// What the file says about the holder; nil if it says nothing.
  private static func holder(_ path: String) -> String? {
    let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 300)
    let count = read(descriptor, &bytes, bytes.count)
    return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : nil
  }
}

/// Another program holds a folder's lock.
package struct FolderLockError: Error, CustomStringConvertible, Sendable, Equatable {
  package let folder: String
  /// Such as `process 123 on host`; nil if it is unknown.
  package let holder: String?

  package var description: String {
    "\(folder): \(holder ?? "another program") is writing to this folder; wait until it has ended, or choose another folder"
  }
}
