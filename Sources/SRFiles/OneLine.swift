extension StringProtocol {
  /// The text on one line, as it may be shown on a terminal.
  ///
  /// Control characters (C0, DEL, C1), line and paragraph separators and the controls of writing direction are written as
  /// `\n`, `\t`, `\r` or `\u{1B}`. A file's name can hold any of them: it could add a line to a log, or control the terminal.
  /// All other text, such as letters of any script, stays as it is.
  package var onOneLine: String {
    guard unicodeScalars.contains(where: \.controlsTerminal) else { return String(self) }
    var text = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\r": text += "\\r"
      case _ where scalar.controlsTerminal:
        text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Unicode.Scalar {
  fileprivate var controlsTerminal: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0: true
    // The marks and embeddings of writing direction; U+2028 and U+2029 separate lines and paragraphs.
    case 0x61C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }
}

/// A text of several lines, such as an error that lists problems.
package protocol TextOfLines {
  var lines: [String] { get }
}
