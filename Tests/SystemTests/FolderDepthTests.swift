import Foundation
import SRCheckpoint
import SRData
import SRFiles
import SRReport
import SRTensor
import SRTestSupport
import Testing

/// Folders of pictures of other depths and channels than 8-bit RGB, from `srdist train` to `srdist upscale`.
@Suite struct FolderDepthTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["hr", "lr", "cache"] { try folder.makeFolder(name) }
  }

  /// Writes three pairs of scale 2.
  private func write(_ format: PixelFormat, ending: String = "png") throws {
    for (seed, (width, height)) in [(24, 16), (32, 26), (18, 30)].enumerated() {
      let high = SampledPictures.fine(width, height, format, seed: seed)
      for (raster, side) in [
        (high, "hr"), (high.resized(width: width / 2, height: height / 2, by: .matlab), "lr"),
      ] {
        let path = folder.file("\(side)/\(seed).\(ending)")
        try ending == "npy"
          ? SampledPictures.writeArray(raster, to: path) : SampledPictures.writePNG(raster, to: path)
      }
    }
  }

  private func train(
    _ run: String, ranks: Int? = nil, status: Int32 = 0, lowRes: Bool = true, _ more: [String] = []
  ) throws -> String {
    let result = try ProgramRun(
      ranks: ranks, "srdist",
      [
        "train", "--model", "vanilla", "--features", "16", "--blocks", "1", "--loss", "l1=1", "--scale", "2",
        "--patch", "16", "--patches-per-image", "2", "--augment", "flip,rot", "--batch-size", "3", "--epochs",
        "2", "--threads", "1", "--weights-dir", folder.file("none"), "--no-tensorboard", "--train-hr",
        folder.file("hr"), "--output", folder.file(run),
      ] + (lowRes ? ["--train-lr", folder.file("lr")] : []) + more)
    try #require(result.status == status, "\(run): \(result.errors)")
    return result.errors + result.output
  }

  private func hash(_ run: String) throws -> String? {
    try MetricsFile.epochs(folder.file("\(run)/metrics.jsonl")).last?.weightsSHA256
  }

  private var val: [String] { ["--val", "A=\(folder.file("lr")),\(folder.file("hr"))"] }

  /// Grey of 16 bits: one hash on one and two ranks, a network of one channel, measures over 16 bits, enlarged pictures of 16 bits.
  /// A source that changes makes other pixels, and another run.
  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func sixteenBitGreyFromEndToEnd() throws {
    try write(PixelFormat(channels: 1, .uint16))
    let cache = ["--data-cache", folder.file("cache")]
    let log = try train("one", cache + val)
    #expect(log.contains("(uint16 of 0,65535, 1 channel)"), "\(log)")
    #expect(log.contains("; A PSNR "), "\(log)")
    let plan = try train("plan", val + ["--dry-run"])
    #expect(
      plan.contains("A: 3 pictures up to 32 x 26 (PSNR, 16 bit, border 2; SSIM, 16 bit, border 2)"), "\(plan)"
    )
    let expected = try #require(try hash("one"))
    _ = try train("two", ranks: 2, cache + val)
    #expect(try hash("two") == expected)
    let values = try #require(try MetricsFile.epochs(folder.file("one/metrics.jsonl")).last)
    #expect(
      try MetricsFile.epochs(folder.file("two/metrics.jsonl")).last?.value("A/psnr") == values.value("A/psnr")
    )
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("cache")).count == 1)

    let evaluated = try ProgramRun(
      "srdist",
      [
        "evaluate", "--weights", folder.file("one/checkpoints/best"), "--input", folder.file("lr"),
        "--reference",
        folder.file("hr"), "--y-channel", "--json", "--weights-dir", folder.file("none"),
      ])
    try #require(evaluated.status == 0, "\(evaluated.errors)")
    let json = try #require(
      try JSONSerialization.jsonObject(with: Data(evaluated.output.utf8)) as? [String: Any])
    #expect((json["conventions"] as? [String: String])?["psnr"] == "PSNR, 16 bit, border 2")
    let best = try CheckpointDirectory(existing: folder.file("one/checkpoints/best")).verify().best
    #expect((json["metrics"] as? [String: Double])?["psnr"] == best?.value)

    let enlarged = try ProgramRun(
      "srdist",
      ["upscale", "-i", folder.file("lr"), "-o", folder.file("out"), "--weights", folder.file("one")])
    try #require(enlarged.status == 0, "\(enlarged.errors)")
    for name in try folder.names(in: "out") {
      let file = try PictureFile(BytePath(folder.file("out/\(name)")))
      #expect(file.stored == SampleFormat(channels: 1, .uint16), "\(name)")
    }

    // Another picture of the same size.
    try SampledPictures.writePNG(
      SampledPictures.fine(24, 16, PixelFormat(channels: 1, .uint16), seed: 9), to: folder.file("hr/0.png"))
    #expect(try train("one", status: 1, cache + val).contains("belongs to another run: data: SHA-256 "))
    _ = try train("changed", cache)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("cache")).count == 2)
    #expect(try hash("changed") != expected)
  }

  /// RGB of 16 bits, reduced with 16 bits; its upper bytes are another run's data.
  @Test func sixteenBitColoursFromEndToEnd() throws {
    try write(PixelFormat(channels: 3, .uint16))
    for resampling in Resampling.allCases {
      let run = resampling.rawValue
      let log = try train(run, lowRes: false, val + ["--resample", run])
      #expect(log.contains("(uint16 of 0,65535, 3 channels)"), "\(log)")
      #expect(log.contains("; A PSNR-Y "), "\(log)")
    }
    #expect(try hash("pillow") != hash("matlab"))
    let enlarged = try ProgramRun(
      "srdist",
      [
        "upscale", "-i", folder.file("lr/0.png"), "-o", folder.file("out"), "--weights",
        folder.file("pillow"),
      ])
    try #require(enlarged.status == 0, "\(enlarged.errors)")
    let name = try #require(try folder.names(in: "out").first)
    #expect(
      try PictureFile(BytePath(folder.file("out/\(name)"))).stored == SampleFormat(channels: 3, .uint16))

    let recipe = try folder.write(Array("jpeg_range: [30, 95]\n".utf8), as: "recipe.yaml")
    let refused = try train("degraded", status: 1, lowRes: false, ["--degradation", recipe])
    #expect(refused.contains("are not 8-bit RGB") && refused.contains("--depth 8"), "\(refused)")
    let log = try train("degraded", lowRes: false, ["--degradation", recipe, "--depth", "8"])
    #expect(log.contains("; 3 files of 16 bits, of which the upper 8 are kept, such as "), "\(log)")
  }

  /// Mixed depths with a range, colours for one channel, and files of other channels are named, once on any number of ranks.
  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func whatDoesNotFitIsNamed() throws {
    try write(PixelFormat(channels: 1, .uint16))
    try SampledPictures.writePNG(
      SampledPictures.fine(24, 16, PixelFormat(channels: 1, .uint8)), to: folder.file("hr/0.png"))
    let mixed = try train("run", ranks: 2, status: 1, ["--range", "0,65535"])
    #expect(mixed.components(separatedBy: "hr/0.png has values of uint8, and ").count == 2, "\(mixed)")
    #expect(mixed.contains("hr/1.png has values of uint16"), "\(mixed)")
    #expect(try train("run", ["--dry-run"]).contains("; 1 file of 8 bits, read as 16, such as "))
    try SampledPictures.writePNG(SampledPictures.fine(24, 16, .rgb8), to: folder.file("hr/0.png"))
    let colours = try train("run", ranks: 2, status: 1, ["--in-channels", "1", "--out-channels", "1"])
    #expect(
      colours.components(separatedBy: "hr/0.png is RGB of uint8, expected 1 channel").count == 2, "\(colours)"
    )
    #expect(!FileManager.default.fileExists(atPath: folder.file("run")))
  }

  /// Arrays of many channels, measured and enlarged as arrays. A range is recorded with the network.
  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func arraysOfManyChannelsTrain() throws {
    try write(PixelFormat(channels: 8, .float32), ending: "npy")
    let range = ["--range", "0,2"]
    let log = try train("one", val + range)
    #expect(log.contains("(float32 of 0,2, 8 channels)"), "\(log)")
    #expect(log.contains("; A PSNR "), "\(log)")
    _ = try train("two", ranks: 2, val + range)
    #expect(try hash("two") == hash("one") && hash("one") != nil)
    let enlarged = try ProgramRun(
      "srdist",
      ["upscale", "-i", folder.file("lr/1.npy"), "-o", folder.file("out"), "--weights", folder.file("one")])
    try #require(enlarged.status == 0, "\(enlarged.errors)")
    let name = try #require(try folder.names(in: "out").first)
    #expect(try NumPyArray(path: folder.file("out/\(name)"), ranks: [3], [.float32]).shape == [26, 32, 8])
  }

  /// `srdist prepare` keeps depth and grey, and says what it mixes.
  @Test func preparedArraysKeepTheDepth() throws {
    try write(PixelFormat(channels: 1, .uint16))
    func prepare(_ output: String, status: Int32 = 0, _ more: [String] = []) throws -> String {
      let result = try ProgramRun(
        "srdist",
        [
          "prepare", "--input", folder.file("hr"), "--output", folder.file(output), "--resize", "0", "--crop",
          "16", "--scale", "2", "--train", "2", "--valid", "1",
        ] + more)
      #expect(result.status == status, "\(result.errors)")
      return result.errors + result.output
    }
    let log = try prepare("grey")
    #expect(log.contains("hr_train.npy  2 x 16 x 16 x 1, uint16"), "\(log)")
    let manifest = try folder.text("grey/manifest.json")
    #expect(manifest.contains("\"type\" : \"uint16\"") || manifest.contains("\"type\": \"uint16\""))
    let pairs = try NumPyPairDataset(directory: folder.file("grey"), split: .train)
    #expect(pairs.values == SampleScale(.uint16) && pairs.highResChannels == 1)
    let high = try NumPyArray(path: folder.file("grey/hr_train.npy"), ranks: [4], [.uint16])
    let low = try NumPyArray(path: folder.file("grey/lr_train.npy"), ranks: [4], [.uint16])
    let crop = Raster(width: 16, height: 16, PixelFormat(channels: 1, .uint16), bytes: Array(high.entry(1)))
    #expect(Array(low.entry(1)) == crop.resized(width: 8, height: 8, by: .pillow).bytes)

    #expect(try prepare("bytes", ["--depth", "8", "--channels", "3"]).contains("2 x 16 x 16 x 3\n"))
    #expect(try NumPyPairDataset(directory: folder.file("bytes"), split: .train).isRGB8)
    #expect(
      try prepare("full", status: 1, ["--resize", "16", "--keep-full"]).contains("--depth 8 --channels 3"))
    try SampledPictures.writePNG(SampledPictures.fine(24, 16, .rgb8), to: folder.file("hr/0.png"))
    let mixed = try prepare("mixed")
    #expect(mixed.contains("1 of 3 pictures have 8 bits, such as 0.png, and others 16"), "\(mixed)")
    #expect(mixed.contains("2 x 16 x 16 x 3, uint16"), "\(mixed)")
    #expect(
      try prepare("one", status: 1, ["--channels", "1"]).contains(
        "0.png: the picture is RGB of uint8, expected 1"))
  }
}

extension TemporaryFolder {
  fileprivate func names(in name: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: file(name)).sorted()
  }
}
