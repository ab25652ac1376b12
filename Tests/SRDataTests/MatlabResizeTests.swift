import SRData
import Testing

@Suite struct MatlabResizeTests {
  /// `31x23-8x6.npy` is `resizes/31x23.npy` resized to 8 x 6.
  static let results = Fixtures.names(in: "matlab")

  @Test func fixturesAreThere() { #expect(Self.results.count == 16) }

  /// Both dimensions smaller, larger, one of each, the same, and pictures that are narrower than the kernel.
  @Test(arguments: results)
  func equalsTheDefinition(_ name: String) throws {
    let expected = try Fixtures.picture("matlab/\(name)")
    let source = try Fixtures.picture("resizes/\(name.prefix { $0 != "-" }).npy")
    #expect(source.resized(width: expected.width, height: expected.height, by: .matlab) == expected)
  }

  /// Two grey levels, halved: each result lies between two of 256 levels, and the upper one is taken.
  @Test func halvesGoUp() {
    let stripes = RGBImage(
      width: 16, height: 1, pixels: (0..<16).flatMap { [UInt8](repeating: $0 % 2 == 0 ? 10 : 11, count: 3) })
    #expect(stripes.resized(width: 8, height: 1, by: .matlab).pixels[6...17].allSatisfy { $0 == 11 })
  }

  /// The two filters are not the same.
  @Test func differsFromPillow() throws {
    let source = try Fixtures.picture("resizes/32x32.npy")
    #expect(source.resized(width: 8, height: 8, by: .matlab) != source.resized(width: 8, height: 8))
  }
}
