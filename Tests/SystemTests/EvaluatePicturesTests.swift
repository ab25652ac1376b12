import Foundation
import SRCheckpoint
import SRData
import SRModels
import SRTensor
import SRTestSupport
import Testing

/// `srdist evaluate` on folders of pictures, by the conventions of the literature.
@Suite struct EvaluatePicturesTests {
  /// What the tests read of the program's JSON.
  private struct Result: Decodable {
    struct Picture: Decodable {
      let name: String
      let metrics: [String: Double]?
      let bicubic: [String: Double]
    }
    let pictures: [Picture]
    let bicubic: [String: Double]
    let conventions: [String: String]
    let resampling: String
  }

  private let folder: TemporaryFolder

  /// Four originals of different sizes with low-resolution pictures, one of them grey.
  init() throws {
    folder = try TemporaryFolder()
    for name in ["hr", "lr"] { try folder.makeFolder(name) }
    for (index, (width, height)) in [(44, 36), (24, 64), (48, 48), (32, 28)].enumerated() {
      let pair = Formulas.pair(index, height: height, width: width)
      let high = RGBImage(width: width, height: height, pixels: pair.high)
      try ImageFile.writePNG(high, to: folder.file("hr/\(index).png"))
      let low = high.resized(width: width / 4, height: height / 4, by: .matlab)
      try ImageFile.writePNG(low, to: folder.file("lr/\(index)x4.png"))
    }
  }

  private func evaluate(
    ranks: Int? = nil, _ arguments: [String], of pictures: [String]? = nil, subject: [String]? = nil
  ) throws -> ProgramRun {
    try ProgramRun(
      ranks: ranks, "srdist",
      ["evaluate"] + (subject ?? ["--method", "bicubic"])
        + (pictures ?? ["--input", folder.file("lr"), "--reference", folder.file("hr")])
        + ["--weights-dir", folder.file("none")] + arguments)
  }

  private func result(_ run: ProgramRun) throws -> Result {
    try #require(run.status == 0, "\(run.errors)")
    return try JSONDecoder().decode(Result.self, from: Data(run.output.utf8))
  }

  /// Writes weights of the vanilla network, and returns the options that name them.
  private func weights(_ change: (ParameterArena) -> Void = { _ in }) throws -> [String] {
    var layout = ParameterLayout()
    _ = ModelDescription.vanilla.network(in: &layout)
    let parameters = ParameterArena(layout: layout)
    Formulas.fill(parameters)
    change(parameters)
    try saveParameters(parameters, to: folder.file("w.safetensors"))
    return ["--weights", folder.file("w.safetensors")]
  }

  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func anyNumberOfRanksGivesTheSameNumbers() throws {
    let weights = try weights()
    let alone = try evaluate(["--json", "--y-channel"], subject: weights)
    let together = try evaluate(ranks: 3, ["--json", "--y-channel", "--threads", "1"], subject: weights)
    let values = try result(alone)
    #expect(alone.output == together.output, "\(together.errors)")
    #expect(values.pictures.map(\.name) == ["0", "1", "2", "3"])
    #expect(values.pictures.allSatisfy { $0.metrics?["psnr"]?.isFinite == true })
    #expect(values.conventions["psnr"] == "PSNR-Y, 8 bit, border 4")
  }

  /// A table for people, and the same numbers as comma-separated values.
  @Test func theTableStatesItsConventions() throws {
    let run = try evaluate(["--crop-border", "2", "--csv", folder.file("a.csv")])
    try #require(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("\nconventions: PSNR, RGB, 8 bit, border 2; SSIM, RGB, 8 bit, border 2\n"))
    #expect(run.output.contains("\n0        44x36 "), "\(run.output)")
    let csv = try folder.text("a.csv")
    #expect(
      csv.hasPrefix("picture,width,height,\"PSNR, RGB, 8 bit, border 2\",\"SSIM, RGB, 8 bit, border 2\"\n"))
    #expect(csv.split(separator: "\n").count == 6)
    // A file is replaced only if this is asked for.
    #expect(try evaluate(["--csv", folder.file("new/a.csv"), "--crop-border", "2"]).status == 0)
    #expect(try folder.text("new/a.csv") == csv)
    let again = try evaluate(["--csv", folder.file("a.csv")])
    #expect(again.status == 1 && again.output.isEmpty)
    #expect(again.errors.contains("a file of this name exists; --overwrite replaces it"), "\(again.errors)")
    #expect(try folder.text("a.csv") == csv)
    #expect(try evaluate(["--csv", folder.file("a.csv"), "--overwrite"]).status == 0)
    #expect(try folder.text("a.csv") != csv)
  }

  /// Low-resolution pictures that are made on the way are the files' pictures.
  @Test func originalsAloneGiveTheSameNumbers() throws {
    let files = try result(evaluate(["--json"]))
    let made = try result(evaluate(["--json"], of: ["--reference", folder.file("hr")]))
    #expect(made.bicubic == files.bicubic)
    let pillow = try result(
      evaluate(["--json", "--resample", "pillow"], of: ["--reference", folder.file("hr")]))
    #expect(pillow.bicubic != files.bicubic && pillow.resampling == "pillow")
  }

  @Test func whatDoesNotFitIsRefused() throws {
    for (options, said) in [
      (["--crop-border", "9"], "'1' has 24 x 64 pixels, expected at least 29 x 29: SSIM"),
      (["--scale", "2"], "hr/0.png has 44 x 36 pixels, expected 22 x 18, 2 times those of "),
      (["--filename-tmpl", "{}x2"], "hr has '0', which has no partner in "),
    ] {
      let run = try evaluate(options)
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(run.errors.contains(said), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
    }
    for (folders, said) in [
      (["--reference", folder.file("none")], "none: there is no such folder"),
      (["--input", folder.file("none"), "--reference", folder.file("hr")], "none: there is no such folder"),
      (["--reference", folder.file("hr/0.png")], "0.png: expected a folder of pictures"),
    ] {
      let run = try evaluate([], of: folders)
      #expect(run.status == 1 && run.errors.contains(said), "\(run.errors)")
    }
    for options in [
      ["--input", folder.file("lr")], ["--reference", folder.file("hr"), "--data", folder.path],
      ["--reference", folder.file("hr"), "--overwrite"],
    ] {
      #expect(try evaluate([], of: options).status == 64, "\(options)")
    }
  }

  /// An option that the measure would not heed is refused.
  @Test func optionsWithoutEffectAreRefused() throws {
    let ofPictures = ["--reference", folder.file("hr")]
    for option in [
      ["--loss", "mse=1"], ["--lpips-input", "raw"], ["--lpips-linear", "none"],
      ["--vgg-layers", "relu1_2=1"],
      ["--split", "train"], ["--synthetic-valid", "3"], ["--no-ema"], ["--param-key", "foo"],
      ["--pooling", "local"], ["--memory", "1G"], ["--diagnose"], ["--range", "0,1"],
    ] {
      let run = try evaluate(option, of: ofPictures)
      #expect(run.status == 64 && run.errors.contains(option[0]), "\(option): \(run.errors)")
    }
    try SmallPairs.write(to: folder)
    let data = try evaluate(["--scale", "2"], of: ["--data", folder.path])
    #expect(data.status == 1 && data.errors.contains("scale: --scale 2 is given, and "), "\(data.errors)")
  }

  /// Ranks on different hosts may find different files under one name.
  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped), arguments: ["evaluate", "upscale"])
  func ranksWithOtherWeightsAreRefused(command: String) throws {
    let one = try weights()[1]
    try FileManager.default.moveItem(atPath: one, toPath: folder.file("one.safetensors"))
    let other = try weights { $0.pointer[0] += 1 }[1]
    func arguments(_ weights: String) -> [String] {
      let pictures =
        command == "evaluate"
        ? ["--input", folder.file("lr"), "--reference", folder.file("hr")]
        : ["-i", folder.file("lr"), "-o", folder.file("out")]
      return [command] + pictures + [
        "--weights", weights, "--threads", "1", "--weights-dir", folder.file("none"),
      ]
    }
    let program = try RunningProgram.productsDirectory().appendingPathComponent("srdist").path
    let rank = ["-n", "1", program]
    let launched = try ChildRun(
      try #require(ProgramRun.launcher),
      ["--oversubscribe", "--bind-to", "none"] + rank + arguments(folder.file("one.safetensors")) + [":"]
        + rank
        + arguments(other),
      environment: ProcessInfo.processInfo.environment.merging(
        ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]
      ) { $1 })
    #expect(launched.status == 1, "\(launched.output)")
    #expect(
      launched.errors.components(separatedBy: "the ranks of this job differ in:").count == 2,
      "\(launched.errors)")
    #expect(launched.errors.contains("Copy the same weights to every host"), "\(launched.errors)")
    #expect(
      launched.output.isEmpty
        && (try? FileManager.default.contentsOfDirectory(atPath: folder.file("out"))) == nil)
  }

  /// The same grey picture of 8 and of 16 bits has nearly the same numbers. Only the results' rounding differs.
  @Test func greyOfSixteenBitsIsComparedAsGreyOfEight() throws {
    let sizes = (width: 48, height: 36)
    let grey = Formulas.pair(5, height: sizes.height, width: sizes.width).high.enumerated()
      .filter { $0.offset % 3 == 0 }.map(\.element)
    for (name, depth) in [("g8", SampleType.uint8), ("g16", .uint16)] {
      try folder.makeFolder(name)
      let values = grey.flatMap { depth == .uint8 ? [$0] : [$0, $0] }
      var bytes: [UInt8] = []
      let encoder = try PictureEncoder(
        .png, SampleFormat(channels: 1, depth), width: sizes.width, height: sizes.height,
        path: folder.file("\(name)/a.png"), sink: { bytes.append(contentsOf: $0) })
      try values.withUnsafeBytes { pixels in
        for y in 0..<sizes.height { try encoder.append(pixels.baseAddress! + y * sizes.width * depth.bytes) }
      }
      try encoder.finish()
      try folder.write(bytes, as: "\(name)/a.png")
    }
    let weights = try weights()
    let found = try ["g8", "g16"].map { name in
      try result(
        evaluate(["--json", "--y-channel"], of: ["--reference", folder.file(name)], subject: weights))
    }
    for metric in ["psnr", "ssim"] {
      let (eight, sixteen) = (found[0].bicubic[metric]!, found[1].bicubic[metric]!)
      #expect(abs(eight - sixteen) < 0.02 * abs(eight), "\(metric): \(eight), \(sixteen)")
      let networks = try found.map { try #require($0.pictures[0].metrics?[metric]) }
      #expect(abs(networks[0] - networks[1]) < 0.02 * abs(networks[0]), "\(metric): \(networks)")
    }
  }

  /// One value of one tensor is enough.
  @Test func weightsThatAreNotFiniteAreRefused() throws {
    let weights = try weights { $0.pointer[0] = .nan }
    let run = try evaluate([], subject: weights)
    #expect(run.status == 1 && run.output.isEmpty)
    #expect(run.errors.contains("holds values that are not finite"), "\(run.errors)")
  }

  /// A data set is measured on 8 bits if that is asked for, and bicubic upsampling is that of the filter that made the data.
  @Test(arguments: Resampling.allCases)
  func dataSetsFollowTheConventionsToo(_ resampling: Resampling) throws {
    let data = folder.file("data")
    let prepared = try ProgramRun(
      "srdist",
      [
        "prepare", "--input", folder.file("hr"), "--output", data, "--resize", "32", "--crop", "24",
        "--train",
        "2", "--valid", "2", "--resample", resampling.rawValue,
      ])
    try #require(prepared.status == 0, "\(prepared.errors)")
    #expect(try folder.text("data/manifest.json").contains("\"resample\" : \"\(resampling.rawValue)\""))
    let pairs = try NumPyPairDataset(directory: data, split: .valid)
    #expect(pairs.resampling == resampling)
    #expect(
      pairs.lowResImage(at: 0) == pairs.highResImage(at: 0).resized(width: 6, height: 6, by: resampling))
    let run = try result(evaluate(["--json", "--y-channel"], of: ["--data", data]))
    #expect(run.resampling == resampling.rawValue && run.pictures.count == 2)
    #expect(run.conventions["ssim"] == "SSIM-Y, 8 bit, border 4")
  }

  /// Enlarges with MATLAB's definition in Python, and measures there.
  static let reference = """
    import json, pathlib, sys
    import numpy as np
    from PIL import Image
    sys.path.insert(0, sys.argv[1])
    import picture_measures as measures
    low, high = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    values = {}
    for path in sorted(high.glob("*.png")):
        image = Image.open(path)
        grey = image.mode == "L"
        original = np.asarray(image.convert("RGB"))
        reduced = low / f"{path.stem}x4.png"
        if reduced.exists():
            reduced = np.asarray(Image.open(reduced).convert("RGB"))
        else:
            height, width = original.shape[0] // 4 * 4, original.shape[1] // 4 * 4
            original = original[:height, :width]
            reduced = measures.imresize(original, height // 4, width // 4)
        enlarged = measures.imresize(reduced, *original.shape[:2])
        values[path.stem] = [
            measure(enlarged, original, 4, y, grey) for y in (True, False)
            for measure in (measures.psnr, measures.ssim)]
    print(json.dumps(values))
    """

  private func compareWithPython(low: String, high: String, of pictures: [String]) throws {
    let python = try Python.run(Self.reference, [Repository.file("scripts/support"), low, high])
    let expected = try JSONDecoder().decode([String: [Double]].self, from: Data(python.output.utf8))
    let luma = try result(evaluate(["--json", "--y-channel"], of: pictures))
    let colour = try result(evaluate(["--json"], of: pictures))
    #expect(luma.pictures.count == expected.count && colour.pictures.count == expected.count)
    for (y, rgb) in zip(luma.pictures, colour.pictures) {
      let wanted = try #require(expected[y.name], "\(python.errors)")
      let found = [y.bicubic["psnr"], y.bicubic["ssim"], rgb.bicubic["psnr"], rgb.bicubic["ssim"]]
      for (found, wanted) in zip(found, wanted) {
        #expect(abs(try #require(found) - wanted) < 1e-4, "\(y.name): \(found ?? .nan), Python \(wanted)")
      }
    }
  }

  @Test(.enabled(if: Python.hasPillow, "SKIPPED: needs a Python with Pillow and NumPy ($PYTHON)"))
  func equalsAReferenceInPython() throws {
    try compareWithPython(
      low: folder.file("lr"), high: folder.file("hr"),
      of: ["--input", folder.file("lr"), "--reference", folder.file("hr")])
  }

  /// The figures that the literature prints for bicubic upsampling at scale 4.
  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: SharedData.folder + "/set5"),
      "SKIPPED: needs Set5 and Set14 in $SRDIST_SHARED_DATA"),
    arguments: [("set5", 28.419, 0.8102), ("set14", 25.993, 0.7024)])
  func publishedFiguresAreReached(set: String, psnr: Double, ssim: Double) throws {
    let pictures = ["--reference", "\(SharedData.folder)/\(set)"]
    let found = try result(evaluate(["--json", "--y-channel"], of: pictures)).bicubic
    let (foundPSNR, foundSSIM) = (try #require(found["psnr"]), try #require(found["ssim"]))
    #expect(abs(foundPSNR - psnr) < 5e-4 && abs(foundSSIM - ssim) < 5e-5, "\(found)")
    if set == "set5", Python.hasPillow {
      try compareWithPython(low: folder.file("none"), high: pictures[1], of: pictures)
    }
  }
}
