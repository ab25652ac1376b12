import Foundation
import SRFiles
import SRTestSupport
import Testing

@Suite struct EntryFileTests {
  private let folder: TemporaryFolder
  private let path: String
  private static let text = "numbers\n"
  private static let bytes = 5000

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("entries")
  }

  private func open(_ text: String = text) throws -> EntryFile {
    try EntryFile(path: path, text: text, count: 4, entryBytes: Self.bytes)
  }

  private func source(_ number: UInt8) -> [UInt8] {
    let hash = SHA256()
    hash.update("\(number)")
    return hash.finalizeBytes()
  }

  private func entry(_ number: UInt8) -> [UInt8] {
    (0..<Self.bytes).map { UInt8(truncatingIfNeeded: $0) ^ number }
  }

  private func write(_ file: EntryFile, _ index: Int, _ number: UInt8) throws {
    try entry(number).withUnsafeBytes { try file.write(index, source: source(number), $0) }
  }

  /// The entry of this source; nil if the file does not have it.
  private func read(_ file: EntryFile, _ index: Int, _ number: UInt8) throws -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: Self.bytes)
    return try bytes.withUnsafeMutableBytes { try file.read(index, source: source(number), into: $0) }
      ? bytes : nil
  }

  /// Flips one bit, `offset` bytes after the file's start.
  private func damage(at offset: UInt64) throws {
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try handle.seek(toOffset: offset)
    let byte = try #require(try handle.read(upToCount: 1)?.first)
    try handle.seek(toOffset: offset)
    try handle.write(contentsOf: [byte ^ 1])
    try handle.close()
  }

  @Test func entriesAreThereForTheirSources() throws {
    let file = try open()
    #expect(try !file.holds(2, source: source(7)) && read(file, 2, 7) == nil && file.recordCount() == 0)
    try write(file, 2, 7)
    // Another program, at the same time or later.
    let other = try open()
    for file in [file, other] {
      #expect(try file.holds(2, source: source(7)) && read(file, 2, 7) == entry(7))
      #expect(try !file.holds(2, source: source(8)) && read(file, 2, 8) == nil)
      #expect(try !file.holds(1, source: source(7)) && !file.holds(3, source: source(7)))
      #expect(try file.recordCount() == 1)
    }
    // The source has changed.
    try write(other, 2, 8)
    #expect(try read(file, 2, 8) == entry(8) && !file.holds(2, source: source(7)))
  }

  @Test func aDamagedEntryIsFoundAndCanBeWrittenAgain() throws {
    try write(try open(), 0, 1)
    try write(try open(), 3, 2)
    // The first entry follows a page of text and a page of records.
    try damage(at: 2 * 4096 + 4999)
    let file = try open()
    #expect(try file.holds(0, source: source(1)))
    #expect(try read(file, 0, 1) == nil && !file.holds(0, source: source(1)))
    #expect(try read(file, 3, 2) == entry(2))
    try write(file, 0, 1)
    #expect(try file.holds(0, source: source(1)) && read(file, 0, 1) == entry(1))
    #expect(try read(try open(), 0, 1) == entry(1))
  }

  @Test func aDamagedRecordIsFound() throws {
    try write(try open(), 1, 1)
    try damage(at: 4096 + 64 + 40)
    #expect(try read(try open(), 1, 1) == nil)
    try damage(at: 4096 + 64 + 40)
    #expect(try read(try open(), 1, 1) == entry(1))
    try damage(at: 4096 + 64)
    #expect(try !open().holds(1, source: source(1)))
  }

  @Test func aFileThatIsCutLosesOnlyItsEnd() throws {
    let file = try open()
    try write(file, 0, 1)
    try write(file, 3, 2)
    #expect(try read(file, 3, 2) != nil)
    // Within the last entry, which is in use.
    #expect(truncate(path, 2 * 4096 + 3 * 8192 + 100) == 0)
    #expect(try read(file, 3, 2) == nil && !file.holds(3, source: source(2)))
    #expect(try read(file, 0, 1) == entry(1))
    try write(file, 3, 2)
    #expect(try read(file, 3, 2) == entry(2))
    #expect(truncate(path, 10) == 0)
    #expect(try !file.holds(0, source: source(1)) && file.recordCount() == 0)
  }

  @Test func aFileWithAnotherTextIsMadeAnew() throws {
    let old = try open()
    try write(old, 0, 1)
    #expect(try open("letters\n").recordCount() == 0)
    let file = try open()
    #expect(try file.recordCount() == 0 && read(file, 0, 1) == nil)
    // Whoever has the old file keeps it.
    #expect(try read(old, 0, 1) == entry(1))
    try write(file, 0, 1)
    try damage(at: 0)
    #expect(try open().recordCount() == 0)
    #expect(try folder.names() == ["entries"])
  }

  @Test func aLinkIsNotFollowed() throws {
    try folder.write([1, 2, 3], as: "precious")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: folder.file("precious"))
    #expect(throws: FileError.self) { try open() }
    #expect(try folder.text("precious").utf8.elementsEqual([1, 2, 3]))
  }

  @Test(.enabled(if: SmallFileSystem.canMount, "SKIPPED: only root can mount a small file system"))
  func onAFullDiskAnEntryIsNotThere() throws {
    // Text, records, and one entry of two pages.
    let disk = try SmallFileSystem(bytes: 5 * 4096)
    let file = try EntryFile(
      path: disk.folder.file("entries"), text: Self.text, count: 4, entryBytes: Self.bytes)
    try write(file, 0, 1)
    let error = #expect(throws: FileError.self) { try write(file, 1, 2) }
    #expect(error?.code == ENOSPC)
    #expect(try !file.holds(1, source: source(2)) && read(file, 0, 1) == entry(1))
  }
}
