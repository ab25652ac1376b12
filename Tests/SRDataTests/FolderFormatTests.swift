import Foundation
import SRData
import SRFiles
import SRTensor
import SRTestSupport
import Testing

/// The type and the channels of pictures in training folders.
@Suite struct FolderFormatTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["hr", "lr"] { try folder.makeFolder(name) }
  }

  private static let grey16 = PixelFormat(channels: 1, .uint16)

  private func png(
    _ name: String, _ format: PixelFormat, _ width: Int = 16, _ height: Int = 12, seed: Int = 1
  )
    throws -> Raster
  {
    let raster = SampledPictures.fine(width, height, format, seed: seed)
    try SampledPictures.writePNG(raster, to: folder.file(name))
    return raster
  }

  private func array(_ name: String, _ format: PixelFormat, _ width: Int = 16, _ height: Int = 12) throws
    -> Raster
  {
    let raster = SampledPictures.fine(width, height, format)
    try SampledPictures.writeArray(raster, to: folder.file(name))
    return raster
  }

  private func fixture(_ name: String) throws {
    try FileManager.default.copyItem(
      atPath: Fixtures.path("pictures/\(name)"), toPath: folder.file("hr/\(name)"))
  }

  private func folders(
    pairs: Bool = false, _ rule: PictureFormatRule = PictureFormatRule(), by resampling: Resampling = .pillow
  ) throws -> TrainingFolders {
    try TrainingFolders(
      highRes: [folder.file("hr")], lowRes: pairs ? [folder.file("lr")] : [], template: nil, scale: 2,
      resampling: resampling, rule: rule)
  }

  private func layout(_ folders: TrainingFolders) throws -> PictureLayout {
    try folders.layout((0..<folders.count).map(folders.survey)) { _ in 8 }
  }

  /// The layout and the decoded pictures.
  private func decoded(
    pairs: Bool = false, _ rule: PictureFormatRule = PictureFormatRule(), by resampling: Resampling = .pillow
  ) throws -> (layout: PictureLayout, crops: PictureCrops) {
    let folders = try folders(pairs: pairs, rule, by: resampling)
    let layout = try layout(folders)
    let cache = try FolderDecoder(folders, layout, within: PixelBudget(bytes: 1 << 24)).decodeAll()
    let digests = (0..<layout.count).map(cache.digest)
    return (
      layout,
      PictureCrops(
        folders, layout, digests: digests, cache: cache, .init(patch: 8, patchesPerImage: 1, seed: 1))
    )
  }

  private func problem(
    pairs: Bool = false, _ rule: PictureFormatRule = PictureFormatRule()
  ) throws -> String {
    do {
      _ = try decoded(pairs: pairs, rule)
      return ""
    } catch let error as TrainingPicturesError { return error.description }
  }

  /// The intensities of the patch at the upper left corner of a picture.
  private func patch(_ crops: PictureCrops, _ index: Int = 0) -> (low: [Float], high: [Float]) {
    var low = [Float](repeating: .nan, count: crops.lowResElementCount)
    var high = [Float](repeating: .nan, count: crops.highResElementCount)
    crops.load(index: index, crop: (0, 0), lowRes: &low, highRes: &high)
    return (low, high)
  }

  private func intensities(_ raster: Raster, side: Int, _ values: SampleScale) -> [Float] {
    let part = raster.cropped(to: PictureSize(width: side, height: side))
    var result = [Float](repeating: .nan, count: side * side * raster.format.channels)
    part.bytes.withUnsafeBytes { values.loadIntensities(from: $0, into: &result) }
    return result
  }

  /// 16 bits stay 16 bits, in reduced pictures too, and grey stays one channel.
  @Test(arguments: Resampling.allCases) func sixteenBitsAreKept(_ resampling: Resampling) throws {
    let picture = try png("hr/a.png", Self.grey16)
    let (layout, crops) = try decoded(by: resampling)
    #expect(crops.summary.hasSuffix("patch(es) of 8 x 8 of each (uint16 of 0,65535, 1 channel)"))
    #expect(crops.lowResChannels == 1 && crops.highResChannels == 1 && crops.values == SampleScale(.uint16))
    let (low, high) = patch(crops)
    #expect(high == intensities(picture, side: 8, crops.values))
    let reduced = picture.resized(width: 8, height: 6, by: resampling)
    #expect(low == intensities(reduced, side: 4, crops.values))
    // Neither is what 8 bits would be.
    #expect(Set(high.map { ($0 * 65535).rounded().truncatingRemainder(dividingBy: 257) }).count > 8)
    #expect(Set(low.map { ($0 * 65535).rounded().truncatingRemainder(dividingBy: 257) }).count > 8)
    #expect(layout.format.values == SampleScale(.uint16))
  }

  /// MATLAB's filter on floats and 16 bits: rounded to 8 bits, it gives the same bytes as the filter of bytes.
  @Test(arguments: MatlabResizeTests.results) func otherTypesFollowTheSameDefinition(_ name: String) throws {
    let expected = try Fixtures.picture("matlab/\(name)")
    let source = try Fixtures.picture("resizes/\(name.prefix { $0 != "-" }).npy")
    func resized(_ format: PixelFormat, channel: Int? = nil, by factor: Double) -> [Double] {
      let raster = SampledPictures.raster(source.width, source.height, format) { x, y, c in
        Double(source.pixels[(y * source.width + x) * 3 + (channel ?? c)]) * factor
      }
      let result = raster.resized(width: expected.width, height: expected.height, by: .matlab)
      return result.bytes.withUnsafeBytes { bytes in
        format.sample == .float32
          ? bytes.bindMemory(to: Float.self).map { Double($0) / factor }
          : bytes.bindMemory(to: UInt16.self).map { Double($0) / factor }
      }
    }
    func bytes(_ values: [Double]) -> [UInt8] {
      values.map { UInt8(min(max($0, 0), 255).rounded(.toNearestOrAwayFromZero)) }
    }
    // A result next to a half may be rounded to either side.
    func expectNear(_ values: [Double], _ expected: [UInt8]) {
      for (value, byte) in zip(values, expected) {
        #expect(abs(min(max(value, 0), 255) - Double(byte)) <= 0.5 + 2.0 / 257, "\(value) \(byte)")
      }
    }
    expectNear(resized(PixelFormat(channels: 3, .float32), by: 1), expected.pixels)
    let green = stride(from: 1, to: expected.pixels.count, by: 3).map { expected.pixels[$0] }
    let words = resized(Self.grey16, channel: 1, by: 257)
    expectNear(words, green)
    #expect(zip(bytes(words), green).count { $0 != $1 } <= green.count / 50)
  }

  /// Grey alone has one channel. It is repeated beside colours, or if three channels are asked for. Colours are never made grey.
  @Test func greyIsOneChannelUnlessThreeAreNeeded() throws {
    let grey = try png("hr/a.png", PixelFormat(channels: 1, .uint8))
    let three = PictureFormatRule(inputChannels: 3, outputChannels: 3)
    var crops = try decoded().crops
    #expect(crops.highResChannels == 1 && crops.values == SampleScale(.uint8))
    #expect(patch(crops).high == intensities(grey, side: 8, crops.values))
    crops = try decoded(three).crops
    #expect(crops.isRGB8 && crops.summary.contains("; 1 file of grey, repeated in 3 channels, such as "))
    #expect(patch(crops).high == intensities(grey, side: 8, crops.values).flatMap { [$0, $0, $0] })
    // One option is enough if low-resolution pictures are made.
    #expect(try decoded(PictureFormatRule(outputChannels: 3)).crops.isRGB8)
    #expect(try decoded(PictureFormatRule(inputChannels: 3)).crops.isRGB8)

    _ = try png("hr/b.png", .rgb8)
    crops = try decoded().crops
    #expect(crops.isRGB8 && crops.summary.contains("1 file of grey, repeated in 3 channels, such as "))
    let one = try problem(PictureFormatRule(inputChannels: 1, outputChannels: 1))
    #expect(one.contains("hr/b.png is RGB of uint8, expected 1 channel. "), "\(one)")
    #expect(one.contains("colours are not turned into grey") && one.contains("leave both out"), "\(one)")
    #expect(!one.contains("a.png"), "\(one)")
    #expect(
      try problem(PictureFormatRule(inputChannels: 1, outputChannels: 3)).contains(
        "--in-channels 1 and --out-channels 3 are given"))
  }

  /// Grey and colour of the two sides are three channels, unless the options say otherwise.
  @Test func sidesMayDiffer() throws {
    let (low, high) = (try png("lr/a.png", Self.grey16, 8, 6), try png("hr/a.png", .rgb8))
    var crops = try decoded(pairs: true).crops
    #expect(crops.lowResChannels == 3 && crops.highResChannels == 3 && crops.values == SampleScale(.uint16))
    #expect(crops.summary.contains("; 1 file of 8 bits, read as 16, such as "), "\(crops.summary)")
    crops = try decoded(pairs: true, PictureFormatRule(inputChannels: 1)).crops
    #expect(crops.lowResChannels == 1 && crops.highResChannels == 3)
    let (lowPatch, highPatch) = patch(crops)
    #expect(lowPatch == intensities(low, side: 4, SampleScale(.uint16)))
    // 257 v of 65535 is v of 255.
    let bytes = intensities(high, side: 8, SampleScale(.uint8))
    #expect(zip(highPatch, bytes).allSatisfy { abs($0 - $1) <= $1.ulp })
  }

  /// Alpha is dropped, which is said, or the last channel if it is asked for.
  @Test func alphaIsDroppedOrAChannel() throws {
    let picture = try png("hr/a.png", PixelFormat(channels: 4, .uint8))
    var crops = try decoded().crops
    #expect(crops.isRGB8)
    #expect(
      crops.summary.contains("; 1 file with alpha, which is dropped and not blended, such as "),
      "\(crops.summary)")
    let all = intensities(picture, side: 8, SampleScale(.uint8))
    #expect(patch(crops).high == all.indices.filter { $0 % 4 < 3 }.map { all[$0] })
    crops = try decoded(PictureFormatRule(inputChannels: 4, outputChannels: 4)).crops
    #expect(crops.highResChannels == 4 && !crops.summary.contains("alpha"))
    #expect(patch(crops).high == all)
    _ = try png("hr/b.png", .rgb8)
    let lacking = try problem(PictureFormatRule(inputChannels: 4, outputChannels: 4))
    #expect(lacking.contains("hr/b.png is RGB of uint8, expected 4 channels"), "\(lacking)")
  }

  /// The wider depth is that of all, and nothing is lost. Upper bytes are taken only if that is asked for. A range cannot hold for
  /// both.
  @Test func mixedDepthsTakeTheWider() throws {
    let narrow = try png("hr/a.png", .rgb8)
    let wide = try png("hr/b.png", PixelFormat(channels: 3, .uint16))
    var crops = try decoded().crops
    #expect(crops.values == SampleScale(.uint16) && crops.highResChannels == 3)
    #expect(
      crops.summary.contains("(uint16 of 0,65535, 3 channels); 1 file of 8 bits, read as 16, such as "))
    #expect(patch(crops, 1).high == intensities(wide, side: 8, crops.values))
    let bytes = intensities(narrow, side: 8, SampleScale(.uint8))
    #expect(zip(patch(crops).high, bytes).allSatisfy { abs($0 - $1) <= $1.ulp })

    crops = try decoded(PictureFormatRule(depth: .eight)).crops
    #expect(
      crops.isRGB8 && crops.summary.contains("; 1 file of 16 bits, of which the upper 8 are kept, such as "))
    let upper = Raster(try ImageFile.read(folder.file("hr/b.png")))
    #expect(patch(crops, 1).high == intensities(upper, side: 8, crops.values))

    let range = ValueRange(low: 0, high: 4095)
    let mixed = try problem(PictureFormatRule(range: range))
    #expect(
      mixed.contains("hr/a.png has values of uint8, and ") && mixed.contains("hr/b.png has values of uint16"))
    #expect(mixed.contains("--range means values of one type"), "\(mixed)")
    try FileManager.default.removeItem(atPath: folder.file("hr/a.png"))
    #expect(
      try problem(PictureFormatRule(depth: .eight, range: range)).contains("leave out one of the two"))
    // Values far beyond the range are told with their file.
    let beyond = try problem(PictureFormatRule(range: range))
    #expect(
      beyond.contains("hr/b.png: it has the value ") && beyond.contains("of the range 0,4095"), "\(beyond)")
    #expect(
      try decoded(PictureFormatRule(range: ValueRange(low: 0, high: 50000))).crops.values.range.high == 50000)
    #expect(try decoded(PictureFormatRule(depth: .sixteen)).crops.values == SampleScale(.uint16))
  }

  /// Real files of each kind, as other decoders read them.
  @Test func filesOfEachKindAreRead() throws {
    for name in ["grey16-interlaced.png", "grey1.png", "grey.jpg"] { try fixture(name) }
    let (layout, crops) = try decoded()
    #expect(crops.lowResChannels == 1 && crops.values == SampleScale(.uint16) && layout.count == 3)
    for name in ["palette8.png", "turned-6.jpg", "rgba16.png", "cmyk.jpg"] { try fixture(name) }
    let (all, colours) = try decoded()
    #expect(colours.highResChannels == 3 && colours.values == SampleScale(.uint16))
    #expect(all.count == 7)
    // Turned upright, and the upper bytes of what the other reader gives.
    let names = [
      "cmyk.jpg", "grey.jpg", "grey1.png", "grey16-interlaced.png", "palette8.png", "rgba16.png",
      "turned-6.jpg",
    ]
    for (index, name) in names.enumerated() {
      let image = try ImageFile.read(folder.file("hr/\(name)"))
      let high = patch(colours, index).high
      for y in 0..<8 {
        for x in 0..<24 {
          let level = (high[y * 24 + x] * 65535).rounded()
          #expect(UInt8(UInt16(level) >> 8) == image.pixels[y * image.width * 3 + x], "\(name)")
        }
      }
    }
  }

  /// Arrays of any channels and type, one picture a file.
  @Test func arraysAreTakenAsTheyAre() throws {
    let format = PixelFormat(channels: 8, .float32)
    let picture = try array("hr/a.npy", format)
    var crops = try decoded().crops
    #expect(crops.highResChannels == 8 && crops.values == SampleScale(.float32))
    #expect(patch(crops).high == intensities(picture, side: 8, crops.values))
    let reduced = picture.resized(width: 8, height: 6, by: .pillow)
    #expect(patch(crops).low == intensities(reduced, side: 4, crops.values))

    // Beside low-resolution arrays of other channels.
    let low = try array("lr/a.npy", PixelFormat(channels: 2, .float32), 8, 6)
    crops = try decoded(pairs: true).crops
    #expect(crops.lowResChannels == 2 && crops.highResChannels == 8)
    #expect(patch(crops).low == intensities(low, side: 4, crops.values))
    let range = PictureFormatRule(range: ValueRange(low: 0, high: 2))
    #expect(
      try patch(decoded(range).crops).high == intensities(picture, side: 8, decoded(range).crops.values))

    _ = try array("hr/b.npy", PixelFormat(channels: 7, .float32))
    let channels = try problem()
    #expect(channels.contains("hr/b.npy is float32, 7 channels, expected 8 channels"), "\(channels)")
    _ = try array("hr/b.npy", PixelFormat(channels: 8, .uint16))
    let type = try problem()
    #expect(
      type.contains("hr/b.npy has values of uint16, and ") && type.contains("Arrays keep their type"),
      "\(type)")
    _ = try array("hr/b.npy", PixelFormat(channels: 300, .uint8), 12, 8)
    #expect(try problem().contains("numpy.moveaxis(array, 0, -1) if the channels come first"))
    try FileManager.default.removeItem(atPath: folder.file("hr/b.npy"))
    let far = SampledPictures.raster(16, 12, format) { x, _, _ in x == 9 ? 3.5 : 0.5 }
    try SampledPictures.writeArray(far, to: folder.file("hr/a.npy"))
    #expect(try problem().contains("a.npy: it has the value 3.5, expected values of the range 0,1; give"))
    try folder.write([0x93] + Array("NUMPY".utf8) + [1, 0, 0, 0], as: "hr/a.npy")
    #expect(try problem().contains("hr/a.npy: expected a complete .npy header"))
  }

  /// HW is one channel, and goes with grey PNG files of the same type.
  @Test func arraysAndPicturesMayMeet() throws {
    let array = try array("hr/a.npy", Self.grey16)
    _ = try png("hr/b.png", Self.grey16)
    _ = try png("hr/c.png", PixelFormat(channels: 1, .uint8))
    let crops = try decoded().crops
    #expect(crops.highResChannels == 1 && crops.values == SampleScale(.uint16))
    #expect(patch(crops).high == intensities(array, side: 8, crops.values))
    #expect(patch(crops, 0).high == patch(crops, 1).high)
  }

  /// What is kept has the name of its sources, format and range.
  @Test func theCacheIsThatOfTheFormat() throws {
    _ = try png("hr/a.png", Self.grey16)
    func name(_ rule: PictureFormatRule = PictureFormatRule()) throws -> String {
      try layout(folders(rule)).fileName
    }
    let names = try [
      name(), name(PictureFormatRule(depth: .eight)), name(PictureFormatRule(inputChannels: 3)),
      name(PictureFormatRule(range: ValueRange(low: 0, high: 60000))),
    ]
    #expect(try Set(names).count == 4 && name() == names[0])
    func identity(_ rule: PictureFormatRule = PictureFormatRule()) throws -> String {
      try decoded(rule).crops.contents[0]({})
    }
    #expect(try identity() != identity(PictureFormatRule(range: ValueRange(low: 0, high: 60000))))
    let before = try identity()
    _ = try png("hr/a.png", Self.grey16, seed: 2)
    #expect(try name() != names[0] && identity() != before)
  }

  /// Validation pictures follow the same rule; 8-bit pictures are RGB, whatever a network's channels.
  @Test func validationPicturesKeepTheirType() throws {
    let high = try png("hr/a.png", Self.grey16)
    let low = try png("lr/a.png", Self.grey16, 8, 6)
    func set(_ rule: PictureFormatRule = PictureFormatRule()) throws -> FolderPictures {
      try FolderPictures(lowRes: folder.file("lr"), highRes: folder.file("hr"), scale: 2, rule: rule)
    }
    let pair = try set().load(at: 0)
    #expect(pair.highRes == high && pair.lowRes == low && pair.isGrey && pair.conversions.isEmpty)
    #expect(try set(PictureFormatRule(inputChannels: 3, outputChannels: 3)).format.highRes.channels == 3)
    #expect(try set(PictureFormatRule(depth: .eight)).format == .rgb8)
    let trained = PictureFormatRule(
      expected: SampleScale(.uint8, try #require(ValueRange(low: 0, high: 200))))
    #expect {
      try set(trained)
    } throws: {
      "\($0)".contains("hr/a.png has values of uint16, expected uint8 of 0,200; ")
    }
    _ = try png("hr/a.png", PixelFormat(channels: 1, .uint8))
    _ = try png("lr/a.png", PixelFormat(channels: 1, .uint8), 8, 6)
    #expect(try set(PictureFormatRule(inputChannels: 1, outputChannels: 1)).format == .rgb8)
    #expect(try set(trained).format.values.range.high == 200)
  }
}
