import SRFiles
import SRTestSupport
import Testing

@Suite struct FileKindTests {
  @Test(arguments: [
    ("version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 2\n", "Git LFS pointer"),
    ("<!DOCTYPE html>\n<html>", "HTML page"), ("\u{FEFF}\n <HTML lang=en>", "HTML page"),
    ("<?xml version=\"1.0\"?><Error/>", "XML document"),
    ("PK\u{3}\u{4}..archive/data.pkl..", "PyTorch file"), ("PK\u{3}\u{4}..arr_0.npy..", "NumPy archive"),
    ("PK\u{3}\u{4}..photo.png", "zip archive"), ("RIFF....WEBPVP8 ", "WebP"), ("....ftypheic", "HEIC"),
    ("GIF89a", "GIF"), ("GGUF\u{3}", "GGUF"), ("%PDF-1.7", "PDF"), ("", "empty file"),
    ("{\"a\": 1}", "JSON"), ("\n[1, 2]", "JSON"), ("epochs: 3\n", "YAML"),
    ("# Settings\n\nloss:\n  mse: 1", "YAML"),
    ("---\na: 1", "YAML"), ("a", "text file"), ("Träume, http://a\n", "text file"),
    ("7767517\n3 3\n", "ncnn"),
  ])
  func isNamed(content: String, name: String) {
    let kind = Array(content.utf8).withUnsafeBytes { FileKind($0) }
    #expect(kind?.description.contains(name) == true, "\(kind?.description ?? "nil")")
  }

  @Test(
    arguments: [
      ([0x80, 2, 0x8A, 0x0A], "pickle"), ([0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A], "HDF5"),
      ([0x1F, 0x8B, 8], "gzip"), ([0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59], "NumPy array"),
      ([0x08, 8, 0x12, 3, 0x61, 0x62, 0x63, 0x32, 1, 0x61], "ONNX"),
      ([0x08, 9, 0x3A, 0xF1, 0x0B, 0x0A, 0x30, 0x0A, 1], "ONNX"),
    ] as [([UInt8], String)])
  func isNamedByItsBytes(content: [UInt8], name: String) {
    let kind = content.withUnsafeBytes { FileKind($0) }
    #expect(kind?.description.contains(name) == true, "\(kind?.description ?? "nil")")
  }

  @Test(arguments: ["\u{80}\u{2}", "a\u{0}", "\u{8}\u{8}\u{12}\u{7}srdi"])
  func othersAreNot(content: String) {
    #expect(Array(content.utf8).withUnsafeBytes { FileKind($0) } == nil)
  }

  /// A character that the examined bytes end within is no fault.
  @Test func textMayBeLong() {
    let content = [UInt8(ascii: "a")] + Array(String(repeating: "ä", count: 4096).utf8)
    #expect(content.withUnsafeBytes { FileKind($0) }?.description == "a text file")
  }

  /// The first bytes of a safetensors file are a number, which may look like a pickle's.
  @Test func aSafetensorsFileIsNone() {
    for start in [[0x80, 2, 0, 0], [8, 8, 0x12, 0], [8, 8, 0x3A, 1]] as [[UInt8]] {
      let bytes = start + [0, 0, 0, 0] + Array("{}".utf8)
      #expect(bytes.withUnsafeBytes { FileKind($0) } == nil)
    }
  }

  @Test func aFileOfAnotherKindIsNoJSON() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("<html>404</html>".utf8), as: "state.json")
    let error = #expect(throws: FileError.self) { try ReadableJSON.decode([Int].self, fromFile: path) }
    #expect(error?.reason.contains("expected JSON, found an HTML page") == true)
    let plain = try folder.write(Array("{".utf8), as: "state.json")
    #expect(throws: DecodingError.self) { try ReadableJSON.decode([Int].self, fromFile: plain) }
  }
}

@Suite struct ByteCountTests {
  @Test(arguments: [
    ("1", 1), ("800M", 800 << 20), ("2G", 2 << 30), ("3k", 3072), ("1t", 1 << 40), ("007K", 7168),
    ("1GiB", 1 << 30), ("3kib", 3072),
  ])
  func isRead(text: String, bytes: Int) { #expect(ByteCount(text)?.bytes == bytes) }

  @Test(arguments: [
    "", "0", "M", "-1", "+1", "1.5G", "1 G", "1GB", "1iB", "iB", "1GiBB", "M1iB", "9223372036854775808",
    "9000000000T", "١",
  ])
  func isRefused(text: String) { #expect(ByteCount(text) == nil) }

  @Test func isWritten() {
    #expect("\(ByteCount(1))" == "1M")
    #expect("\(ByteCount(5 << 20))" == "5M")
  }
}
