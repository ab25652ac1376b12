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
  /// The bytes of the whole pages that belong to the buffer alone; 0 if it shares pages with others.
  package let pageBytes: Int

  /// Alignment in bytes of ``pointer``.
  package static let alignment = 64
  /// Blocks of at least this size are aligned to huge pages, and the system is advised to use these: fewer TLB misses.
  private static let hugePage = 2 << 20

  /// Allocates `count` zeros. `count` may be 0. If memory is exhausted, the program ends with a message.
  ///
  /// - Parameter inOwnPages: whether the buffer fills whole pages, so that memory that several processes share can take their
  ///   place (see `SharedWork`).
  package init(count: Int, inOwnPages: Bool = false) {
    precondition(count >= 0, "a buffer cannot have \(count) floats")
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let page = sysconf(Int32(_SC_PAGESIZE))
    let isLarge = bytes >= Self.hugePage
    pageBytes = inOwnPages ? (bytes + page - 1) / page * page : 0
    let raw =
      inOwnPages
      ? Self.pages(pageBytes, alignment: isLarge ? Self.hugePage : page)
      : Self.block(bytes, alignment: isLarge ? Self.hugePage : Self.alignment)
    #if os(Linux)
      if isLarge { _ = madvise(raw, bytes, MADV_HUGEPAGE) }
    #endif
    memset(raw, 0, bytes)
    pointer = raw.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  private static func block(_ bytes: Int, alignment: Int) -> UnsafeMutableRawPointer {
    var raw: UnsafeMutableRawPointer?
    guard posix_memalign(&raw, alignment, bytes) == 0, let raw else { fail(bytes) }
    return raw
  }

  /// Whole pages. What lies before and behind the aligned part of the mapping is given back.
  private static func pages(_ bytes: Int, alignment: Int) -> UnsafeMutableRawPointer {
    let mapped = mmap(nil, bytes + alignment, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let mapped, mapped != MAP_FAILED else { fail(bytes) }
    let start = mapped.alignedUp(toMultipleOf: alignment)
    let before = start - mapped
    if before > 0 { munmap(mapped, before) }
    munmap(start + bytes, alignment - before)
    return start
  }

  private static func fail(_ bytes: Int) -> Never {
    fatalError("out of memory: \(bytes) bytes were requested")
  }

  deinit {
    if pageBytes > 0 { munmap(pointer, pageBytes) } else { free(pointer) }
  }

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
