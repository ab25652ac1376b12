import Foundation
import SRData
import SRFiles
import SRTensor
import SRTestSupport
import Testing

/// What a picture's file says about its pixels, and what is told about what decoding changes.
@Suite struct PictureConversionTests {
  private func open(_ bytes: [UInt8]) throws -> DecodedPicture {
    try bytes.withUnsafeBytes { try ImageFile.decode($0, path: "a file") }
  }

  private func fixture(_ name: String) throws -> [UInt8] { try bytes(of: Fixtures.path("pictures/\(name)")) }

  @Test(arguments: ImageFileTests.pictures)
  func conversionsAreNoted(_ name: String) throws {
    var expected: Set<PictureConversion> = []
    if name.hasPrefix("turned"), !name.hasPrefix("turned-1") { expected.insert(.turned) }
    if name.contains("16") { expected.insert(.sixteenBits) }
    if name.contains("alpha") || name.contains("rgba") || name.contains("trns") {
      expected.insert(.transparency)
    }
    if name.contains("cmyk") || name.contains("ycck") { expected.insert(.cmyk) }
    #expect(try open(fixture(name)).conversions == expected)
  }

  /// Any crop of a turned picture equals the crop of the upright picture.
  @Test(arguments: 1...8)
  func cropsOfTurnedPictures(orientation: Int) throws {
    let picture = try open(fixture("turned-\(orientation).jpg"))
    let whole = picture.image
    #expect(picture.width == (orientation < 5 ? 27 : 19))
    for (x, y, width, height) in [(0, 0, 1, 1), (3, 5, 7, 4), (picture.width - 2, picture.height - 3, 2, 3)] {
      #expect(
        picture.cropped(x: x, y: y, width: width, height: height)
          == whole.cropped(x: x, y: y, width: width, height: height))
    }
    #expect(picture.resized(width: 10, height: 12) == whole.resized(width: 10, height: 12))
  }

  /// The high byte of each grey. Nothing is clipped.
  @Test func greysOf16BitsAreNotWhite() throws {
    let grey = try open(fixture("grey16.png")).image
    #expect(Array(grey.pixels[0..<12]) == [0, 0, 0, 0, 0, 0, 1, 1, 1, 255, 255, 255])
  }

  /// Damaged EXIF data do not make a sound picture unreadable, and reading them never traps. Each byte of the block takes
  /// several values, and the block is cut at each place.
  @Test(arguments: ["turned-6.jpg", "turned-6.png", "turned-8-big-endian.png"])
  func damagedEXIFIsIgnored(_ name: String) throws {
    let whole = try fixture(name)
    let mark = name.hasSuffix("jpg") ? "Exif" : "eXIf"
    let start = try #require(
      whole.indices.first { whole[$0...].starts(with: Array(mark.utf8)) })
    let end = name.hasSuffix("jpg") ? start + 40 : start + 44
    let upright = try open(whole).image
    var generator = PhiloxGenerator(seed: 17, stream: 0)
    for position in start..<min(end, whole.count) {
      for value in [0, 1, 2, 8, 0x7F, 0x80, 0xFF, UInt8(generator.index(below: 256))] {
        var file = whole
        file[position] = value
        // A PNG's chunk may get a wrong checksum, or a name that every reader must know. That is the codec's concern.
        guard let picture = try? open(file) else { continue }
        #expect(picture.width * picture.height == upright.width * upright.height)
      }
    }
    guard name.hasSuffix("jpg") else { return }
    let unmarked = whole.replacing(Array(mark.utf8), with: Array("Eggs".utf8), maxReplacements: 1)
    #expect(try open(unmarked).image.width == 27)
    #expect(try open(unmarked).conversions.isEmpty)
  }

  /// Blocks of random bytes with a right beginning, far more than there are files.
  @Test func randomEXIFNeverTraps() {
    var generator = PhiloxGenerator(seed: 18, stream: 0)
    for round in 0..<20_000 {
      let head: [UInt8] = round % 2 == 0 ? [0x49, 0x49, 42, 0, 8, 0, 0, 0] : [0x4D, 0x4D, 0, 42, 0, 0, 0, 8]
      var block = head + (0..<generator.index(below: 60)).map { _ in UInt8(generator.index(below: 256)) }
      // A tag at a place where it is found.
      if block.count > 24, round % 3 != 0 {
        block.replaceSubrange(8..<14, with: round % 2 == 0 ? [1, 0, 0x12, 1, 3, 0] : [0, 1, 1, 0x12, 0, 3])
      }
      block.withUnsafeBytes { _ = Orientation(exif: $0) }
      block.withUnsafeBytes {
        _ = Orientation(exif: UnsafeRawBufferPointer(rebasing: $0.dropLast($0.count / 2)))
      }
    }
  }
}
