import Foundation
import SRCheckpoint
import SRData
import SRFiles
import SRModels
import SRReport
import SRTensor
import SRTestSupport
import Testing

/// Pictures of other channels than RGB's, and of other values than bytes, from arrays to enlarged arrays.
@Suite struct ChannelsAndDepthTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func train(_ data: String, _ options: [String], ranks: Int? = nil, to output: String = "run") throws
    -> ProgramRun
  {
    try ProgramRun(
      ranks: ranks, "srdist",
      [
        "train", "--model", "compact", "--data", data, "--output", folder.file(output), "--weights-dir",
        folder.path, "--features", "16", "--blocks", "3", "--learning-rate", "2e-3", "--samples", "1",
      ] + options)
  }

  private func best(_ output: String = "run") -> String { folder.file("\(output)/checkpoints/best") }

  private func lastEpoch(_ output: String = "run") throws -> EpochRecord {
    try #require(
      try MetricsFile.read(folder.file("\(output)/metrics.jsonl")).compactMap { line in
        if case .epoch(let record) = line { record } else { nil }
      }.last)
  }

  private func upscale(_ input: String, _ options: [String] = []) throws -> ProgramRun {
    try ProgramRun(
      "srdist",
      [
        "upscale", "-i", input, "-o", folder.file("out"), "--weights", best(), "--suffix", "", "--overwrite",
      ] + options)
  }

  private func evaluate(_ data: String, _ options: [String] = []) throws -> ProgramRun {
    try ProgramRun(
      "srdist",
      ["evaluate", "--weights", best(), "--data", data, "--weights-dir", folder.path] + options)
  }

  private struct Measured: Decodable {
    let metrics: [String: Double]
    let bicubic: [String: Double]
  }

  /// The bytes of an array's elements.
  private func elements(_ path: String) throws -> [UInt8] {
    let array = try NumPyArray(path: path, ranks: [4], SampleType.allCases)
    return withExtendedLifetime(array) { Array(array.bytes) }
  }

  @Test(.enabled(if: SharedData.faceNames.count >= 112, "needs photographs in $SRDIST_SHARED_DATA/faces"))
  func sixteenBitsOfOneChannelOfFacesBeatBicubic() throws {
    let pairs = ArrayPairs(SampleScale(.uint16), channels: 1, scale: 2, side: 64)
    let pictures = try SharedData.faceNames.prefix(112).map { name in
      let face = try ImageFile.read("\(SharedData.faces)/\(name)")
      return pairs.picture(of: face.resized(width: 128, height: 128))
    }
    try pairs.write(.train, Array(pictures[..<96]), to: folder.path)
    try pairs.write(.valid, Array(pictures[96...]), to: folder.path)
    let run = try train(folder.path, ["--epochs", "2"])
    try #require(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("compact x2, 16 features, 3 blocks, 1 channel"), "\(run.errors)")
    let epoch = try lastEpoch()
    let (found, bicubic) = (epoch[.valid, "psnr"] ?? .nan, epoch[.bicubic, "psnr"] ?? .nan)
    #expect(epoch.epoch == 2 && found > bicubic, "\(found) dB, bicubic \(bicubic) dB")
    // The picture of the epoch shows the channel as grey.
    let shown = try ImageFile.read(folder.file("run/samples/epoch-0002.png"))
    #expect(
      stride(from: 0, to: shown.pixels.count, by: 3).allSatisfy { shown.pixels[$0] == shown.pixels[$0 + 2] })

    let measured = try evaluate(folder.path, ["--json"])
    try #require(measured.status == 0, "\(measured.errors)")
    let numbers = try JSONDecoder().decode(Measured.self, from: Data(measured.output.utf8))
    #expect(abs((numbers.metrics["psnr"] ?? .nan) - found) < 1e-9)
    #expect(abs((numbers.bicubic["psnr"] ?? .nan) - bicubic) < 1e-9)

    let enlarged = try upscale(folder.file("lr_valid.npy"))
    try #require(enlarged.status == 0, "\(enlarged.errors)")
    let result = try NumPyArray(path: folder.file("out/lr_valid.npy"), ranks: [4], [.uint16])
    #expect(result.shape == [16, 64, 64, 1])
    try expectSameFromPNG(pairs)
  }

  /// A PNG of 16 bits and one channel has the values of the array with its pixels.
  private func expectSameFromPNG(_ pairs: ArrayPairs) throws {
    let low = try elements(folder.file("lr_valid.npy")).prefix(32 * 32 * 2)
    let path = folder.file("a.png")
    var bytes: [UInt8] = []
    let encoder = try PictureEncoder(
      .png, SampleFormat(channels: 1, .uint16), width: 32, height: 32, path: path,
      sink: { bytes += $0 })
    try Array(low).withUnsafeBytes { low in
      for y in 0..<32 { try encoder.append(low.baseAddress! + 64 * y) }
    }
    try encoder.finish()
    try folder.write(bytes, as: "a.png")
    let run = try upscale(path)
    try #require(run.status == 0, "\(run.errors)")
    let file = try PictureFile(BytePath(folder.file("out/a.png")))
    #expect(file.stored == SampleFormat(channels: 1, .uint16) && file.size == (64, 64))
    let picture = try file.decode(as: file.stored)
    let expected = try elements(folder.file("out/lr_valid.npy"))
    for y in 0..<64 {
      var row = [UInt8](repeating: 0, count: 128)
      row.withUnsafeMutableBytes { picture.copyRow(y, to: $0.baseAddress!) }
      #expect(row == Array(expected[128 * y..<128 * (y + 1)]), "row \(y)")
    }
  }

  /// Eight channels of floats whose range is not 0...1.
  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func eightChannelsOfFloatsBeatBicubic() throws {
    let range = try #require(ValueRange("-1000,3000"))
    let pairs = ArrayPairs(SampleScale(.float32, range), channels: 8, scale: 2, side: 48)
    try pairs.writeFaces(train: 96, valid: 16, to: folder.path)
    let options = ["--range=-1000,3000", "--in-channels", "8", "--augment", "flip"]
    let run = try train(folder.path, options + ["--epochs", "2"])
    try #require(run.status == 0, "\(run.errors)")
    let epoch = try lastEpoch()
    let (found, bicubic) = (epoch[.valid, "psnr"] ?? .nan, epoch[.bicubic, "psnr"] ?? .nan)
    #expect(found > bicubic && bicubic > 20, "\(found) dB, bicubic \(bicubic) dB")
    let model = try #require(try Inspection(path: best()).model)
    #expect(model.inputChannels == 8 && model.outputChannels == 8)
    #expect(model.values == SampleScale(.float32, range))

    // The range is that of the weight file, and the result has it.
    let enlarged = try upscale(folder.file("lr_valid.npy"))
    try #require(enlarged.status == 0, "\(enlarged.errors)")
    let (result, target) = (
      try floats(folder.file("out/lr_valid.npy")), try floats(folder.file("hr_valid.npy"))
    )
    try #require(result.count == target.count)
    let error = zip(result, target).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) }
    let psnr = -10 * log10(error / Double(result.count) / (4000 * 4000))
    #expect(
      abs(psnr - found) < 1.5, "\(psnr) dB of all pictures together, \(found) dB as a mean over pictures")
    let measured = try evaluate(folder.path, ["--json"])
    try #require(measured.status == 0, "\(measured.errors)")
    let numbers = try JSONDecoder().decode(Measured.self, from: Data(measured.output.utf8))
    #expect(abs((numbers.metrics["psnr"] ?? .nan) - found) < 1e-9)

    // Ranks and an interruption change no bit.
    _ = try train(
      folder.path, options + ["--max-steps", "3", "--checkpoint-every", "1"], ranks: 2, to: "other")
    let rest = try train(folder.path, options + ["--epochs", "2"], ranks: 3, to: "other")
    try #require(rest.status == 0, "\(rest.errors)")
    #expect(rest.errors.contains("step 3 done"), "\(rest.errors)")
    #expect(try lastEpoch("other").weightsSHA256 == epoch.weightsSHA256 && epoch.weightsSHA256 != nil)
  }

  private func floats(_ path: String) throws -> [Float] {
    try elements(path).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }

  /// Four channels in, three out: SRResNet alone.
  @Test func otherChannelsComeOut() throws {
    let pairs = ArrayPairs(SampleScale(.uint8), channels: 4, scale: 2, side: 24)
    try pairs.writeFaces(train: 4, valid: 2, to: folder.path)
    let three = ArrayPairs(SampleScale(.uint8), channels: 3, scale: 2, side: 24)
    let other = try TemporaryFolder()
    try three.writeFaces(train: 4, valid: 2, to: other.path)
    for split in ["train", "valid"] {
      try folder.write(
        Array(Data(contentsOf: URL(fileURLWithPath: other.file("hr_\(split).npy")))), as: "hr_\(split).npy")
    }
    let refused = try train(folder.path, ["--epochs", "1"])
    #expect(refused.status == 1 && refused.errors.contains("4 and 3 channels"), "\(refused.errors)")
    let run = try train(
      folder.path, ["--epochs", "1", "--model", "vanilla", "--blocks", "1", "--loss", "mse=1"])
    try #require(run.status == 0, "\(run.errors)")
    #expect(
      run.errors.contains("4 channels to 3") && run.errors.contains("lr_psnr is left out"), "\(run.errors)")
    let consistency = try train(
      folder.path,
      [
        "--epochs", "1", "--model", "vanilla", "--blocks", "1", "--loss", "consistency=1", "--resume",
        "never",
      ])
    #expect(
      consistency.status == 1 && consistency.errors.contains("compares the result with the input"),
      "\(consistency.errors)")
    let enlarged = try upscale(folder.file("lr_valid.npy"))
    try #require(enlarged.status == 0, "\(enlarged.errors)")
    let result = try NumPyArray(path: folder.file("out/lr_valid.npy"), rank: 4)
    #expect(result.shape == [2, 24, 24, 3])
  }

  @Test func whatDoesNotFitIsNamed() throws {
    let range = try #require(ValueRange("0,4095"))
    let pairs = ArrayPairs(SampleScale(.uint16, range), channels: 1, scale: 2, side: 24)
    try pairs.writeFaces(train: 4, valid: 2, to: folder.path)
    func expect(_ run: ProgramRun, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation) {
      #expect(run.status == 1, "\(run.errors)", sourceLocation: sourceLocation)
      for part in parts {
        #expect(run.errors.contains(part), "\(part): \(run.errors)", sourceLocation: sourceLocation)
      }
    }
    let start = ["--epochs", "1", "--max-steps", "1", "--range", "0,4095"]
    expect(try train(folder.path, start + ["--in-channels", "3"]), "--in-channels 3 is given", "1 channel")
    expect(
      try train(folder.path, start + ["--loss", "vgg=1"]), "vgg cannot be computed",
      "needs RGB images of 3 channels", "have 1. Leave it out of --loss.")
    expect(
      try train(folder.path, start + ["--crop", "random"]), "full_train.npy")
    let run = try train(
      folder.path, start + ["--loss", "l1=1,ssim=1,ms_ssim=1,ssim_box=1,edge=1,consistency=1"])
    try #require(run.status == 0, "\(run.errors)")
    expect(
      try train(folder.path, ["--epochs", "1", "--max-steps", "2"]),
      "range: uint16 of 0,4095 in the checkpoint")

    // Files for the network of one channel and 12 bits.
    try ImageFile.writePNG(RGBImage(width: 8, height: 8), to: folder.file("rgb.png"))
    expect(try upscale(folder.file("rgb.png")), "rgb.png: the picture has 3 channels", "give a grey picture")
    try write("bytes.npy", [1, 8, 8, 1], .uint8)
    expect(
      try upscale(folder.file("bytes.npy")), "bytes.npy: it has values of uint8",
      "trained on values uint16 of 0,4095",
      "--range LOW,HIGH")
    #expect(try upscale(folder.file("bytes.npy"), ["--range", "0,255"]).status == 0)
    try write("three.npy", [1, 8, 8, 3], .uint16)
    expect(try upscale(folder.file("three.npy")), "three.npy: expected 1 channel")
    // Arrays without a dimension for the channel.
    try write("plain.npy", [8, 10], .uint16)
    #expect(try upscale(folder.file("plain.npy")).status == 0)
    #expect(try NumPyArray(path: folder.file("out/plain.npy"), ranks: [2], [.uint16]).shape == [16, 20])

    let other = try TemporaryFolder()
    try ArrayPairs(SampleScale(.uint8), channels: 1, scale: 2, side: 24).writeFaces(
      train: 2, valid: 2, to: other.path)
    expect(try evaluate(other.path), "has values of uint8", "trained on values uint16 of 0,4095")
    #expect(try evaluate(other.path, ["--range", "0,255"]).status == 0)
    try ArrayPairs(SampleScale(.uint16, range), channels: 3, scale: 2, side: 24).writeFaces(
      train: 2, valid: 2, to: other.path)
    expect(try evaluate(other.path), "3 and 3 channels", "1 and 1")
    expect(try evaluate(folder.path, ["--eight-bit"]), "8-bit RGB", "1 channel of uint16")
    try other.makeFolder("pictures")
    try ImageFile.writePNG(RGBImage(width: 24, height: 24), to: other.file("pictures/a.png"))
    expect(
      try ProgramRun("srdist", ["evaluate", "--weights", best(), "--reference", other.file("pictures")]),
      "pictures/a.png has values of uint8, expected uint16 of 0,4095")

    // Floats say what they mean, or are taken for 0...1.
    let floats = try TemporaryFolder()
    try ArrayPairs(SampleScale(.float32, range), channels: 1, scale: 2, side: 24).writeFaces(
      train: 2, valid: 2, to: floats.path)
    expect(
      try train(floats.path, ["--epochs", "1"], to: "floats"), "values of the range 0,1", "--range LOW,HIGH")
    try floats.write(
      NumPyHeader(elementType: "<f8", shape: [2, 12, 12, 1]).encoded()
        + [UInt8](repeating: 0, count: 2 * 144 * 8), as: "lr_train.npy")
    expect(try train(floats.path, ["--epochs", "1"], to: "floats"), "dtype '<f8'", "astype('<f4')")
  }

  private func write(_ name: String, _ shape: [Int], _ sample: SampleType) throws {
    let writer = try NumPyWriter(path: folder.file(name), shape: shape, sample)
    try writer.append([UInt8](repeating: 0, count: shape.reduce(sample.bytes, *)))
    _ = try writer.finish()
  }
}
