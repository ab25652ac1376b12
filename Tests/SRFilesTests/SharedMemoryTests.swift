import Foundation
import SRFiles
import SRTestSupport
import Testing

@Suite struct SharedMemoryTests {
  private let page = sysconf(Int32(_SC_PAGESIZE))

  /// Whole pages of zeros.
  private func pages(_ count: Int) throws -> UnsafeMutableRawPointer {
    let mapped = mmap(nil, count * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    return try #require(mapped != MAP_FAILED ? mapped : nil)
  }

  @Test func pagesOfTwoPlacesBecomeOne() throws {
    let memory = try SharedMemory(bytes: 3 * page)
    let other = try SharedMemory(at: memory.address, bytes: 3 * page)
    let (first, second) = (try pages(2), try pages(2))
    defer { for place in [first, second] { munmap(place, 2 * page) } }
    try withUnsafeBytes(of: UInt32(7)) { try memory.write($0, at: page + 4) }
    try memory.replacePages(at: first, count: 2 * page, offset: page)
    try other.replacePages(at: second, count: 2 * page, offset: page)
    #expect(second.load(fromByteOffset: 4, as: UInt32.self) == 7)
    first.storeBytes(of: 9, toByteOffset: page, as: UInt32.self)
    #expect(second.load(fromByteOffset: page, as: UInt32.self) == 9)
  }

  @Test func theBytesOutliveTheirObject() throws {
    let place = try pages(1)
    defer { munmap(place, page) }
    do {
      let memory = try SharedMemory(bytes: page)
      try memory.replacePages(at: place, count: page, offset: 0)
    }
    place.storeBytes(of: 3, as: UInt8.self)
    #expect(place.load(as: UInt8.self) == 3)
  }

  /// As if another container had a process of the same number.
  @Test func anotherFileIsRefused() throws {
    let memory = try SharedMemory(bytes: page)
    let text = String(decoding: try JSONEncoder().encode(memory.address), as: UTF8.self)
    let elsewhere = try JSONDecoder().decode(
      SharedMemory.Address.self,
      from: Data(text.replacing(/"inode":\d+/, with: "\"inode\":1").utf8))
    let error = #expect(throws: FileError.self) { try SharedMemory(at: elsewhere, bytes: page) }
    #expect(error?.description.contains("it is another file") == true)
    let size = #expect(throws: FileError.self) { try SharedMemory(at: memory.address, bytes: 2 * page) }
    #expect(size?.description.contains("it is another file") == true)
  }

  @Test func aRefusalOfTheSystemIsAnError() {
    let error = #expect(throws: FileError.self) { try SharedMemory(bytes: 0) }
    #expect(error?.description == "cannot create memory for several processes: Invalid argument (errno 22)")
  }
}
