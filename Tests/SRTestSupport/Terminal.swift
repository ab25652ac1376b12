import Foundation

/// A pseudo-terminal. A program writes to it as it writes for a person.
package final class Terminal {
  private let master: Int32
  private let slave: FileHandle

  /// Linux's TIOCSPTLCK and TIOCGPTN. They are macros that Swift does not import.
  private static let setLock: UInt = 0x4004_5431
  private static let getNumber: UInt = 0x8004_5430

  package init() throws {
    func fail() -> POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard master >= 0 else { throw fail() }
    // This does what unlockpt and ptsname do. Swift's Glibc module has neither.
    var (lock, number): (CInt, CInt) = (0, 0)
    guard ioctl(master, Self.setLock, &lock) == 0, ioctl(master, Self.getNumber, &number) == 0 else {
      throw fail()
    }
    let path = "/dev/pts/\(number)"
    let descriptor = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { throw fail() }
    slave = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  deinit { close(master) }

  /// The handle for a program's standard output or error. It is valid until ``readToEnd()``.
  package var handle: FileHandle { slave }

  /// Everything that is written to the terminal until the last program closes it.
  package func readToEnd() -> String {
    // The started process keeps its own handle. Reading ends when no process has the terminal open.
    try? slave.close()
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(master, &piece, piece.count)
      // Linux reports EIO when the other end is closed.
      guard count > 0 || (count < 0 && errno == EINTR) else { break }
      text += piece.prefix(max(count, 0))
    }
    return String(decoding: text, as: UTF8.self)
  }
}
