import SRData
import Testing

@Suite struct BicubicResizeTests {
  /// `31x23-8x6.npy` is 31 x 23 pixels resized to 8 x 6.
  static let results = Fixtures.names(in: "resizes").filter { $0.contains("-") }

  @Test func fixturesAreThere() { #expect(Self.results.count == 13) }

  @Test(arguments: results)
  func equalsPillow(_ name: String) throws {
    let expected = try Fixtures.picture("resizes/\(name)")
    let source = try Fixtures.picture("resizes/\(name.prefix { $0 != "-" }).npy")
    let result = source.resized(width: expected.width, height: expected.height)
    #expect(result == expected)
  }

  @Test func oneTableServesManyPictures() throws {
    let resize = BicubicResize(fromWidth: 32, height: 32, toWidth: 8, height: 8)
    let first = try Fixtures.picture("resizes/32x32.npy")
    let grey = RGBImage(width: 32, height: 32, pixels: [UInt8](repeating: 77, count: 32 * 32 * 3))
    #expect(resize(first) == first.resized(width: 8, height: 8))
    #expect(resize(grey).pixels.allSatisfy { $0 == 77 })
  }

  @Test func sameSizeIsTheSamePicture() throws {
    let image = try Fixtures.picture("resizes/31x23.npy")
    #expect(image.resized(width: 31, height: 23) == image)
  }
}
