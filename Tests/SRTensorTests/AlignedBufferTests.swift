import Foundation
import SRTensor
import Testing

@Suite struct AlignedBufferTests {
  /// Sizes below and above those that are aligned to huge pages.
  @Test(arguments: [0, 1, 1024, 1025, (2 << 20) / 4, (2 << 20) / 4 + 1])
  func ownPagesAreWholeAndZero(_ count: Int) {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let buffer = AlignedBuffer(count: count, inOwnPages: true)
    #expect(Int(bitPattern: buffer.pointer) % (count >= (2 << 20) / 4 ? 2 << 20 : page) == 0)
    #expect(buffer.pageBytes == max(1, (count * 4 + page - 1) / page) * page)
    #expect(buffer.values.allSatisfy { $0 == 0 })
    // All bytes of the pages can be written.
    memset(buffer.pointer, 1, buffer.pageBytes)
    #expect(AlignedBuffer(count: count).pageBytes == 0)
  }
}
