/// A kind of file that is often given in place of the right one, told by its first bytes. Readers name it in their errors.
package struct FileKind: Equatable, Sendable, CustomStringConvertible {
  /// What the file looks like, and what to do if that is known, such as `a Git LFS pointer in place of the file (...)`.
  package let description: String
  /// Whether the file is text of no particular kind, JSON or YAML. A reader of such text knows better what is wrong with it.
  package let isPlainText: Bool

  /// Looks at the beginning of a file. Nil if it looks like nothing that is known here.
  package init?(_ bytes: UnsafeRawBufferPointer) {
    let start = Array(bytes.prefix(Self.examinedBytes))
    let kind = Self.text(start)
    guard let text = kind ?? Self.plainText(start) else { return nil }
    (description, isPlainText) = (text, kind == nil)
  }

  /// The names of the first members of an archive lie within so many bytes.
  private static let examinedBytes = 4096

  private static func text(_ start: [UInt8]) -> String? {
    if start.isEmpty { return "an empty file" }
    if start.starts(with: Array("PK\u{3}\u{4}".utf8)) { return archive(start) }
    if start.starts(with: Array("RIFF".utf8)), start.dropFirst(8).starts(with: Array("WEBP".utf8)) {
      return "a WebP picture"
    }
    if start.dropFirst(4).starts(with: Array("ftyp".utf8)) { return "a HEIC or AVIF picture, or a video" }
    if start.dropFirst(257).starts(with: Array("ustar".utf8)) { return "a tar archive (unpack it)" }
    if let kind = magic.first(where: { start.starts(with: $0.bytes) }) { return kind.text }
    // A pickle of protocol 2 to 5 continues with an instruction.
    if start.count > 2, start[0] == 0x80, (2...5).contains(start[1]), start[2] != 0 {
      return "a Python pickle, such as a PyTorch file (.pth or .pt) in the format before version 1.6; "
        + "`torch.save(torch.load(FILE, weights_only=True), NEW)` writes the newer format"
    }
    if isONNX(start) { return "an ONNX network\(weightsAdvice)" }
    return markup(start)
  }

  /// A network that another program has made of weights.
  private static let weightsAdvice = " (give the .safetensors or .pth file that it was made of)"

  /// An ONNX file is a message of protocol buffers. It begins with the format's version, and then has the name of the program
  /// that wrote it, or the graph.
  private static func isONNX(_ start: [UInt8]) -> Bool {
    let (version, producer, graph) = (UInt8(0x08), UInt8(0x12), UInt8(0x3A))
    guard start.count > 8, start[0] == version, (1...32).contains(start[1]) else { return false }
    if start[2] == graph { return start[3] != 0 && start[4...7].contains { $0 != 0 } }
    let name = start.dropFirst(4).prefix(Int(start[3]))
    return start[2] == producer && name.count == start[3] && !name.isEmpty
      && name.allSatisfy { (0x20...0x7E).contains($0) }
  }

  /// Such a file begins with exactly these bytes.
  private static let magic: [(bytes: [UInt8], text: String)] = [
    (
      Array("version https://git-lfs".utf8),
      "a Git LFS pointer in place of the file (`git lfs pull` fetches the file)"
    ),
    ([0x93] + Array("NUMPY".utf8), "a NumPy array (.npy)"),
    ([0x89] + Array("PNG\r\n\u{1A}\n".utf8), "a PNG picture"),
    ([0xFF, 0xD8, 0xFF], "a JPEG picture"),
    (Array("GIF8".utf8), "a GIF picture"),
    (Array("BM".utf8), "a BMP picture"),
    ([0x49, 0x49, 0x2A, 0x00], "a TIFF picture, or a camera's raw file"),
    ([0x4D, 0x4D, 0x00, 0x2A], "a TIFF picture, or a camera's raw file"),
    ([0x00, 0x00, 0x00, 0x0C] + Array("jP  ".utf8), "a JPEG 2000 picture"),
    ([0xFF, 0x0A], "a JPEG XL picture"),
    ([0x89] + Array("HDF\r\n\u{1A}\n".utf8), "an HDF5 file (.h5)"),
    (Array("GGUF".utf8), "a GGUF model"),
    (Array("%PDF-".utf8), "a PDF document"),
    ([0x1F, 0x8B], "a gzip archive (unpack it)"),
    ([0x28, 0xB5, 0x2F, 0xFD], "a Zstandard archive (unpack it)"),
    ([0xFD] + Array("7zXZ".utf8), "an xz archive (unpack it)"),
    (Array("BZh".utf8), "a bzip2 archive (unpack it)"),
    (Array("7z".utf8) + [0xBC, 0xAF], "a 7z archive (unpack it)"),
    ([0x7F] + Array("ELF".utf8), "a program"),
    (Array("7767517\n".utf8), "the structure of an ncnn network\(weightsAdvice)"),
  ]

  /// A zip archive, by the names of its first members.
  private static func archive(_ start: [UInt8]) -> String {
    let text = String(decoding: start.map { $0 < 0x80 ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    if text.contains("/data.pkl") {
      return "a PyTorch file (.pth or .pt); safetensors.torch.save_file writes safetensors"
    }
    if text.contains(".npy") { return "a NumPy archive (.npz); numpy.save writes a single array (.npy)" }
    return "a zip archive (unpack it)"
  }

  private static func markup(_ start: [UInt8]) -> String? {
    let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let visible = (start.starts(with: byteOrderMark) ? start.dropFirst(3) : start[...])
      .drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
    let text = String(decoding: visible.prefix(64), as: UTF8.self).lowercased()
    if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") {
      return "an HTML page, such as a server's error or login page (download the file again)"
    }
    if text.hasPrefix("<?xml") {
      return "an XML document, such as a server's error message (download the file again)"
    }
    return nil
  }

  /// UTF-8 without control characters, which no binary format is.
  private static func plainText(_ start: [UInt8]) -> String? {
    let controls = start.contains { ($0 < 0x20 && ![0x09, 0x0A, 0x0D].contains($0)) || $0 == 0x7F }
    // A character of up to four bytes may be cut.
    let text = (0..<4).lazy.compactMap { String(validating: start.dropLast($0), as: UTF8.self) }.first
    guard !controls, let text, !text.isEmpty else { return nil }
    let first = text.first { !$0.isWhitespace }
    if first == "{" || first == "[" { return "a JSON file" }
    let isKey = text.prefixMatch(of: /(#.*\n|\s)*(---\s|[A-Za-z_][\w-]*:(\s|$))/) != nil
    return isKey ? "a YAML file" : "a text file"
  }
}
