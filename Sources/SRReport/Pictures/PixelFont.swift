import SRData

/// A bitmap font of 3 x 5 dots for captions: capitals, digits, and the signs of numbers. Small letters are drawn as capitals,
/// except for the d of dB.
enum PixelFont {
  /// Pixels of a dot's side.
  static let scale = 2
  static let height = 5 * scale
  /// Pixels from one letter's left edge to the next letter's.
  static let advance = 4 * scale

  /// One octal digit per row, from the top. The digit's bits are the dots, from the left.
  private static let glyphs: [Character: Int] = [
    "0": 0o75557, "1": 0o26227, "2": 0o71747, "3": 0o71317, "4": 0o55711, "5": 0o74717, "6": 0o74757,
    "7": 0o71222,
    "8": 0o75757, "9": 0o75717, "A": 0o25755, "B": 0o65656, "C": 0o34443, "D": 0o65556, "E": 0o74647,
    "F": 0o74644,
    "G": 0o34553, "H": 0o55755, "I": 0o72227, "J": 0o11152, "K": 0o55655, "L": 0o44447, "M": 0o57755,
    "N": 0o65555,
    "O": 0o25552, "P": 0o65644, "Q": 0o25563, "R": 0o65655, "S": 0o34216, "T": 0o72222, "U": 0o55557,
    "V": 0o55552,
    "W": 0o55775, "X": 0o55255, "Y": 0o55222, "Z": 0o71247, "d": 0o11353, ".": 0o00002, "-": 0o00700,
    "+": 0o02720,
    ":": 0o02020, " ": 0,
  ]
  private static let unknown = 0o71202

  static func width(of text: String) -> Int { max(0, text.count * advance - scale) }

  /// Draws `text` with its upper left corner at (`x`, `y`), in white. Dots outside the picture are left out.
  static func draw(_ text: String, on image: inout RGBImage, x: Int, y: Int) {
    for (position, character) in text.enumerated() {
      let glyph = glyphs[character] ?? glyphs[character.uppercased().first ?? character] ?? unknown
      for row in 0..<5 {
        for column in 0..<3 where glyph >> ((4 - row) * 3 + 2 - column) & 1 == 1 {
          fillDot(on: &image, x: x + position * advance + column * scale, y: y + row * scale)
        }
      }
    }
  }

  private static func fillDot(on image: inout RGBImage, x: Int, y: Int) {
    for pixelY in y..<y + scale where (0..<image.height).contains(pixelY) {
      for pixelX in x..<x + scale where (0..<image.width).contains(pixelX) {
        let first = (pixelY * image.width + pixelX) * 3
        image.pixels.replaceSubrange(first..<first + 3, with: [255, 255, 255])
      }
    }
  }
}
