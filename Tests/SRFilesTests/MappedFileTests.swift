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
    #expect(device?.description == "cannot open /dev/null: it is a device; a regular file is needed")
  }

  /// Opening a FIFO waits for its other end. The test would hang.
  @Test func aPipeIsRefusedAndNotWaitedFor() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("pipe")
    try #require(mkfifo(path, 0o600) == 0)
    let error = #expect(throws: FileError.self) { try MappedFile(path: path) }
    #expect(error?.description.contains("it is a FIFO") == true, "\(error?.description ?? "")")
    for flags in [O_RDONLY, O_WRONLY | O_CREAT, O_WRONLY | O_CREAT | O_APPEND, O_RDWR] {
      #expect(throws: FileError.self) { try OpenFile(path, flags) }
    }
    try FileManager.default.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: path)
    #expect(throws: FileError.self) { try MappedFile(path: folder.file("link")) }
  }

  @Test func aChangeIsNoticed() throws {
    let folder = try TemporaryFolder()
    func change(_ body: (String) throws -> Void) throws -> MappedFile.Change? {
      let path = try folder.write([1, 2, 3], as: "a")
      let file = try MappedFile(path: path)
      // The clock of the file system may have coarse ticks.
      usleep(20_000)
      try body(path)
      return file.change()
    }
    func write(_ bytes: [UInt8], _ path: String) throws {
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try handle.write(contentsOf: Data(bytes))
      try handle.close()
    }
    #expect(try change { _ in } == nil)
    #expect(try change { try write([9], $0) } == .written)
    #expect(try change { try write([1, 2, 3, 4], $0) } == .resized(from: 3, to: 4))
    #expect(try change { truncate($0, 1) } == .resized(from: 3, to: 1))
    #expect(
      try change {
        try folder.write([1, 2, 3], as: "b"); rename(folder.file("b"), $0)
      } == .replaced)
    #expect(try change { unlink($0) } == nil)
    #expect(try change { chmod($0, 0o600) } == .touched)
    // A program that copies times makes the time of the last write look old.
    #expect(
      try change { path in
        var status = stat()
        stat(path, &status)
        try write([9], path)
        let times = [status.st_atim, status.st_mtim]
        utimensat(AT_FDCWD, path, times, 0)
      } == .touched)
  }
}

extension MappedFile {
  fileprivate var isEmpty: Bool { count == 0 && withBytes { $0.isEmpty } }
}
