import SRData
import Testing

@Suite struct BicubicRowsTests {
  /// All values of a picture that arrives row by row.
  private func resized<Value>(
    _ values: [Value], channels: Int, _ sample: SampleFormat.Sample, from: (Int, Int), to: (Int, Int)
  ) throws -> [Value] {
    let resize = BicubicRows(
      channels: channels, sample, fromWidth: from.0, height: from.1, toWidth: to.0, height: to.1)
    var result: [Value] = []
    let count = to.0 * channels
    values.withUnsafeBytes { bytes in
      for y in 0..<from.1 {
        resize.append(bytes.baseAddress! + y * from.0 * channels * sample.bytes) { row in
          result += UnsafeBufferPointer(start: row.assumingMemoryBound(to: Value.self), count: count)
        }
      }
    }
    return result
  }

  @Test(arguments: BicubicResizeTests.results)
  func equalsPillow(_ name: String) throws {
    let expected = try Fixtures.picture("resizes/\(name)")
    let source = try Fixtures.picture("resizes/\(name.prefix { $0 != "-" }).npy")
    let (from, to) = ((source.width, source.height), (expected.width, expected.height))
    #expect(try resized(source.pixels, channels: 3, .uint8, from: from, to: to) == expected.pixels)
    // A channel by itself.
    let green = stride(from: 1, to: source.pixels.count, by: 3).map { source.pixels[$0] }
    let expectedGreen = stride(from: 1, to: expected.pixels.count, by: 3).map { expected.pixels[$0] }
    #expect(try resized(green, channels: 1, .uint8, from: from, to: to) == expectedGreen)
  }

  /// Keys' kernel with a = -0.5, stretched for smaller results, in one sum over the plane.
  private func definition(_ values: [Double], from: (Int, Int), to: (Int, Int)) -> [Double] {
    func kernel(_ position: Double) -> Double {
      let x = abs(position)
      if x < 1 { return 1.5 * x * x * x - 2.5 * x * x + 1 }
      return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0
    }
    func weights(_ from: Int, _ to: Int, _ output: Int) -> [Double] {
      let (scale, center) = (Double(from) / Double(to), (Double(output) + 0.5) * Double(from) / Double(to))
      let found = (0..<from).map { kernel((Double($0) + 0.5 - center) / max(scale, 1)) }
      let sum = found.reduce(0, +)
      return found.map { $0 / sum }
    }
    return (0..<to.1).flatMap { y in
      let rows = weights(from.1, to.1, y)
      return (0..<to.0).map { x in
        let columns = weights(from.0, to.0, x)
        return (0..<from.1).reduce(0.0) { sum, j in
          sum + rows[j] * (0..<from.0).reduce(0.0) { $0 + columns[$1] * values[j * from.0 + $1] }
        }
      }
    }
  }

  @Test(arguments: [(62, 46), (100, 41), (15, 11), (46, 35)])
  func floatsAndSixteenBitsFollowTheDefinition(width: Int, height: Int) throws {
    let source = try Fixtures.picture("resizes/31x23.npy")
    let red = stride(from: 0, to: source.pixels.count, by: 3).map { (index: Int) -> Double in
      Double(source.pixels[index]) * 257
    }
    let expected = definition(red, from: (31, 23), to: (width, height))
    let floats: [Float] = try resized(
      red.map { Float($0 / 65535) }, channels: 1, .float32, from: (31, 23), to: (width, height))
    let words: [UInt16] = try resized(
      red.map { UInt16($0) }, channels: 1, .uint16, from: (31, 23), to: (width, height))
    for (index, value) in expected.enumerated() {
      #expect(abs(Double(floats[index]) - value / 65535) < 1e-6)
      // The first pass is clamped and rounded, too, and the kernel overshoots.
      if value > 9000, value < 56000 { #expect(abs(Double(words[index]) - value) < 8000) }
    }
    let flat = try resized(
      [UInt16](repeating: 40000, count: 31 * 23), channels: 1, .uint16, from: (31, 23), to: (width, height))
    #expect(flat == [UInt16](repeating: 40000, count: width * height))
  }

  /// Where no pass leaves the range, 16 bits are off by their two roundings at most.
  @Test func sixteenBitsOfASmoothPictureAreExact() throws {
    let values = (0..<600).map { (index: Int) -> Double in
      let (x, y) = (index % 20, index / 20)
      return Double(20000 + 600 * x + 400 * y)
    }
    let expected = definition(values, from: (20, 30), to: (33, 47))
    let words: [UInt16] = try resized(
      values.map { UInt16($0) }, channels: 1, .uint16, from: (20, 30), to: (33, 47))
    for (word, value) in zip(words, expected) { #expect(abs(Double(word) - value) <= 1.2) }
  }
}
