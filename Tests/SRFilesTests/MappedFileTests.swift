import Foundation
import SRFiles
import SRTestSupport
import Testing

@Suite struct MappedFileTests {
  @Test func holdsTheFilesBytes() throws {
    let folder = try TemporaryFolder()
    let file = try MappedFile(path: folder.write([1, 2, 3], as: "a"))
    #expect(file.withBytes { Array($0) } == [1, 2, 3])
    #expect(try MappedFile(path: folder.write([], as: "empty")).isEmpty)
  }

  @Test func whatIsNoFileIsRefused() throws {
    let folder = try TemporaryFolder()
    let absent = #expect(throws: FileError.self) { try MappedFile(path: folder.file("absent")) }
    #expect(absent?.description.contains("absent: No such file or directory") == true)
    let directory = #expect(throws: FileError.self) { try MappedFile(path: folder.path) }
    #expect(directory?.description.contains("Is a directory") == true)
    let device = #expect(throws: FileError.self) { try MappedFile(path: "/dev/null") }
    #expect(device?.description == "cannot read /dev/null: Not a regular file")
  }
}

extension MappedFile {
  fileprivate var isEmpty: Bool { count == 0 && withBytes { $0.isEmpty } }
}
