#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Zero-initialised `Float` storage, aligned to 64 bytes (one cache line, one AVX-512 vector).
///
/// The buffer is shared by reference. It has no lock: whoever hands it to several threads gives each thread a range of its
/// own, or orders the accesses (see `WorkerPool`).
package final class AlignedBuffer: @unchecked Sendable {
  /// Number of floats.
  package let count: Int
  /// The first float. The pointer is valid as long as the buffer lives.
  package let pointer: UnsafeMutablePointer<Float>

  /// Alignment in bytes of ``pointer``.
  package static let alignment = 64
  /// Blocks of at least this size are aligned to huge pages, and the system is advised to use these: fewer TLB misses.
  private static let hugePage = 2 << 20

  /// Allocates `count` zeros. `count` may be 0. If memory is exhausted, the program ends with a message.
  package init(count: Int) {
    precondition(count >= 0, "a buffer cannot have \(count) floats")
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let alignment = bytes >= Self.hugePage ? Self.hugePage : Self.alignment
    var raw: UnsafeMutableRawPointer?
    let status = posix_memalign(&raw, alignment, bytes)
    guard status == 0, let raw else {
      fatalError("out of memory: \(bytes) bytes were requested")
    }
    #if os(Linux)
      if alignment == Self.hugePage { _ = madvise(raw, bytes, MADV_HUGEPAGE) }
    #endif
    memset(raw, 0, bytes)
    pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  deinit { free(pointer) }

  /// A copy of the floats.
  package var values: [Float] { Array(UnsafeBufferPointer(start: pointer, count: count)) }

  /// The floats in place. The caller keeps the buffer alive while it uses them: Swift may free a buffer right after the last
  /// use of its reference.
  package var elements: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: pointer, count: count)
  }

  /// Sets every float to zero.
  package func zero() {
    memset(pointer, 0, count * MemoryLayout<Float>.stride)
  }

  /// Copies all of `other`, which has the same count.
  package func copy(from other: AlignedBuffer) {
    precondition(count == other.count, "cannot copy \(other.count) floats into \(count)")
    memcpy(pointer, other.pointer, count * MemoryLayout<Float>.stride)
  }
}
