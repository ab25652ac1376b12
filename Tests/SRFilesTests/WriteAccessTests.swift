import Foundation
import SRFiles
import SRTestSupport
import Testing

@Suite struct WriteAccessTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try folder.write([1], as: "file")
    try folder.makeFolder("inner")
  }

  private func code(_ body: () throws -> Void) -> Int32? {
    do {
      try body()
      return 0
    } catch {
      return (error as? FileError)?.code
    }
  }

  @Test func foldersThatAreThereOrCanBeMade() throws {
    #expect(code { try WriteAccess.checkFolder(folder.file("inner")) } == 0)
    #expect(code { try WriteAccess.checkFolder(folder.file("a/b/c")) } == 0)
    #expect(code { try WriteAccess.checkFolder("relative/folder") } == 0)
    #expect(try folder.names() == ["file", "inner"])
  }

  @Test func filesAreNoFolders() {
    #expect(code { try WriteAccess.checkFolder(folder.file("file")) } == ENOTDIR)
    #expect(code { try WriteAccess.checkFolder(folder.file("file/a")) } == ENOTDIR)
    #expect(code { try WriteAccess.checkFile(folder.file("file/a")) } == ENOTDIR)
    #expect(code { try WriteAccess.checkFile(folder.file("inner")) } == EISDIR)
    #expect(code { try WriteAccess.checkFile("/dev/null") } == nil)
  }

  @Test func filesThatAreThereOrCanBeMade() {
    #expect(code { try WriteAccess.checkFile(folder.file("file")) } == 0)
    #expect(code { try WriteAccess.checkFile(folder.file("a/b")) } == 0)
  }

  @Test(.enabled(if: geteuid() != 0, "root may write everywhere"))
  func foldersOfOthers() {
    #expect(code { try WriteAccess.checkFolder("/usr/x") } == EACCES)
  }

  @Test func space() {
    #expect(code { try WriteAccess.checkSpace(1, at: folder.file("a/b")) } == 0)
    #expect(code { try WriteAccess.checkSpace(.max, at: folder.file("a/b")) } == ENOSPC)
  }
}
