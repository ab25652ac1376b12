import Foundation
import SRData
import SRFiles
import SRTestSupport
import Testing

/// Training pictures of folders: what is found, decoded, kept and cut.
@Suite struct PictureCropsTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["hr", "lr", "cache"] { try folder.makeFolder(name) }
  }

  /// Red and green of a picture give a pixel's position. Blue is the picture's number.
  private func picture(_ number: Int, _ width: Int, _ height: Int) -> RGBImage {
    var image = RGBImage(width: width, height: height)
    for pixel in 0..<width * height {
      image.pixels[3 * pixel] = UInt8(pixel % width)
      image.pixels[3 * pixel + 1] = UInt8(pixel / width)
      image.pixels[3 * pixel + 2] = UInt8(number)
    }
    return image
  }

  private static let sizes = [(21, 14), (12, 30), (17, 17)]

  private func writePairs() throws {
    for (number, (width, height)) in Self.sizes.enumerated() {
      try ImageFile.writePNG(picture(number, width, height), to: folder.file("hr/\(number).png"))
      try ImageFile.writePNG(
        picture(100 + number, width / 4, height / 4), to: folder.file("lr/\(number)x4.png"))
    }
  }

  private func folders(
    lowRes: Bool = true, scale: Int? = nil, template: FileNameTemplate? = nil
  ) throws -> TrainingFolders {
    try TrainingFolders(
      highRes: [folder.file("hr")], lowRes: lowRes ? [folder.file("lr")] : [], template: template,
      scale: scale, resampling: .pillow)
  }

  private func layout(_ folders: TrainingFolders, patch: Int = 12) throws -> PictureLayout {
    try folders.layout((0..<folders.count).map(folders.survey)) { _ in patch }
  }

  private func decoder(_ folders: TrainingFolders, _ layout: PictureLayout) -> FolderDecoder {
    FolderDecoder(folders, layout, within: PixelBudget(bytes: 1 << 24))
  }

  /// Writes the file of a layout as ranks do.
  private func make(_ folders: TrainingFolders, _ layout: PictureLayout) throws -> [[UInt8]] {
    let maker = try PictureCacheWriter(making: layout, in: folder.file("cache"))
    let other = try PictureCacheWriter(joining: maker.temporaryPath, layout)
    let decoder = decoder(folders, layout)
    let digests = try (0..<layout.count).map { try decoder.decode($0, to: $0 == 1 ? other : maker) }
    #expect(try PictureCache(in: folder.file("cache"), layout) == nil)
    try maker.publish(digests)
    return digests
  }

  private func crops(
    _ folders: TrainingFolders, _ layout: PictureLayout, _ cache: PictureCache?, digests: [[UInt8]] = []
  ) -> PictureCrops {
    PictureCrops(
      folders, layout, digests: digests, cache: cache,
      .init(patch: 12, patchesPerImage: 5, seed: 7))
  }

  /// Both patches show the same place, and stay in the picture, which is cropped to a multiple of the scale. Each epoch draws
  /// anew.
  @Test func patchesAreCutFromBothPictures() throws {
    try writePairs()
    let folders = try folders()
    let layout = try layout(folders)
    let digests = try make(folders, layout)
    let cache = try #require(try PictureCache(in: folder.file("cache"), layout))
    #expect((0..<3).allSatisfy(cache.isSound) && (0..<3).map(cache.recordedDigest) == digests)
    let crops = crops(folders, layout, cache, digests: digests)
    #expect(crops.count == 15 && crops.scale == 4 && crops.lowResHeight == 3 && crops.highResWidth == 12)
    #expect(crops.summary.contains("3 pictures of 20 x 12 to 12 x 28 pixels, 5 patch(es) of 12 x 12 of each"))
    var places: [Set<[Int]>] = [[], [], []]
    for epoch in 0..<8 {
      for index in 0..<crops.count {
        let (top, left) = try #require(crops.crop(index: index, epoch: epoch))
        var low = [Float](repeating: .nan, count: 27)
        var high = [Float](repeating: .nan, count: 432)
        crops.load(index: index, crop: (top, left), lowRes: &low, highRes: &high)
        let number = index / 5
        let (width, height) = Self.sizes[number]
        let expected = picture(number, width, height).cropped(x: left, y: top, width: 12, height: 12)
        #expect(high == expected.pixels.map { Float($0) / 255 })
        let small = picture(100 + number, width / 4, height / 4)
          .cropped(x: left / 4, y: top / 4, width: 3, height: 3)
        #expect(low == small.pixels.map { Float($0) / 255 })
        places[number].insert([top, left])
      }
    }
    // As many places as there are.
    #expect(places.map(\.count) == [3, 5, 4])
  }

  /// The low-resolution picture is made from the whole cropped original.
  @Test func lowResolutionPicturesAreMade() throws {
    try writePairs()
    let folders = try folders(lowRes: false, scale: 2)
    let layout = try layout(folders)
    let cache = try decoder(folders, layout).decodeAll()
    let crops = crops(folders, layout, cache)
    var low = [Float](repeating: .nan, count: 108)
    var high = [Float](repeating: .nan, count: 432)
    let (top, left) = try #require(crops.crop(index: 3, epoch: 2))
    crops.load(index: 3, crop: (top, left), lowRes: &low, highRes: &high)
    let small = picture(0, 21, 14).cropped(x: 0, y: 0, width: 20, height: 14)
      .resized(width: 10, height: 7).cropped(x: left / 2, y: top / 2, width: 6, height: 6)
    #expect(low == small.pixels.map { Float($0) / 255 })
    // In memory and in a file, the pixels are the same.
    let digests = try make(folders, layout)
    #expect((0..<3).map(cache.digest) == digests)
  }

  /// A file that is not what was decoded is not used: of other pictures, cut, damaged, or not complete.
  @Test func whatIsKeptIsCompared() throws {
    try writePairs()
    let folders = try folders()
    let layout = try layout(folders)
    _ = try make(folders, layout)
    let path = "\(folder.file("cache"))/\(layout.fileName)"
    let bytes = try OpenFile.contents(of: path)
    func cache() throws -> PictureCache? { try PictureCache(in: folder.file("cache"), layout) }
    var damaged = bytes
    damaged[damaged.count - 100] ^= 1
    try Data(damaged).write(to: URL(fileURLWithPath: path))
    #expect(try #require(try cache()).isSound(2) == false)
    #expect(try #require(try cache()).isSound(0))
    for foreign in [Array(bytes.dropLast()), [], Array("another file".utf8), bytes + [0]] {
      try Data(foreign).write(to: URL(fileURLWithPath: path))
      #expect(try cache() == nil)
    }
    // Space was taken, and nothing is written yet.
    try Data(repeating: 0, count: bytes.count).write(to: URL(fileURLWithPath: path))
    #expect(try cache() == nil)

    // Other bytes of a picture's file are another key, and other pixels another identity.
    try ImageFile.writePNG(picture(9, 17, 17), to: folder.file("hr/2.png"))
    let changed = try self.layout(folders)
    #expect(changed.fileName != layout.fileName)
    let (old, new) = (try make(folders, changed), try make(folders, layout))
    #expect(old == new && PictureLayout.isFileName(layout.fileName))
    func identity(_ digests: [[UInt8]]) -> String {
      crops(folders, layout, nil, digests: digests).contents[0]({})
    }
    #expect(identity(old) == identity(new))
    var other = old
    other[1][0] ^= 1
    #expect(identity(other) != identity(old))
  }

  private func problems(_ body: () throws -> Void) -> [String] {
    do {
      try body()
      return []
    } catch let error as TrainingPicturesError {
      return error.lines
    } catch {
      return ["\(error)"]
    }
  }

  /// Each picture that does not fit is named, with the rule.
  @Test func picturesThatDoNotFitAreNamed() throws {
    try writePairs()
    try ImageFile.writePNG(picture(1, 5, 4), to: folder.file("lr/2x4.png"))
    let size = problems { _ = try layout(folders()) }
    #expect(
      size.count == 1 && size[0].contains("hr/2.png has 16 x 16 pixels (cropped from 17 x 17), "), "\(size)")
    #expect(size[0].contains("expected 20 x 16, 4 times those of \(folder.file("lr"))/2x4.png. "), "\(size)")
    try ImageFile.writePNG(picture(1, 4, 4), to: folder.file("lr/2x4.png"))
    let small = problems { _ = try layout(folders(), patch: 16) }
    #expect(
      small.count == 4 && small[1].contains("0.png has 21 x 14 pixels, expected at least 16 x 16"), "\(small)"
    )
    #expect(small[3].contains("give a smaller --patch"), "\(small)")

    // Both files of a pair are named.
    try folder.write(Array("no picture".utf8), as: "hr/1.png")
    try folder.write([], as: "lr/1x4.png")
    let files = try folders()
    let unread = problems { _ = try files.survey(1) }
    #expect(unread.count == 4 && unread[1].contains("hr/1.png: neither a PNG nor a JPEG file"), "\(unread)")
    #expect(unread[2].contains("lr/1x4.png: the file is empty"), "\(unread)")

    let renamed = folder.file("lr/renamed.png")
    try FileManager.default.moveItem(atPath: folder.file("lr/0x4.png"), toPath: renamed)
    let lonely = problems { _ = try folders(scale: 4, template: FileNameTemplate("{}x4")) }
    #expect(
      lonely[0].contains("hr has '0', which has no partner in") && lonely[0].contains("lr has 'renamed'"),
      "\(lonely)")
  }

  /// A picture whose header is sound is decoded, and its damage found.
  @Test func damagedPixelsAreFound() throws {
    try writePairs()
    let folders = try folders()
    let layout = try layout(folders)
    var bytes = try OpenFile.contents(of: folder.file("hr/1.png"))
    bytes.removeLast(40)
    try folder.write(bytes, as: "hr/1.png")
    for damage in [
      problems { _ = try decoder(folders, layout).decode(1, to: nil) },
      problems { try folders.check(1, within: PixelBudget(bytes: 1 << 20)) },
    ] {
      #expect(damage.count == 1 && damage[0].contains("hr/1.png: damaged PNG"), "\(damage)")
      #expect(damage[0].contains("Repair the files"), "\(damage)")
    }
    #expect(problems { try folders.check(0, within: PixelBudget(bytes: 1 << 20)) } == [])
  }
}
