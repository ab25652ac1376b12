import SRData
import SRTestSupport
import Testing

/// Fresh crops, compared pixel by pixel with the full images that they are cut from.
@Suite struct RandomCropsTests {
  static let (height, width) = (21, 27)

  /// Red and green of a full image give a pixel's position. Blue is a pattern that differs from image to image.
  private static func full(_ index: Int) -> RGBImage {
    var image = RGBImage(width: width, height: height)
    for y in 0..<height {
      for x in 0..<width {
        let pixel = (y * width + x) * 3
        image.pixels[pixel] = UInt8(x)
        image.pixels[pixel + 1] = UInt8(y)
        image.pixels[pixel + 2] = UInt8(truncatingIfNeeded: (x * 37) ^ (y * 91) &+ 50 * index)
      }
    }
    return image
  }

  /// Pairs of 8 x 16 high-resolution pixels, and three full images.
  private func crops(in folder: TemporaryFolder, seed: UInt64) throws -> RandomCrops {
    try NumPyPairDatasetTests.write(folder)
    let writer = try NumPyWriter(
      path: folder.file(RandomCrops.fileName), shape: [3, Self.height, Self.width, 3])
    for index in 0..<3 { try writer.append(Self.full(index).pixels) }
    _ = try writer.finish()
    let pairs = try NumPyPairDataset(directory: folder.path, split: .train)
    return try RandomCrops(directory: folder.path, like: pairs, seed: seed)
  }

  @Test func areRectanglesOfTheFullImagesAndTheirReductions() throws {
    let folder = try TemporaryFolder()
    let crops = try crops(in: folder, seed: 5)
    #expect(crops.count == 3)
    var places: Set<[Int]> = []
    for index in 0..<3 {
      for epoch in 0..<12 {
        var low = [Float](repeating: .nan, count: 2 * 4 * 3)
        var high = [Float](repeating: .nan, count: 8 * 16 * 3)
        let (top, left) = crops.origin(index: index, epoch: epoch)
        crops.load(index: index, top: top, left: left, lowRes: &low, highRes: &high)
        #expect((left, top) == (Int((high[0] * 255).rounded()), Int((high[1] * 255).rounded())))
        let expected = Self.full(index).cropped(x: left, y: top, width: 16, height: 8)
        #expect(high == expected.pixels.map { Float($0) / 255 })
        #expect(low == expected.resized(width: 4, height: 2).pixels.map { Float($0) / 255 })
        places.insert([index, left, top])
      }
    }
    // Each image has 12 x 14 places. 36 draws hit hardly any place twice, and they reach places that are far apart.
    #expect(places.count > 30)
    #expect(places.contains { $0[1] <= 2 } && places.contains { $0[1] >= 9 })
    #expect(places.contains { $0[2] <= 2 } && places.contains { $0[2] >= 11 })
  }

  /// A resumed run, or another rank, must make the same of a sample.
  @Test func areAFunctionOfSeedEpochAndIndex() throws {
    let folder = try TemporaryFolder()
    func image(seed: UInt64, epoch: Int) throws -> [Float] {
      var low = [Float](repeating: .nan, count: 2 * 4 * 3)
      var high = [Float](repeating: .nan, count: 8 * 16 * 3)
      let crops = try crops(in: folder, seed: seed)
      let (top, left) = crops.origin(index: 1, epoch: epoch)
      crops.load(index: 1, top: top, left: left, lowRes: &low, highRes: &high)
      return high
    }
    let first = try image(seed: 5, epoch: 3)
    #expect(try image(seed: 5, epoch: 3) == first)
    #expect(try image(seed: 6, epoch: 3) != first)
    #expect(try image(seed: 5, epoch: 4) != first)
  }
}
