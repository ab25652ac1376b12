import Foundation
import SRData
import SRFiles
import SRTestSupport
import Testing

/// Pictures with all that their files hold, read and written.
@Suite struct StoredPictureTests {
  private func open(_ name: String) throws -> PictureFile {
    try PictureFile(BytePath(Fixtures.path("pictures/\(name)")))
  }

  private func rows(_ picture: DecodedPicture) -> [[UInt8]] {
    (0..<picture.height).map { y in
      let count = picture.width * picture.format.bytesPerPixel
      return withUnsafeTemporaryAllocation(byteCount: count, alignment: 64) { row in
        picture.copyRow(y, to: row.baseAddress!)
        return Array(row)
      }
    }
  }

  /// Encodes rows, and opens the result.
  private func encoded(
    _ rows: [[UInt8]], _ file: PictureFile.Format, _ format: SampleFormat, width: Int,
    _ attachments: PictureAttachments = PictureAttachments(), in folder: TemporaryFolder
  ) throws -> (PictureFile, hasProfile: Bool) {
    var bytes: [UInt8] = []
    let encoder = try PictureEncoder(
      file, format, width: width, height: rows.count, attachments: attachments, path: "a picture",
      sink: { bytes.append(contentsOf: $0) })
    for row in rows { try row.withUnsafeBytes { try encoder.append($0.baseAddress!) } }
    try encoder.finish()
    return (try PictureFile(BytePath(folder.write(bytes, as: "encoded"))), encoder.hasProfile)
  }

  /// The channels and the depth by the fixture's name.
  private func expectedFormat(_ name: String) -> SampleFormat {
    let isGrey = name.hasPrefix("grey")
    let hasAlpha = ["alpha", "rgba", "trns"].contains { name.contains($0) }
    return SampleFormat(
      channels: (isGrey ? 1 : 3) + (hasAlpha ? 1 : 0), name.contains("16") ? .uint16 : .uint8)
  }

  /// The colours as stored, reduced to 8-bit RGB, are those of the other way of decoding.
  @Test(arguments: ImageFileTests.pictures)
  func storedColorsAreTheColors(_ name: String) throws {
    let file = try open(name)
    let format = expectedFormat(name)
    #expect(file.stored == format)
    let stored = try file.decode(as: format)
    let image = try file.decode(as: .rgb8).image
    var reduced: [UInt8] = []
    for row in rows(stored) {
      for x in 0..<stored.width {
        for c in 0..<3 {
          let sample = x * format.channels + (format.colors == 1 ? 0 : c)
          // The high byte of a word in the host's order.
          reduced.append(row[format.sample == .uint16 ? 2 * sample + 1 : sample])
        }
      }
    }
    #expect(RGBImage(width: stored.width, height: stored.height, pixels: reduced) == image)
  }

  /// No bit of a PNG is lost.
  @Test(arguments: ImageFileTests.pictures.filter { $0.hasSuffix(".png") })
  func pngsAreWrittenAsTheyWereRead(_ name: String) throws {
    let folder = try TemporaryFolder()
    let file = try open(name)
    let picture = try file.decode(as: file.stored)
    let (copy, _) = try encoded(rows(picture), .png, file.stored, width: picture.width, in: folder)
    #expect(copy.stored == file.stored)
    // The rows were upright already.
    #expect(!copy.conversions.contains(.turned))
    #expect(rows(try copy.decode(as: copy.stored)) == rows(picture))
  }

  /// An ICC profile of RGB with one tag. libpng does not read one that is compressed to less than 92 bytes, so the tag is noise.
  private var profile: [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 344)
    for index in 144..<344 { bytes[index] = UInt8(truncatingIfNeeded: index * index * 181 / 16) }
    func put(_ text: String, at position: Int) {
      bytes.replaceSubrange(position..<position + 4, with: text.utf8)
    }
    bytes[2] = 1
    bytes[3] = 88
    bytes[8] = 4
    put("mntr", at: 12)
    put("RGB ", at: 16)
    put("XYZ ", at: 20)
    put("acsp", at: 36)
    // One tag: its name, where its data begin, and how many bytes they are.
    bytes[131] = 1
    put("desc", at: 132)
    bytes[139] = 144
    bytes[143] = 200
    bytes.replaceSubrange(68..<80, with: [0, 0, 0xF6, 0xD6, 0, 1, 0, 0, 0, 0, 0xD3, 0x2D])
    return bytes
  }

  private let pixels = (0..<6).map { (y: Int) -> [UInt8] in
    (0..<15).map { (x: Int) -> UInt8 in UInt8(x * 9 + y * 20) }
  }

  @Test(arguments: [PictureFile.Format.png, .jpeg])
  func profilesAndDensitiesAreKept(format: PictureFile.Format) throws {
    let folder = try TemporaryFolder()
    var attachments = PictureAttachments()
    attachments.profile = profile
    attachments.density = PixelDensity(unit: .inch, x: 300, y: 150)
    let (file, hasProfile) = try encoded(pixels, format, .rgb8, width: 5, attachments, in: folder)
    #expect(hasProfile)
    let found = file.attachments()
    #expect(found.profile == profile && found.profileFault == nil)
    // 300 / 0.0254 = 11811.02
    let metric = PixelDensity(unit: .metre, x: 11811, y: 5906)
    #expect(found.density == (format == .png ? metric : attachments.density))
    // A PNG's density becomes the JPEG's again.
    let (jpeg, _) = try encoded(pixels, .jpeg, .rgb8, width: 5, found, in: folder)
    #expect(jpeg.attachments().density == attachments.density && jpeg.attachments().profile == profile)
  }

  /// A profile of several segments.
  @Test func largeProfilesAreKept() throws {
    let folder = try TemporaryFolder()
    var attachments = PictureAttachments()
    attachments.profile = (0..<200_000).map { (index: Int) -> UInt8 in
      UInt8(truncatingIfNeeded: index * 31 / 8)
    }
    let (file, _) = try encoded(pixels, .jpeg, .rgb8, width: 5, attachments, in: folder)
    #expect(file.attachments().profile == attachments.profile)
    // libpng refuses what is no profile, and the picture is written without it.
    let (png, hasProfile) = try encoded(pixels, .png, .rgb8, width: 5, attachments, in: folder)
    #expect(!hasProfile && png.attachments() == PictureAttachments())
  }

  @Test func profilesOfOtherColorsAreLeftOutOfAPNG() throws {
    let folder = try TemporaryFolder()
    var attachments = PictureAttachments()
    attachments.profile = profile
    let grey = SampleFormat(channels: 1, .uint8)
    let (png, hasProfile) = try encoded(pixels, .png, grey, width: 15, attachments, in: folder)
    #expect(!hasProfile)
    #expect(rows(try png.decode(as: grey)) == pixels)
  }

  /// gAMA, cHRM, sRGB and cICP stay bytes. The other chunks go.
  @Test func colorChunksAreKept() throws {
    let folder = try TemporaryFolder()
    var attachments = PictureAttachments()
    attachments.colorChunks = Array("gAMA".utf8) + [4, 0, 0, 0xB1, 0x8F] + Array("sRGB".utf8) + [1, 2]
    let (file, _) = try encoded(pixels, .png, .rgb8, width: 5, attachments, in: folder)
    #expect(file.attachments() == attachments)
    #expect(
      try open("rgb8-gamma.png").attachments().colorChunks == Array("gAMA".utf8) + [4, 0, 1, 0x86, 0xA0])
  }

  /// A compressed profile that says it has gigabytes, or has them, is not kept.
  @Test func hostileProfilesAreLeftOut() throws {
    let folder = try TemporaryFolder()
    var file = HostilePictures.png(width: 8, height: 8)
    file.insert(
      contentsOf: HostilePictures.chunk("iCCP", Array("a".utf8) + [0, 0, 1, 2, 3]), at: 33)
    let attachments = try PictureFile(BytePath(folder.write(file, as: "a.png"))).attachments()
    #expect(attachments.profile.isEmpty && attachments.profileFault?.isEmpty == false)
  }

  /// What the sink throws is thrown.
  @Test(arguments: [PictureFile.Format.png, .jpeg])
  func faultsOfTheSinkAreThrown(format: PictureFile.Format) throws {
    struct Full: Error {}
    let noise = (0..<600).map { (y: Int) -> [UInt8] in
      (0..<3000).map { (x: Int) -> UInt8 in
        let mixed: Int = (x &* 2_654_435_761) ^ (y &* 40503)
        return UInt8(truncatingIfNeeded: mixed >> 7)
      }
    }
    #expect(throws: Full.self) {
      let encoder = try PictureEncoder(
        format, .rgb8, width: 1000, height: 600, path: "a picture", sink: { _ in throw Full() })
      for row in noise { try row.withUnsafeBytes { try encoder.append($0.baseAddress!) } }
      try encoder.finish()
    }
    #expect(throws: ImageFileError.self) {
      _ = try PictureEncoder(.jpeg, .rgb8, width: 65501, height: 1, path: "a picture", sink: { _ in })
    }
  }
}
