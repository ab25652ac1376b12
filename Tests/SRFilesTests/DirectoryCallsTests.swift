import Foundation
import SRFiles
import SRTestSupport
import Testing

@Suite struct DirectoryCallsTests {
  @Test(arguments: [
    ("run", "."), ("r", "."), (".", "."), ("r/", "."), ("./r", "."), ("../r", ".."), ("a/b", "a"),
    ("a//b", "a"), ("a/b/", "a"), ("/a", "/"), ("/", "/"), ("/a/b", "/a"), ("Läufe/é", "Läufe"),
  ])
  func parentIsTheDirectoryThatHoldsAPath(path: String, parent: String) {
    #expect(DirectoryCalls.parent(of: path) == parent)
  }

  @Test func createsTheDirectoriesAboveToo() throws {
    let folder = try TemporaryFolder()
    try DirectoryCalls.createWithParents(folder.file("a/b/c"))
    try DirectoryCalls.createWithParents(folder.file("a/b/c/"))
    #expect(try DirectoryCalls.names(in: folder.file("a/b")) == ["c"])
  }

  @Test func aFileIsNoDirectoryThatExistsAlready() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], as: "a")
    for create in [DirectoryCalls.create, DirectoryCalls.createWithParents] {
      let error = #expect(throws: FileError.self) { try create(folder.file("a")) }
      #expect(error?.code == ENOTDIR)
    }
    try DirectoryCalls.create(folder.path)
    #expect(throws: FileError.self) { try DirectoryCalls.createNew(folder.path) }
  }

  @Test func removesATreeAndNotWhatItsLinksName() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], as: "kept")
    try DirectoryCalls.createWithParents(folder.file("tree/a/b"))
    try folder.write([1], as: "tree/a/file")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("tree/a/link"), withDestinationPath: folder.path)
    try DirectoryCalls.remove(folder.file("tree"))
    try DirectoryCalls.remove(folder.file("tree"))
    #expect(try folder.names() == ["kept"])
  }

  @Test func freeBytesAreThoseOfTheNextFolderThatExists() throws {
    let folder = try TemporaryFolder()
    #expect(try #require(DirectoryCalls.freeBytes(around: folder.file("a/b"))) > 0)
  }
}
