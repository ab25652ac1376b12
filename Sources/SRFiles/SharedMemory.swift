import CFilesShim
import Foundation

/// Memory that several processes of a host can map. It has no name, so nothing is left of it if they are killed.
///
/// The file system of `/dev/shm` does not limit it, unlike that of `MPI_Win_allocate_shared`: containers often have 64 MiB there.
package final class SharedMemory {
  /// Where another process of the same user finds the memory, while its maker keeps the object.
  package struct Address: Codable, Equatable, Sendable {
    let process: Int32
    let descriptor: Int32
    /// Two containers may number their processes alike.
    let device: UInt64
    let inode: UInt64
  }

  package let bytes: Int
  package let address: Address
  private let descriptor: Int32

  /// Makes `bytes` zeros.
  package init(bytes: Int) throws {
    let descriptor = srdist_anonymous_file(bytes)
    guard descriptor >= 0 else { throw FileError(.create, "memory for several processes", code: errno) }
    self.descriptor = descriptor
    self.bytes = bytes
    let status = Self.status(descriptor)
    address = Address(
      process: getpid(), descriptor: descriptor, device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  /// Opens another process's memory.
  ///
  /// - Throws: ``FileError`` if this process may not, or if the address leads to something else.
  package init(at address: Address, bytes: Int) throws {
    let path = "/proc/\(address.process)/fd/\(address.descriptor)"
    descriptor = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(.open, path, code: errno) }
    self.bytes = bytes
    self.address = address
    let status = Self.status(descriptor)
    guard status.st_dev == address.device, status.st_ino == address.inode, status.st_size == bytes else {
      close(descriptor)
      throw FileError(
        .open, path, reason: "it is another file; the processes do not see each other's numbers")
    }
  }

  deinit { close(descriptor) }

  private static func status(_ descriptor: Int32) -> stat {
    var status = stat()
    fstat(descriptor, &status)
    return status
  }

  /// Copies bytes to `offset`.
  package func write(_ source: UnsafeRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < source.count {
      let count = pwrite(descriptor, source.baseAddress! + done, source.count - done, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError(.write, "memory for several processes", code: errno) }
      done += count
    }
  }

  /// Puts the shared bytes from `offset` on in the place of the pages at `start`. They stay there after the object is gone.
  ///
  /// - Precondition: `start`, `count` and `offset` are multiples of the page size, and the pages are mapped.
  package func replacePages(at start: UnsafeMutableRawPointer, count: Int, offset: Int) throws {
    let mapped = mmap(start, count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor, off_t(offset))
    guard mapped != MAP_FAILED else { throw FileError(.map, "memory for several processes", code: errno) }
    #if os(Linux)
      if count >= 2 << 20 { _ = madvise(start, count, MADV_HUGEPAGE) }
    #endif
  }
}
