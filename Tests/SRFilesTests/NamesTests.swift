import Foundation
import SRFiles
import SRTestSupport
import Testing

/// Names of files hold any bytes but `/` and zero. They are opened as they are, and shown so that they do no harm.
@Suite struct NamesTests {
  /// Every control character, alone, becomes something printable. What people write stays.
  @Test func controlsAreEscapedAndTextIsNot() {
    for value in Array(0..<0x20) + Array(0x7F..<0xA0) + [0x61C, 0x200E, 0x200F]
      + Array(0x2028...0x202E) + Array(0x2066...0x2069)
    {
      let shown = "a\(Unicode.Scalar(value).map(Character.init)!)b".onOneLine
      #expect(shown.utf8.allSatisfy { (0x20..<0x7F).contains($0) }, "\(value): \(shown.debugDescription)")
      #expect(shown.hasPrefix("a\\") && shown.hasSuffix("b"))
    }
    #expect("a\nb\t\r\u{1B}[2J\u{202E}".onOneLine == #"a\nb\t\r\u{1B}[2J\u{202E}"#)
    for text in ["", "faces/Zoë/顔 写真.jpg", "صورة.png", "👩‍🚀 \\n'\"", "e\u{301}"] {
      #expect(text.onOneLine == text)
    }
    // The letters of a carriage return and a line feed are one Character.
    #expect("\r\n".onOneLine == #"\r\n"#)
  }

  @Test func tablesStayTables() {
    let table = TextTable([.left, .left], rows: [["a\nb", "1"], ["c", "2"]])
    #expect(table.lines == [#"a\nb  1"#, "c     2"])
  }

  @Test func pathsKeepTheirBytes() throws {
    let folder = try TemporaryFolder()
    let name = BytePath(bytes: Array("caf".utf8) + [0xE9] + Array("é.bin".utf8))
    #expect(name.description == #"caf\xE9é.bin"#)
    let path = BytePath(folder.path).appending(name)
    try OpenFile(path, O_WRONLY | O_CREAT | O_EXCL, for: .create).write([1, 2, 3])
    #expect(try DirectoryCalls.entries(of: BytePath(folder.path)) == [name])
    #expect(try MappedFile(path: path).withBytes { Array($0) } == [1, 2, 3])
    #expect(try FileStatus(path, followsLinks: false)?.bytes == 3)
    let missing = BytePath(folder.path).appending(BytePath(bytes: [0xFF]))
    let error = #expect(throws: FileError.self) { try MappedFile(path: missing) }
    #expect(error?.path == folder.file(#"\xFF"#))
    #expect(try FileStatus(missing, followsLinks: true) == nil)
    // Nothing lies below a file.
    #expect(try FileStatus(path.appending(BytePath("name")), followsLinks: true) == nil)
  }
}

extension OpenFile {
  fileprivate func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }
}
