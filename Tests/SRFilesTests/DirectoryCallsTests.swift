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
}
