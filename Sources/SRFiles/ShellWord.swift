/// Words of a command that a message suggests.
package enum ShellWord {
  /// A text as one word, which bash, zsh and dash (from POSIX.1-2024 on) read back as the same text.
  package static func quoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.utf8.allSatisfy { byte in
        let letter = byte | 0x20
        return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letter)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "_+,./:@%-".utf8.contains(byte)
      }
    if isPlain { return text }
    func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }
    guard text.utf8.contains(where: isControl) else {
      return "'" + text.replacing("'", with: #"'\''"#) + "'"
    }
    // Control characters would not survive a terminal.
    var word: [UInt8] = Array("$'".utf8)
    for byte in text.utf8 {
      switch byte {
      case _ where isControl(byte):
        let digits = String(byte, radix: 8)
        word += Array(("\\" + String(repeating: "0", count: 3 - digits.count) + digits).utf8)
      case UInt8(ascii: "'"), UInt8(ascii: "\\"): word += [UInt8(ascii: "\\"), byte]
      default: word.append(byte)
      }
    }
    return String(decoding: word + [UInt8(ascii: "'")], as: UTF8.self)
  }
}
