import Foundation
import SRFiles
import SRTestSupport
import Testing

@Suite struct PathKindTests {
  @Test func tellsWhatIsThere() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], as: "file")
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: "file")
    try FileManager.default.createSymbolicLink(atPath: folder.file("dangling"), withDestinationPath: "none")
    #expect(try PathKind.of(folder.file("file")) == .file)
    #expect(try PathKind.of(folder.path) == .directory)
    #expect(try PathKind.of("/dev/null") == .other)
    #expect(try PathKind.of(folder.file("link")) == .file)
    #expect(try PathKind.of(folder.file("link"), followingLinks: false) == .link)
    for absent in ["none", "none/file", "file/below", "dangling"] {
      #expect(try PathKind.of(folder.file(absent)) == nil)
    }
  }

  /// Whoever takes "could not look" for "is not there" begins anew, and overwrites what is there.
  @Test func whatCannotBeLookedAtIsNotAbsent() throws {
    let folder = try TemporaryFolder()
    try TemporaryFolder.makeUnseeable(folder.file("loop"))
    for (path, code) in [
      (folder.file("loop"), ELOOP), (folder.file("loop/below"), ELOOP),
      (folder.file(String(repeating: "n", count: 300)), ENAMETOOLONG),
    ] {
      let error = #expect(throws: FileError.self) { try PathKind.of(path) }
      #expect(error?.operation == .look && error?.code == code && error?.path == path)
      #expect(throws: FileError.self) { try DirectoryCalls.remove("\(path)/below") }
    }
  }
}
