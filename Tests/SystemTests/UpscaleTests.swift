import Foundation
import SRCheckpoint
import SRData
import SRFiles
import SRModels
import SRTensor
import SRTestSupport
import Testing

/// `srdist upscale` on pictures of every kind.
@Suite struct UpscaleTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes weights of a small network, random ones or those that interpolate.
  private func writeWeights(_ start: WeightInitialization = .pytorch, scale: Int = 4) throws -> String {
    var model = ModelDescription(attention: .squeezeExcitation(reduction: 8))
    (model.scale, model.features, model.blocks) = (scale, 16, 1)
    var layout = ParameterLayout()
    let network = model.network(in: &layout)
    let parameters = ParameterArena(layout: layout)
    network.initialize(parameters, as: start, seed: 3)
    let path = folder.file("w\(scale).safetensors")
    try saveParameters(parameters, to: path)
    return path
  }

  private func upscale(
    ranks: Int? = nil, threads: Int = 1, _ inputs: [String], to output: String, weights: String,
    _ more: [String] = []
  ) throws -> ProgramRun {
    try ProgramRun(
      ranks: ranks, "srdist",
      ["upscale", "-i"] + inputs
        + ["-o", folder.file(output), "--weights", weights, "--threads", "\(threads)"] + more)
  }

  private func copy(_ pictures: [String: String]) throws {
    for (picture, name) in pictures {
      try folder.makeFolder(DirectoryCalls.parent(of: name))
      try FileManager.default.copyItem(
        atPath: Repository.file("Tests/SRDataTests/Fixtures/pictures/\(picture)"), toPath: folder.file(name))
    }
  }

  private func contents(_ output: String) throws -> [String: Data] {
    let root = URL(fileURLWithPath: folder.file(output))
    let names = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
    return try names.reduce(into: [:]) { files, name in
      var isFolder: ObjCBool = false
      let path = "\(root.path)/\(name)"
      if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue {
        files[name] = try Data(contentsOf: URL(fileURLWithPath: path))
      }
    }
  }

  /// A folder of all kinds, with a damaged picture among them.
  private func writeKinds() throws {
    try copy([
      "rgb8.png": "in/rgb8.png", "rgba16.png": "in/rgba16.png", "grey16.png": "in/grey16.png",
      "grey-alpha8.png": "in/grey-alpha8.png", "palette8-trns.png": "in/palette8-trns.png",
      "rgb-420.jpg": "in/b/photo.JPG", "grey.jpg": "in/b/grey.jpg", "cmyk.jpg": "in/b/cmyk",
      "turned-6.jpg": "in/b/turned.jpg",
    ])
    try folder.write(Array("GIF89a".utf8), as: "in/bad.png")
    let values = (0..<594).map { (index: Int) -> UInt8 in UInt8(index * 5 % 256) }
    let writer = try NumPyWriter(path: folder.file("in/batch.npy"), shape: [2, 9, 11, 3])
    try writer.append(values)
    _ = try writer.finish()
  }

  @Test func everyKindKeepsItsFormOnAnyNumberOfRanks() throws {
    try writeKinds()
    let weights = try writeWeights()
    let alone = try upscale([folder.file("in")], to: "one", weights: weights, ["--recursive"])
    #expect(alone.status == 1)
    #expect(
      alone.output.contains("10 pictures enlarged") && alone.output.contains("1 failed"), "\(alone.output)")
    #expect(alone.errors.components(separatedBy: "error: ").count == 2, "\(alone.errors)")
    #expect(alone.errors.contains("/in/bad.png: neither a PNG nor a JPEG"), "\(alone.errors)")
    #expect(alone.errors.contains("CMYK converted to RGB"), "\(alone.errors)")
    let files = try contents("one")
    #expect(
      files.keys.sorted() == [
        "b/cmyk_out.jpg", "b/grey_out.jpg", "b/photo_out.jpg", "b/turned_out.jpg", "batch_out.npy",
        "grey-alpha8_out.png", "grey16_out.png", "palette8-trns_out.png", "rgb8_out.png", "rgba16_out.png",
      ])
    for (name, channels, sample, width) in [
      ("rgb8_out.png", 3, SampleFormat.Sample.uint8, 68), ("rgba16_out.png", 4, .uint16, 68),
      ("grey16_out.png", 1, .uint16, 68), ("grey-alpha8_out.png", 2, .uint8, 68),
      ("palette8-trns_out.png", 4, .uint8, 68), ("b/grey_out.jpg", 1, .uint8, 108),
      ("b/photo_out.jpg", 3, .uint8, 108), ("b/cmyk_out.jpg", 3, .uint8, 108),
      ("b/turned_out.jpg", 3, .uint8, 76),
    ] {
      let file = try PictureFile(BytePath(folder.file("one/\(name)")))
      #expect(file.stored == SampleFormat(channels: channels, sample), "\(name)")
      #expect(file.size.width == width && !file.conversions.contains(.turned), "\(name)")
    }
    try checkAlpha("in/grey-alpha8.png", "one/grey-alpha8_out.png")

    try #require(ProgramRun.launcher != nil, ProgramRun.skipped)
    for (ranks, threads) in [(2, 2), (4, 1)] {
      let output = "on\(ranks)"
      let run = try upscale(
        ranks: ranks, threads: threads, [folder.file("in")], to: output, weights: weights, ["--recursive"])
      #expect(run.status == 1)
      #expect(run.errors.components(separatedBy: "neither a PNG").count == 2, "\(run.errors)")
      #expect(try contents(output) == files, "\(ranks) ranks")
    }
  }

  /// Alpha is bicubic's, to the bit.
  private func checkAlpha(_ input: String, _ output: String) throws {
    func alpha(_ name: String) throws -> RGBImage {
      let file = try PictureFile(BytePath(folder.file(name)))
      let picture = try file.decode(as: file.stored)
      var pixels: [UInt8] = []
      for y in 0..<picture.height {
        var row = [UInt8](repeating: 0, count: picture.width * file.stored.channels)
        row.withUnsafeMutableBytes { picture.copyRow(y, to: $0.baseAddress!) }
        for x in 1...picture.width { pixels += Array(repeating: row[x * file.stored.channels - 1], count: 3) }
      }
      return RGBImage(width: picture.width, height: picture.height, pixels: pixels)
    }
    let result = try alpha(output)
    #expect(try alpha(input).resized(width: result.width, height: result.height) == result)
  }

  /// A network of scale 1 that copies its input: no level of 16 bits changes, and grey stays what it was.
  @Test func sixteenBitsAreExact() throws {
    try copy(["grey16.png": "grey16.png", "rgb16.png": "rgb16.png", "rgba8.png": "rgba8.png"])
    let run = try upscale(
      ["grey16.png", "rgb16.png", "rgba8.png"].map(folder.file), to: "out",
      weights: try writeWeights(.interpolation, scale: 1), ["--suffix", ""])
    try #require(run.status == 0, "\(run.errors)")
    for name in ["grey16.png", "rgb16.png", "rgba8.png"] {
      let (before, after) = (
        try PictureFile(BytePath(folder.file(name))), try PictureFile(BytePath(folder.file("out/\(name)")))
      )
      try #require(before.stored == after.stored && before.size == after.size)
      let (old, new) = (try before.decode(as: before.stored), try after.decode(as: after.stored))
      var rows = [[UInt8]](
        repeating: [UInt8](repeating: 0, count: old.width * old.format.bytesPerPixel), count: 2)
      for y in 0..<old.height {
        rows[0].withUnsafeMutableBytes { old.copyRow(y, to: $0.baseAddress!) }
        rows[1].withUnsafeMutableBytes { new.copyRow(y, to: $0.baseAddress!) }
        #expect(rows[0] == rows[1], "\(name), row \(y)")
      }
    }
  }

  @Test func nothingIsReplacedUnasked() throws {
    try copy(["rgb8.png": "in/a.png", "grey.jpg": "in/b.jpg"])
    try folder.makeFolder("out")
    try folder.write([7], as: "out/a_out.png")
    let weights = try writeWeights()
    let input = folder.file("in")
    func run(_ more: [String], inputs: [String]? = nil, output: String = "out") throws -> ProgramRun {
      try upscale(inputs ?? [input], to: output, weights: weights, more)
    }
    let refused = try run([])
    #expect(refused.status == 1 && refused.errors.contains("out/a_out.png exists"), "\(refused.errors)")
    #expect(try contents("out") == ["a_out.png": Data([7])])
    let skipping = try run(["--skip-existing"])
    #expect(skipping.status == 0 && skipping.output.contains("1 left out"), "\(skipping.errors)")
    let kept = try contents("out")
    #expect(kept.count == 2 && kept["a_out.png"] == Data([7]))
    let replacing = try run(["--overwrite"])
    #expect(replacing.status == 0, "\(replacing.errors)")
    #expect(try contents("out")["a_out.png"] != Data([7]))

    let itself = try run(["--suffix", "", "--overwrite"], output: "in")
    #expect(itself.status == 1 && itself.errors.contains("would replace the input"), "\(itself.errors)")
    try copy(["rgb8.png": "other/a.png"])
    let twice = try run(["--suffix", "x"], inputs: [input, folder.file("other")])
    #expect(twice.status == 1 && twice.errors.contains("would both be written to"), "\(twice.errors)")
    let named = try run([], output: "new.png")
    #expect(named.status == 1 && named.errors.contains("-o names a folder"), "\(named.errors)")
    let absent = try run([], inputs: [folder.file("none.png")])
    #expect(absent.status == 1 && absent.errors.contains("none.png: nothing is there"), "\(absent.errors)")
    let original = try run(
      ["--suffix", "", "--overwrite", "--reference", folder.file("out")], inputs: [folder.file("other/a.png")]
    )
    #expect(original.status == 1 && original.errors.contains("a.png"), "\(original.errors)")
    #expect(try contents("in").count == 2)
    #expect(try contents("out").count == 2)
  }

  /// A program that was killed between the two leaves a sheet without its result.
  @Test func aSheetIsNoResult() throws {
    try copy(["rgb8.png": "in/a.png", "grey.jpg": "in/b.jpg"])
    let (weights, input) = (try writeWeights(), folder.file("in"))
    let first = try upscale([input], to: "out", weights: weights, ["--compare"])
    try #require(first.status == 0, "\(first.errors)")
    let all = try contents("out")
    #expect(all.count == 4)
    try FileManager.default.removeItem(atPath: folder.file("out/a_out.png"))
    let second = try upscale([input], to: "out", weights: weights, ["--compare", "--skip-existing"])
    #expect(second.status == 0 && second.output.contains("1 left out"), "\(second.output) \(second.errors)")
    #expect(try contents("out") == all)
  }

  /// A PNG file says as little as an array which values are meant.
  @Test func valuesFarBeyondTheRangeAreNamed() throws {
    try copy(["rgb16.png": "in/a.png", "rgb8.png": "in/b.png"])
    let weights = try writeWeights()
    for (name, range) in [("a", "0,4095"), ("b", "0,1")] {
      let run = try upscale([folder.file("in/\(name).png")], to: "out", weights: weights, ["--range", range])
      #expect(run.status == 1, "\(run.output)")
      #expect(run.errors.contains("\(name).png: the picture has the value "), "\(run.errors)")
      #expect(run.errors.contains("expected values of the range \(range)"), "\(run.errors)")
    }
    #expect(try contents("out").isEmpty)
  }

  /// Each ends the program before any work, with one line that says why.
  @Test func senselessOptionsAreRefused() throws {
    let weights = try writeWeights()
    for (options, reason) in [
      (["-s", "0"], "--outscale is 0.0, expected 0.01 to 64"),
      (["-s", "-1"], "--outscale is -1.0, expected"),
      (["--outscale=-2"], "--outscale is -2.0"), (["-s", "1e9"], "--outscale is 1000000000.0"),
      (["-s", "nan"], "--outscale is nan"), (["--suffix", "a/b"], "cannot contain /"),
      (["--suffix", "a\nb"], "cannot contain control characters"),
    ] {
      let run = try upscale([folder.path], to: "out", weights: weights, options)
      #expect(run.status == 64 && run.errors.hasPrefix("Error: --"), "\(options): \(run.errors)")
      #expect(run.errors.split(separator: "\n")[0].contains(reason), "\(options): \(run.errors)")
    }
  }

  /// A result whose name is too long is the fault of its picture alone.
  @Test func longNamesAreNamed() throws {
    let long = String(repeating: "n", count: 240)
    try copy(["rgb8.png": "in/\(long).png", "rgba8.png": "in/short.png"])
    let run = try upscale([folder.file("in")], to: "out", weights: try writeWeights())
    #expect(run.status == 1 && run.errors.contains("name would have 248 bytes"), "\(run.errors)")
    #expect(try contents("out").keys.sorted() == ["short_out.png"])
  }

  /// The memory that an error asks for is enough.
  @Test(arguments: ["64M", "100M"]) func adviceOnMemoryHelps(given: String) throws {
    let pixels = [UInt8](repeating: 99, count: 512 * 64 * 3)
    try ImageFile.writePNG(RGBImage(width: 512, height: 64, pixels: pixels), to: folder.file("a.png"))
    let weights = try writeWeights()
    let refused = try upscale([folder.file("a.png")], to: "out", weights: weights, ["--memory", given])
    #expect(refused.status == 1)
    let advice = try #require(
      refused.errors.firstMatch(of: /give --memory (\d+M) or more/), "\(refused.errors)")
    let run = try upscale(
      [folder.file("a.png")], to: "out", weights: weights, ["--memory", String(advice.1)])
    #expect(run.status == 0, "\(run.errors)")
  }

  /// The type and the layout stay. Channels may come first.
  @Test func arraysKeepTypeAndLayout() throws {
    let values = (0..<480).map { (index: Int) -> Float in Float(index * 37 % 256) / 255 }
    func write(_ name: String, _ type: SampleFormat.Sample, isFirst: Bool) throws {
      let writer = try NumPyWriter(
        path: folder.file(name), shape: isFirst ? [2, 3, 8, 10] : [2, 8, 10, 3], type)
      for picture in 0..<2 {
        for element in 0..<240 {
          // In the order of channels-first: channel, then pixel.
          let position = isFirst ? element % 80 * 3 + element / 80 : element
          let value = values[picture * 240 + position]
          switch type {
          case .uint8: try withUnsafeBytes(of: UInt8((value * 255).rounded())) { try writer.append($0) }
          case .uint16:
            try withUnsafeBytes(of: UInt16((value * 255).rounded()) * 257) { try writer.append($0) }
          case .float32: try withUnsafeBytes(of: value) { try writer.append($0) }
          }
        }
      }
      _ = try writer.finish()
    }
    try write("bytes.npy", .uint8, isFirst: false)
    try write("words.npy", .uint16, isFirst: false)
    try write("first.npy", .uint16, isFirst: true)
    try write("floats.npy", .float32, isFirst: false)
    let names = ["bytes", "words", "first", "floats"]
    let run = try upscale(
      names.map { folder.file("\($0).npy") }, to: "out", weights: try writeWeights(), ["--suffix", ""])
    try #require(run.status == 0, "\(run.errors)")
    let arrays = try names.map { try PictureArray(BytePath(folder.file("out/\($0).npy"))) }
    #expect(arrays.map(\.sample) == [.uint8, .uint16, .uint16, .float32])
    #expect(arrays.map(\.layout) == [.channelsLast, .channelsLast, .channelsFirst, .channelsLast])
    #expect(
      arrays.allSatisfy { $0.isBatch && $0.count == 2 && ($0.width, $0.height, $0.channels) == (40, 32, 3) })
    var rows = [[Float]](repeating: [Float](repeating: 0, count: 120), count: 4)
    for picture in 0..<2 {
      for y in 0..<32 {
        for (index, array) in arrays.enumerated() {
          rows[index].withUnsafeMutableBufferPointer {
            array.loadRow(y, of: picture, into: $0.baseAddress!)
          }
        }
        #expect(rows[1] == rows[2])
        for (byte, (word, float)) in zip(rows[0], zip(rows[1], rows[3])) {
          let clamped = min(max(float, 0), 1)
          #expect(abs(byte - clamped) <= 0.51 / 255 && abs(word - clamped) <= 0.51 / 65535)
        }
      }
    }

    let wrong = try NumPyWriter(path: folder.file("wrong.npy"), shape: [4, 4, 3], .float32)
    try [Float](repeating: 200, count: 48).withUnsafeBytes { try wrong.append($0) }
    _ = try wrong.finish()
    let refused = try upscale([folder.file("wrong.npy")], to: "out", weights: try writeWeights())
    #expect(refused.status == 1 && refused.errors.contains("the value 200.0"), "\(refused.errors)")
  }

  /// Originals are measured beside bicubic upsampling. A sheet shows all of them.
  @Test func originalsAreMeasured() throws {
    let pixels = (0..<96 * 64 * 3).map { (index: Int) -> UInt8 in
      let x = Double(index / 3 % 96)
      return UInt8(128 + 100 * sin(x / 9))
    }
    let original = RGBImage(width: 96, height: 64, pixels: pixels)
    try folder.makeFolder("hr")
    try folder.makeFolder("lr")
    try ImageFile.writePNG(original, to: folder.file("hr/a.png"))
    try ImageFile.writePNG(original.resized(width: 24, height: 16), to: folder.file("lr/a.png"))
    let run = try upscale(
      [folder.file("lr")], to: "out", weights: try writeWeights(.interpolation),
      ["--reference", folder.file("hr"), "--compare", "--json", "--weights-dir", folder.path])
    try #require(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("\"psnr\"") && run.output.contains("\"bicubic\""), "\(run.output)")
    #expect(try ImageFile.read(folder.file("out/a_out_compare.png")).width > 4 * 96)
    let other = try upscale(
      [folder.file("lr")], to: "out2", weights: try writeWeights(.interpolation),
      ["--reference", folder.file("hr"), "-s", "2"])
    #expect(other.status == 1 && other.errors.contains("expected 48 x 32"), "\(other.errors)")

    // Inputs may be named by a template, given or found. One without an original is named, and the others are enlarged.
    try folder.makeFolder("named")
    for name in ["lr-a", "b"] {
      try ImageFile.writePNG(original.resized(width: 24, height: 16), to: folder.file("named/\(name).png"))
    }
    let named = try upscale(
      [folder.file("named")], to: "out3", weights: try writeWeights(.interpolation),
      ["--reference", folder.file("hr"), "--filename-tmpl", "lr-{}", "--weights-dir", folder.path])
    #expect(named.status == 1 && named.output.contains("PSNR"), "\(named.output)")
    let said =
      "\(folder.file("named")) has 'b', which has no partner in \(folder.file("hr")). Each low-resolution picture needs "
      + "the name of its original, without the ending, as the template 'lr-{}' forms it"
    #expect(named.errors.contains(said), "\(named.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("out3")) == ["lr-a_out.png"])
    try folder.makeFolder("found")
    try ImageFile.writePNG(original.resized(width: 24, height: 16), to: folder.file("found/ax4.jpg"))
    let found = try upscale(
      [folder.file("found")], to: "out4", weights: try writeWeights(.interpolation),
      ["--reference", folder.file("hr"), "--weights-dir", folder.path])
    #expect(found.status == 0 && found.output.contains("PSNR"), "\(found.errors)")
    for options in [
      ["--filename-tmpl", "{}x4"], ["--filename-tmpl", "x4", "--reference", folder.file("hr")],
    ] {
      #expect(try upscale([folder.file("found")], to: "out5", weights: "none", options).status == 64)
    }
  }
}

/// Photographs through `srdist upscale` and through PyTorch.
@Suite(
  .enabled(
    if: Python.canImport("PIL, numpy, torch, safetensors"),
    "needs a Python with Pillow, NumPy, torch and safetensors ($PYTHON)"),
  .enabled(if: !SharedData.faceNames.isEmpty, "needs photographs in $SRDIST_SHARED_DATA/faces"))
struct UpscalePyTorchTests {
  private static let program = """
    import sys, numpy, torch
    from PIL import Image
    from safetensors.torch import load_file
    sys.path.insert(0, sys.argv[1])
    import model
    network = model.build("attention", channels=16, blocks=1)
    network.load_state_dict(load_file(sys.argv[2]))
    values, off, worst = 0, 0, 0
    for low, result in zip(sys.argv[3::2], sys.argv[4::2]):
        pixels = numpy.array(Image.open(low).convert("RGB"))
        with torch.no_grad():
            output = network(torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 255)
        wanted = (output.clamp(0, 1) * 255).round()[0].permute(1, 2, 0).numpy().astype(int)
        difference = numpy.abs(wanted - numpy.asarray(Image.open(result)).astype(int))
        values, off = values + difference.size, off + int((difference > 0).sum())
        worst = max(worst, int(difference.max()))
    print(values, off, worst)
    """

  /// At most one level, in at most a thousandth of the values.
  @Test func facesEqual() throws {
    let folder = try TemporaryFolder()
    var model = ModelDescription.attention
    (model.features, model.blocks) = (16, 1)
    var layout = ParameterLayout()
    let network = model.network(in: &layout)
    let parameters = ParameterArena(layout: layout)
    network.initialize(parameters, as: .interpolation, seed: 3)
    try saveParameters(parameters, to: folder.file("w.safetensors"))
    try folder.makeFolder("lr")
    let names = (0..<4).map { "\($0)" }
    for name in names {
      let face = try ImageFile.read("\(SharedData.faces)/\(SharedData.faceNames[Int(name)! * 7])")
      try ImageFile.writePNG(face.resized(width: 48, height: 40), to: folder.file("lr/\(name).png"))
    }
    let run = try ProgramRun(
      "srdist",
      [
        "upscale", "-i", folder.file("lr"), "-o", folder.file("sr"), "--weights",
        folder.file("w.safetensors"),
        "--suffix", "",
      ])
    try #require(run.status == 0, "\(run.errors)")
    let child = try Python.run(
      Self.program,
      [Repository.file("scripts/pytorch"), folder.file("w.safetensors")]
        + names.flatMap { [folder.file("lr/\($0).png"), folder.file("sr/\($0).png")] })
    let found = child.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    try #require(child.status == 0 && found.count == 3, "\(child.errors)")
    #expect(found[0] == 4 * 192 * 160 * 3 && found[1] * 1000 <= found[0] && found[2] <= 1, "\(found)")
  }
}
