/// What decoding to upright 8-bit RGB changes in a picture.
package enum PictureConversion: String, Sendable, CaseIterable {
  case turned = "turned upright, as their EXIF data say"
  case sixteenBits = "of 16 bits per channel, of which the upper 8 are kept"
  case transparency = "with transparency, which is dropped and not blended"
  case cmyk = "of CMYK colours, read as Adobe's"
}

/// What a picture's file says beside its pixels. It is read without a codec, in one pass over the heads of the file's parts.
///
/// A damaged part ends the pass and is no error here: the codec judges the file.
struct PictureNotes: Equatable {
  private(set) var orientation = Orientation.topLeft
  private(set) var conversions: Set<PictureConversion> = []
  /// Nil if the file does not tell it.
  private(set) var density: PixelDensity?
  /// See ``PictureAttachments/colorChunks``.
  private(set) var colorChunks: [UInt8] = []
  private(set) var hasProfile = false
  /// Where the parts of a JPEG's ICC profile lie, by their numbers, and how many there are.
  private var profileParts: [Int: Range<Int>] = [:]
  private var profilePartCount = 0

  private mutating func note(_ found: Orientation?) {
    guard let found, found != .topLeft else { return }
    orientation = found
    conversions.insert(.turned)
  }

  /// The notes of a PNG file: its header, its transparency and its EXIF chunk.
  init(png bytes: UnsafeRawBufferPointer) {
    func number(_ offset: Int, _ count: Int) -> Int {
      bytes[offset..<(offset + count)].reduce(0) { $0 << 8 | Int($1) }
    }
    // A chunk has its length, its type, its data and a checksum. The first one follows the signature.
    var start = 8
    while start <= bytes.count - 12 {
      let (length, type, data) = (number(start, 4), number(start + 4, 4), start + 8)
      guard length <= bytes.count - data - 4 else { return }
      switch type {
      case 0x4948_4452 where length == 13:  // IHDR
        if bytes[data + 8] == 16 { conversions.insert(.sixteenBits) }
        // Grey with alpha, and RGB with alpha.
        if [4, 6].contains(bytes[data + 9]) { conversions.insert(.transparency) }
      case 0x7452_4E53:  // tRNS
        conversions.insert(.transparency)
      case 0x6943_4350:  // iCCP
        hasProfile = true
      case 0x7048_5973 where length == 9 && density == nil:  // pHYs
        let (x, y) = (number(data, 4), number(data + 4, 4))
        guard x > 0, y > 0, x < 1 << 31, y < 1 << 31 else { break }
        density = PixelDensity(unit: bytes[data + 8] == 1 ? .metre : .none, x: x, y: y)
      // gAMA, cHRM, sRGB and cICP.
      case 0x6741_4D41 where length == 4, 0x6348_524D where length == 32, 0x7352_4742 where length == 1,
        0x6349_4350 where length == 4:
        let type = bytes[(start + 4)..<data]
        let isThere = stride(from: 0, to: colorChunks.count, by: 1).contains {
          colorChunks[$0...].starts(with: type)
        }
        if !isThere { colorChunks += type + [UInt8(length)] + bytes[data..<(data + length)] }
      case 0x6558_4966:  // eXIf
        if orientation == .topLeft { note(Self.orientation(bytes[data..<(data + length)])) }
      case 0x4945_4E44:  // IEND
        return
      default: break
      }
      start = data + length + 4
    }
  }

  /// The notes of a JPEG file: what lies before its first scan.
  init(jpeg bytes: UnsafeRawBufferPointer) {
    var start = 2
    var hasEXIF = false
    while start <= bytes.count - 4 {
      // A marker is FF and its code. Fill bytes of FF may come before it.
      guard bytes[start] == 0xFF, bytes[start + 1] != 0xFF, bytes[start + 1] != 0 else {
        start += 1
        continue
      }
      let marker = bytes[start + 1]
      // Markers without data.
      guard marker != 0x01, !(0xD0...0xD8).contains(marker) else {
        start += 2
        continue
      }
      let length = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
      let (data, end) = (start + 4, start + 2 + length)
      // The scan, or the end of the picture.
      guard marker != 0xDA, marker != 0xD9, length >= 2, end <= bytes.count else { return }
      switch marker {
      case 0xE0 where density == nil && end - data >= 12 && bytes[data..<end].starts(with: Self.jfifMark):
        let (x, y) = (
          Int(bytes[data + 8]) << 8 | Int(bytes[data + 9]), Int(bytes[data + 10]) << 8 | Int(bytes[data + 11])
        )
        let unit: PixelDensity.Unit? = [0: .none, 1: .inch, 2: .centimetre][bytes[data + 7]]
        if let unit, x > 0, y > 0 { density = PixelDensity(unit: unit, x: x, y: y) }
      case 0xE2 where end - data >= 14 && bytes[data..<end].starts(with: Self.profileMark):
        hasProfile = true
        profilePartCount = Int(bytes[data + 13])
        profileParts[Int(bytes[data + 12])] = (data + 14)..<end
      case 0xE1 where !hasEXIF && bytes[data..<end].starts(with: Self.exifMark):
        hasEXIF = true
        note(Self.orientation(bytes[data..<end]))
      // A frame's header. C4, C8 and CC have other meanings.
      case 0xC0...0xCF where ![0xC4, 0xC8, 0xCC].contains(marker) && end - data > 5:
        if bytes[data + 5] == 4 { conversions.insert(.cmyk) }
      default: break
      }
      start = end
    }
  }

  private static let exifMark = Array("Exif\0\0".utf8)
  private static let jfifMark = Array("JFIF\0".utf8)
  private static let profileMark = Array("ICC_PROFILE\0".utf8)

  /// A JPEG's ICC profile; empty if there is none, or if parts of it are missing.
  func profile(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    guard profilePartCount > 0, profileParts.keys.sorted() == Array(1...profilePartCount) else { return [] }
    return (1...profilePartCount).flatMap { bytes[profileParts[$0]!] }
  }

  /// The orientation in EXIF data, with or without the mark that JPEG has before them.
  private static func orientation(_ data: Slice<UnsafeRawBufferPointer>) -> Orientation? {
    let isMarked = data.starts(with: exifMark)
    return Orientation(
      exif: UnsafeRawBufferPointer(rebasing: isMarked ? data.dropFirst(exifMark.count) : data))
  }
}
