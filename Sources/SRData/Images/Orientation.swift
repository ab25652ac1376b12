/// How the rows and columns of a stored picture lie when the picture is upright: EXIF's tag 0x0112 (CIPA DC-008).
///
/// The names say where the stored picture's first row and first column are in the upright picture.
package enum Orientation: Int, Sendable, CaseIterable {
  case topLeft = 1, topRight, bottomRight, bottomLeft, leftTop, rightTop, rightBottom, leftBottom

  /// Whether the stored rows are upright columns.
  var swapsSides: Bool { rawValue >= Orientation.leftTop.rawValue }

  /// Where an upright picture's pixels lie in a stored picture of `width` x `height` pixels: the first one, and the steps to the
  /// next one to the right and to the next one below, all in pixels.
  func strides(width: Int, height: Int) -> (first: Int, right: Int, down: Int) {
    let (lastColumn, lastRow) = (width - 1, (height - 1) * width)
    return switch self {
    case .topLeft: (0, 1, width)
    case .topRight: (lastColumn, -1, width)
    case .bottomRight: (lastRow + lastColumn, -1, -width)
    case .bottomLeft: (lastRow, 1, -width)
    case .leftTop: (0, width, 1)
    case .rightTop: (lastRow, -width, 1)
    case .rightBottom: (lastRow + lastColumn, -width, -1)
    case .leftBottom: (lastColumn, width, -1)
    }
  }

  /// Reads the tag in a block of EXIF data, which is a TIFF file without pixels. Nil if the block has no such tag, or is damaged:
  /// then nobody can tell which side is up, and the picture itself may be sound.
  package init?(exif block: UnsafeRawBufferPointer) {
    func number(_ offset: Int, _ count: Int, bigEndian: Bool) -> Int? {
      guard offset >= 0, offset <= block.count - count else { return nil }
      return (0..<count).reduce(0) { sum, index in
        sum << 8 | Int(block[offset + (bigEndian ? index : count - 1 - index)])
      }
    }
    let isBig = block.starts(with: Array("MM".utf8))
    guard isBig || block.starts(with: Array("II".utf8)), number(2, 2, bigEndian: isBig) == 42,
      let directory = number(4, 4, bigEndian: isBig), let count = number(directory, 2, bigEndian: isBig)
    else { return nil }
    for index in 0..<count {
      let entry = directory + 2 + 12 * index
      guard let tag = number(entry, 2, bigEndian: isBig), let type = number(entry + 2, 2, bigEndian: isBig)
      else { return nil }
      guard tag == 0x0112 else { continue }
      // The value is a SHORT. Some programs write a BYTE or a LONG.
      guard let bytes = [1: 1, 3: 2, 4: 4][type], let value = number(entry + 8, bytes, bigEndian: isBig)
      else { return nil }
      self.init(rawValue: value)
      return
    }
    return nil
  }
}
