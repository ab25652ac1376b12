import Foundation
import SRFiles
import SRTestSupport
import Testing

@Suite struct JointFileWriterTests {
  @Test func severalWritersMakeOneFile() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a")
    try folder.write([9], as: "a")
    let maker = try JointFileWriter(making: path, bytes: 6)
    let other = try JointFileWriter(joining: maker.temporaryPath)
    try [UInt8(1), 2].withUnsafeBytes { try other.write(at: 4, $0) }
    try [UInt8(3), 4].withUnsafeBytes { try maker.write(at: 0, $0) }
    #expect(try OpenFile.contents(of: path) == [9])
    try maker.publish()
    #expect(try OpenFile.contents(of: path) == [3, 4, 0, 0, 1, 2])
    #expect(try folder.names() == ["a"])
  }

  /// What is not published goes, and so does what a killed maker left.
  @Test func nothingStaysOfAFileThatIsNotPublished() throws {
    let folder = try TemporaryFolder()
    let left = TemporaryName.random("a")
    try folder.write([1], as: left)
    do {
      let maker = try JointFileWriter(making: folder.file("a"), bytes: 10)
      #expect(try folder.names() == [DirectoryCalls.name(of: maker.temporaryPath)])
    }
    #expect(try folder.names() == [])
  }

  @Test(.enabled(if: SmallFileSystem.canMount, "SKIPPED: only root can mount a small file system"))
  func aFullDiskIsNoticedBeforeAnythingIsWritten() throws {
    let disk = try SmallFileSystem(bytes: 1 << 20)
    let error = #expect(throws: FileError.self) {
      try JointFileWriter(making: disk.folder.file("a"), bytes: 2 << 20)
    }
    #expect(error?.code == ENOSPC && "\(error!)".contains("2097152 bytes are needed"), "\(error!)")
    #expect(try disk.folder.names() == [])
  }
}
