import Foundation
import SRFiles
import SRTestSupport
import Testing

@Suite struct DurableFileWriterTests {
  /// The SHA-256 of "abc", as `sha256sum` prints it.
  private let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

  @Test func takesThePlaceOfTheOldFileWhenItIsFinished() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array("old".utf8), as: "a")
    let file = try DurableFileWriter(replacing: folder.file("a"))
    try file.write("ab".utf8)
    try file.write("c".utf8)
    #expect(try folder.text("a") == "old")
    #expect(try file.finish() == FileDigest(bytes: 3, sha256: digest))
    #expect(try folder.text("a") == "abc")
    #expect(try folder.names() == ["a"])
    #expect(try FileDigest(ofFile: folder.file("a")) == FileDigest(bytes: 3, sha256: digest))
  }

  @Test func replacesAFileInOneCall() throws {
    let folder = try TemporaryFolder()
    for text in ["abc", ""] {
      try DurableFileWriter.replace(folder.file("a"), with: text.utf8)
      #expect(try folder.text("a") == text)
    }
    #expect(try folder.names() == ["a"])
  }

  @Test func anAbandonedFileLeavesNothing() throws {
    let folder = try TemporaryFolder()
    do {
      let replacing = try DurableFileWriter(replacing: folder.file("a"))
      let creating = try DurableFileWriter(creating: folder.file("b"))
      try replacing.write("abc".utf8)
      try creating.write("abc".utf8)
      #expect(try folder.names().count == 2)
    }
    #expect(try folder.names() == [])
  }

  @Test func afterAFailedRenameTheTemporaryFileGoes() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("a")
    let error = #expect(throws: FileError.self) {
      let file = try DurableFileWriter(replacing: folder.file("a"))
      try file.write("abc".utf8)
      try file.finish()
    }
    #expect(error?.operation == .rename && error?.code == EISDIR)
    #expect(error?.description == "cannot rename to \(folder.file("a")): Is a directory (errno \(EISDIR))")
    #expect(try folder.names() == ["a"])
  }

  @Test(
    .enabled(
      if: SmallFileSystem.canMount,
      "needs to mount a small file system: run as root, outside a strict container"))
  func onAFullDiskTheOldFileStays() throws {
    let disk = try SmallFileSystem(bytes: 16384)
    try disk.folder.write(Array("old".utf8), as: "a")
    let error = #expect(throws: FileError.self) {
      let file = try DurableFileWriter(replacing: disk.folder.file("a"))
      try file.write([UInt8](repeating: 1, count: 65536))
      try file.finish()
    }
    #expect(error?.code == ENOSPC)
    #expect(error?.description.contains("No space left on device") == true)
    #expect(try disk.folder.names() == ["a"] && disk.folder.text("a") == "old")
  }

  @Test func anExistingFileIsNotCreatedAgainAndStays() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array("old".utf8), as: "a")
    let error = #expect(throws: FileError.self) { try DurableFileWriter(creating: folder.file("a")) }
    #expect(error?.operation == .create && error?.code == EEXIST)
    #expect(try folder.text("a") == "old")
  }

  @Test func whatAKilledProgramLeftGoesAndWhatAnotherWritesStays() throws {
    let folder = try TemporaryFolder()
    let stale = "a.tmp-0123456789abcdef"
    let others = ["a.tmp-12", "a.tmp-0123456789abcdeg", "b.tmp-0123456789abcdef", "xa.tmp-0123456789abcdef"]
    for name in [stale] + others { try folder.write([1], as: name) }
    let first = try DurableFileWriter(replacing: folder.file("a"))
    let second = try DurableFileWriter(replacing: folder.file("a"))
    #expect(try folder.names().count == others.count + 2)
    #expect(try !folder.names().contains(stale))
    try first.write("1".utf8)
    try second.write("2".utf8)
    for (writer, text) in [(first, "1"), (second, "2")] {
      try writer.finish()
      #expect(try folder.text("a") == text)
    }
    #expect(try folder.names() == (["a"] + others).sorted())
  }

  /// A link with the name of a file that is being made would lead to a file elsewhere.
  @Test func linksAreNotFollowed() throws {
    let folder = try TemporaryFolder()
    try folder.write(Array("old".utf8), as: "elsewhere")
    let link = folder.file("a.tmp-0123456789abcdef")
    for path in [link, folder.file("b")] {
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "elsewhere")
    }
    #expect(throws: FileError.self) { try DurableFileWriter(creating: folder.file("b")) }
    try DurableFileWriter.replace(folder.file("a"), with: "new".utf8)
    #expect(try folder.text("elsewhere") == "old" && folder.text("a") == "new")
    #expect(Set((0..<100).map { _ in TemporaryName.random("a") }).count == 100)
  }

  @Test func onlyTemporaryNamesAreTemporary() {
    #expect(TemporaryName.original(of: TemporaryName.random("a.tmp-b")) == "a.tmp-b")
    for name in ["a", "a.tmp-", "a.tmp-12", "a.tmp-0123456789ABCDEF", "a.tmp-0123456789abcdef.b"] {
      #expect(TemporaryName.original(of: name) == nil)
    }
    #expect(TemporaryName.original(of: "a.tmp-12", includingOlder: true) == "a")
  }
}
