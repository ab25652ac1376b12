import Foundation

/// A file system of a given size, in memory. It is unmounted with the last reference. Only root can mount it.
package final class SmallFileSystem: Sendable {
  package let folder: TemporaryFolder

  package init(bytes: Int) throws {
    folder = try TemporaryFolder()
    guard mount("tmpfs", folder.path, "tmpfs", 0, "size=\(bytes)") == 0 else {
      throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM)
    }
  }

  deinit { umount(folder.path) }

  package static let canMount = (try? SmallFileSystem(bytes: 65536)) != nil
}
