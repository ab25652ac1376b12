import Crypto

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A file that appears under its name only when it is complete: bytes go to a temporary name beside it, and
/// ``finish()`` flushes them to the disk and renames.
final class OutputFile {
  let path: String
  private let temporaryPath: String
  private var descriptor: Int32
  private var hasher = SHA256()

  init(path: String) throws {
    self.path = path
    temporaryPath = path + ".partial"
    descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError.system("create", temporaryPath) }
  }

  /// Drops what was written where ``finish()`` was not reached.
  deinit {
    guard descriptor >= 0 else { return }
    close(descriptor)
    unlink(temporaryPath)
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws {
    hasher.update(bufferPointer: bytes)
    var rest = bytes
    while let base = rest.baseAddress, !rest.isEmpty {
      let written = write(descriptor, base, rest.count)
      if written < 0 {
        if errno == EINTR { continue }
        throw FileError.system("write", temporaryPath)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[written...])
    }
  }

  /// Completes the file and returns the SHA-256 of its bytes in hexadecimal.
  func finish() throws -> String {
    guard fsync(descriptor) == 0 else { throw FileError.system("write", temporaryPath) }
    guard close(descriptor) == 0 else {
      descriptor = -1
      unlink(temporaryPath)
      throw FileError.system("write", temporaryPath)
    }
    descriptor = -1
    guard rename(temporaryPath, path) == 0 else { throw FileError.system("rename to \(path)", temporaryPath) }
    return hexadecimal(hasher.finalize())
  }
}

/// A digest as lower-case hexadecimal digits.
func hexadecimal(_ digest: SHA256.Digest) -> String {
  let digits = Array("0123456789abcdef")
  return String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
}
