import Foundation

/// One program at a time writes to a run folder.
///
/// The lock ends with the process, however that ends. One that was killed may take a moment to go, and its successor
/// waits for that.
final class RunLock {
  private let descriptor: Int32

  /// Throws ``RunError`` where another program still has the folder after `patience` seconds.
  init(_ folder: RunFolder, patience: Double = 10) throws {
    try folder.create()
    let path = "\(folder.path)/.lock"
    descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw RunError("cannot open \(path): \(String(cString: strerror(errno)))") }
    let deadline = Date(timeIntervalSinceNow: patience)
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      // Some network file systems have no locks; they are no reason not to train.
      guard errno == EWOULDBLOCK else { return }
      guard Date() < deadline else {
        // All is set, so that deinit closes the file.
        throw RunError("another program is writing to \(folder.path); end it, or choose another --output")
      }
      Thread.sleep(forTimeInterval: 0.1)
    }
  }

  deinit { close(descriptor) }
}
