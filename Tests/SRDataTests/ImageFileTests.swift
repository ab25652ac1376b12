import SRData
import SRFiles
import SRTestSupport
import Testing

@Suite struct ImageFileTests {
  static let pictures = Fixtures.names(in: "pictures").filter { !$0.hasSuffix(".npy") }

  static func decode(_ bytes: [UInt8]) throws -> RGBImage {
    try bytes.withUnsafeBytes { try ImageFile.decode($0, path: "a file").image }
  }

  @Test func everyKindHasAFixture() {
    #expect(Self.pictures.filter { $0.hasSuffix(".png") }.count == 22)
    #expect(Self.pictures.filter { $0.hasSuffix(".jpg") }.count == 17)
  }

  @Test(arguments: pictures)
  func decodesAsPillow(_ name: String) throws {
    let image = try ImageFile.read(Fixtures.path("pictures/\(name)"))
    let expected = try Fixtures.picture("pictures/\(name).rgb.npy")
    #expect(image.width == expected.width)
    #expect(image.height == expected.height)
    #expect(image.pixels == expected.pixels)
  }

  @Test func pngComesBackUnchanged() throws {
    let directory = try TemporaryFolder()
    var image = RGBImage(width: 7, height: 5)
    for i in image.pixels.indices { image.pixels[i] = UInt8(truncatingIfNeeded: i * 37) }
    try ImageFile.writePNG(image, to: directory.file("a.png"))
    #expect(try ImageFile.read(directory.file("a.png")) == image)
    #expect(try directory.names() == ["a.png"])
  }

  /// A file that is cut anywhere is an error, and never a picture. The cuts also run the C error paths hundreds of times.
  @Test(arguments: ["rgb8.png", "rgb8-interlaced.png", "rgb-420.jpg", "rgb-420-progressive.jpg", "cmyk.jpg"])
  func truncatedFileIsAnError(_ name: String) throws {
    let whole = try bytes(of: Fixtures.path("pictures/\(name)"))
    for count in 0..<whole.count {
      #expect(throws: ImageFileError.self, "\(count) of \(whole.count) bytes") {
        try Self.decode(Array(whole.prefix(count)))
      }
    }
  }

  @Test func corruptPNGNamesTheFileAndTheFault() throws {
    let directory = try TemporaryFolder()
    var file = try bytes(of: Fixtures.path("pictures/rgb8.png"))
    file[file.count / 2] ^= 0xFF
    let path = try directory.write(file, as: "broken.png")
    let error = #expect(throws: ImageFileError.self) { try ImageFile.read(path) }
    #expect(error?.path == path)
    #expect(error?.problem.hasPrefix("damaged PNG: IDAT") == true, "\(error?.problem ?? "")")
  }

  @Test func corruptJPEGIsAnErrorAlthoughLibjpegOnlyWarns() throws {
    var file = try bytes(of: Fixtures.path("pictures/rgb-444.jpg"))
    // A run of ones is no Huffman code. Each FF is followed by a stuffed 00.
    for i in 0..<50 { file.replaceSubrange((700 + 2 * i)..<(702 + 2 * i), with: [0xFF, 0x00]) }
    let error = #expect(throws: ImageFileError.self) { try Self.decode(file) }
    #expect(error?.problem.contains("Corrupt JPEG data") == true, "\(error?.problem ?? "")")
  }

  /// Some cameras write padding before the final marker. Every pixel is there, so this is not an error, as in Pillow.
  @Test func paddingBeforeTheFinalMarkerIsNoError() throws {
    var file = try bytes(of: Fixtures.path("pictures/rgb-444.jpg"))
    file.insert(contentsOf: [0, 0, 0, 0], at: file.count - 2)
    let image = try Self.decode(file)
    #expect(image == (try ImageFile.read(Fixtures.path("pictures/rgb-444.jpg"))))
  }

  /// Some phones write other values for the spectral selection of a sequential scan, where they have no meaning. libjpeg
  /// warns of them; they change no pixel.
  @Test(arguments: [[0, 0, 0], [1, 63, 0], [0, 63, 0x10], [0, 5, 0x01], [255, 255, 255]] as [[UInt8]])
  func oddSelectionOfASequentialScanIsNoError(_ selection: [UInt8]) throws {
    var file = try bytes(of: Fixtures.path("pictures/rgb-420.jpg"))
    let scan = try #require(file.indices.first { file[$0] == 0xFF && file[$0 + 1] == 0xDA })
    let length = Int(file[scan + 2]) << 8 | Int(file[scan + 3])
    file.replaceSubrange((scan + length - 1)..<(scan + length + 2), with: selection)
    let decoded = try file.withUnsafeBytes { try ImageFile.decode($0, path: "phone.jpg") }
    #expect(decoded.image == (try ImageFile.read(Fixtures.path("pictures/rgb-420.jpg"))))
    #expect(decoded.warnings == .init(count: 1, first: "Invalid SOS parameters for sequential JPEG"))
    // It is no excuse for missing data.
    for count in (scan + length + 2)..<file.count {
      #expect(throws: ImageFileError.self) { try Self.decode(Array(file.prefix(count))) }
    }
  }

  @Test func soundPicturesHaveNoWarnings() throws {
    for name in Self.pictures {
      let file = try bytes(of: Fixtures.path("pictures/\(name)"))
      let decoded = try file.withUnsafeBytes { try ImageFile.decode($0, path: name) }
      #expect(decoded.warnings == nil, "\(name): \(decoded.warnings?.first ?? "")")
    }
  }

  @Test func hugeHeaderIsRefusedBeforeMemoryIsAllocated() throws {
    var file = try bytes(of: Fixtures.path("pictures/rgb-444.jpg"))
    let frame = try #require(file.indices.first { file[$0] == 0xFF && file[$0 + 1] == 0xC0 })
    file.replaceSubrange((frame + 5)..<(frame + 9), with: [0xFF, 0xDC, 0xFF, 0xDC])
    let error = #expect(throws: ImageFileError.self) { try Self.decode(file) }
    #expect(error?.problem.contains("65500 x 65500") == true, "\(error?.problem ?? "")")
  }

  @Test func otherFilesAreRefused() throws {
    let directory = try TemporaryFolder()
    let text = try directory.write(Array("GIF89a".utf8), as: "a.png")
    let error = #expect(throws: ImageFileError.self) { try ImageFile.read(text) }
    #expect(error?.problem.contains("neither a PNG nor a JPEG") == true)
    #expect(error?.problem.hasSuffix("it looks like a GIF picture") == true)
    let missing = #expect(throws: FileError.self) { try ImageFile.read(directory.file("none.png")) }
    #expect(missing?.description.contains("/none.png: No such file or directory") == true)
    #expect(throws: FileError.self) { try ImageFile.read(directory.path) }
  }
}
