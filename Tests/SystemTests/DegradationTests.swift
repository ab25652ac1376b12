import Foundation
import SRData
import SRReport
import SRTestSupport
import Testing

/// Training on degraded images, and `srdist degrade`.
@Suite struct DegradationTests {
  /// Two rounds with every kind of step.
  static let recipe = """
    # as in Real-ESRGAN
    resize_prob: [0.2, 0.7, 0.1]
    resize_range: [0.15, 1.5]
    gaussian_noise_prob: 0.5
    noise_range: [1, 30]
    poisson_scale_range: [0.05, 3]
    gray_noise_prob: 0.4
    jpeg_range: [30, 95]
    blur_kernel_size: 11
    kernel_list: ['iso', 'aniso', 'generalized_iso', 'plateau_aniso']
    kernel_prob: [0.45, 0.25, 0.15, 0.15]
    sinc_prob: 0.1
    blur_sigma: [0.2, 3]
    second_blur_prob: 0.8
    resize_prob2: [0.3, 0.4, 0.3]
    resize_range2: [0.3, 1.2]
    noise_range2: [1, 25]
    blur_sigma2: [0.2, 1.5]
    final_sinc_prob: 0.8

    """

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
    try folder.write(Array(Self.recipe.utf8), as: "recipe.yaml")
  }

  private func arguments(_ output: String, _ more: [String]) -> [String] {
    [
      "train", "--model", "compact", "--features", "16", "--blocks", "2", "--loss", "mse=1", "--data",
      folder.path, "--batch-size", "5", "--epochs", "2", "--threads", "2", "--samples", "0", "--weights-dir",
      folder.path, "--output", folder.file(output),
    ] + more
  }

  private var degraded: [String] { ["--degradation", folder.file("recipe.yaml"), "--augment", "flip"] }

  /// Trains, and returns the hash of the last weights and the last epoch's validation loss.
  @discardableResult
  private func train(_ output: String, ranks: Int? = nil, _ more: [String]) throws -> [String] {
    let run = try ProgramRun(ranks: ranks, "srdist", arguments(output, more))
    try #require(run.status == 0, "\(run.errors)")
    let last = try #require(try MetricsFile.epochs(folder.file("\(output)/metrics.jsonl")).last)
    return [try #require(last.weightsSHA256), "\(last.validLoss)"]
  }

  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func anyRanksAndRestartsGiveTheSameBits() throws {
    let one = try train("one", degraded)
    for ranks in 2...4 { #expect(try train("\(ranks)", ranks: ranks, degraded) == one) }
    // Stopped in the middle of the second epoch.
    _ = try ProgramRun("srdist", arguments("parts", degraded + ["--max-steps", "4"]))
    #expect(try train("parts", degraded) == one)
    // Not the images as they are stored.
    #expect(try train("stored", ["--augment", "flip"]) != one)
  }

  /// Killed after a checkpoint in the middle of an epoch. If the run is faster than the signal, it is complete, which is as good.
  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func aKilledRunIsResumedWithTheSameBits() throws {
    let one = try train("one", degraded)
    let run = try RunningProgram(
      ranks: 2, "srdist", arguments("killed", degraded + ["--checkpoint-every", "1"]))
    // The log's second step follows the first step's checkpoint.
    try run.wait(until: { (try? folder.text("killed/metrics.jsonl"))?.contains("\"step\":2") == true })
    for rank in run.ranks { kill(rank, SIGKILL) }
    _ = try run.wait()
    #expect(try train("killed", degraded) == one)
  }

  /// The example of YOUR-DATA.md as a shell runs it, on a few pictures.
  @Test func theExampleRunsAsWritten() throws {
    let page = try String(contentsOfFile: Repository.file("YOUR-DATA.md"), encoding: .utf8)
    let example = try #require(page.components(separatedBy: "## Example: degraded photographs").last)
    let script = try #require(example.firstMatch(of: /```sh\n([^`]+)```/)?.1)
    for (name, count, first) in [("photographs", 4, 0), ("held-out", 2, 4)] {
      try folder.makeFolder(name)
      for number in first..<first + count {
        var image = RGBImage(width: 300, height: 256)
        image.pixels = Formulas.pair(number, height: 256, width: 300).high
        try ImageFile.writePNG(image, to: folder.file("\(name)/\(number).png"))
      }
    }
    var environment = ProcessInfo.processInfo.environment
    let products = try RunningProgram.productsDirectory().path
    environment["PATH"] = "\(products):\(environment["PATH"] ?? "")"
    environment["SRDIST_WEIGHTS"] = folder.path
    let run = try ChildRun(
      "/bin/bash", ["-ec", "cd \"$1\"; \(script)", "example", folder.path], environment: environment)
    #expect(run.status == 0, "\(run.errors)")
    #expect(try folder.names().contains("recipe.yaml"))
    for name in ["look/4.png", "look/5.png", "enlarged/4_out.png", "runs/photographs/config.yaml"] {
      #expect(FileManager.default.fileExists(atPath: folder.file(name)), "\(name)")
    }
  }

  @Test func aBlockIsTheSameRunAsAFile() throws {
    let block = Self.recipe.split(separator: "\n").map { "  \($0)\n" }.joined()
    try folder.write(Array("augment: flip\ndegradation:\n\(block)".utf8), as: "run.yaml")
    func train(_ more: [String]) throws {
      let run = try ProgramRun("srdist", arguments("run", more))
      try #require(run.status == 0, "\(run.errors)")
    }
    try train(degraded + ["--max-steps", "1"])
    // The run's own settings, and a file with the block, name the same recipe.
    try train(["--config", folder.file("run.yaml"), "--max-steps", "2"])
    try train(["--config", folder.file("run/config.yaml"), "--max-steps", "3"])

    let changed = Self.recipe.replacing("[30, 95]", with: "[30, 94]")
    try folder.write(Array(changed.utf8), as: "recipe.yaml")
    let other = try ProgramRun("srdist", arguments("run", degraded))
    #expect(other.status == 1)
    // The validation images are others, and both recipes are shown.
    #expect(other.errors.contains("data: SHA-256"), "\(other.errors)")
    for part in ["degradation: {", #""jpeg_range": [30, 95]"#, "there, {", #""jpeg_range": [30, 94]"#] {
      #expect(other.errors.contains(part), "\(part): \(other.errors)")
    }
    let none = try ProgramRun("srdist", arguments("run", ["--augment", "flip"]))
    #expect(none.status == 1)
    #expect(none.errors.contains("there, unset here"), "\(none.errors)")
    // config.yaml shows the recipe, and the report reads it.
    #expect(try folder.text("run/config.yaml").contains(#"degradation: {"betag_range": [0.5, 4], "#))
    let report = try ProgramRun("srdist", ["report", folder.file("run"), "--html", folder.file("page.html")])
    #expect(report.status == 0, "\(report.errors)")
  }

  @Test func badRecipesAreNamed() throws {
    let cases = [
      ("# none\njpeg_range: [95, 30]", "bad.yaml:2: 'jpeg_range': expected [LOWEST, HIGHEST]"),
      ("- 1", "a recipe is a mapping"),
      ("jpeg_range: [30, 95]\njpeg_quality: [1, 2]", "bad.yaml:2: 'jpeg_quality': is not a key"),
      ("jpeg_range: {low: 1}", "bad.yaml:1: 'jpeg_range' needs"),
      ("degradation:\n  jpeg_range: [30, 95]\nblur_sigma: [1, 2]", "bad.yaml:3: 'blur_sigma' stands outside"),
      ("jpeg_range: &a [30, 95]", "is an anchor"), ("epochs: 3", "'epochs': is not a key"),
    ]
    for (text, expected) in cases {
      try folder.write(Array(text.utf8), as: "bad.yaml")
      let run = try ProgramRun("srdist", arguments("bad", ["--degradation", folder.file("bad.yaml")]))
      #expect(run.status == 1)
      #expect(run.errors.contains(expected), "\(text): \(run.errors)")
      #expect(run.errors.components(separatedBy: expected).count == 2, "\(run.errors)")
    }
    let missing = try ProgramRun("srdist", arguments("bad", ["--degradation", folder.file("none.yaml")]))
    #expect(missing.status == 1)
    #expect(missing.errors.contains("none.yaml"), "\(missing.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.file("bad")))
  }

  /// The folder is a function of pictures and seed, and serves as a validation set with the cropped originals.
  /// A dot in a folder's name, or one that is no ending's, belongs to the name.
  @Test func namesKeepTheirDots() throws {
    try folder.makeFolder("in/set.v1")
    let names = ["IMG.001", "IMG.002", "set.v1/a", "set.v1/b.JPG.png"]
    for (number, name) in names.enumerated() {
      var image = RGBImage(width: 32, height: 32)
      image.pixels = Formulas.pair(number, height: 32, width: 32).high
      try ImageFile.writePNG(image, to: folder.file("in/\(name)"))
    }
    let run = try ProgramRun(
      "srdist",
      [
        "degrade", "--input", folder.file("in"), "--output", folder.file("out"), "--hr-output",
        folder.file("hr"),
        "--degradation", folder.file("recipe.yaml"),
      ])
    try #require(run.status == 0, "\(run.errors)")
    for name in ["IMG.001.png", "IMG.002.png", "set.v1/a.png", "set.v1/b.JPG.png"] {
      _ = try ImageFile.read(folder.file("out/\(name)"))
    }
    // They find each other as pairs.
    let measured = try ProgramRun(
      "srdist",
      ["evaluate", "--method", "bicubic", "--input", folder.file("out"), "--reference", folder.file("hr")])
    #expect(measured.status == 0, "\(measured.errors)")
    #expect(measured.output.contains("IMG.001"), "\(measured.output)")
  }

  /// The originals would replace the results: both have the same names.
  @Test func twoNamesOfOneFolderAreRefused() throws {
    try folder.makeFolder("in")
    try folder.makeFolder("there")
    try FileManager.default.createSymbolicLink(
      atPath: folder.file("link"), withDestinationPath: folder.file("there"))
    var image = RGBImage(width: 32, height: 32)
    image.pixels = Formulas.pair(1, height: 32, width: 32).high
    try ImageFile.writePNG(image, to: folder.file("in/a.png"))
    for (output, originals) in [
      ("new", "./new"), ("new", "new/"), ("there", "link"), ("there/x", "link/./x"),
    ] {
      let run = try ProgramRun(
        "srdist",
        [
          "degrade", "--input", folder.file("in"), "--output", folder.file(output), "--hr-output",
          folder.file(originals), "--degradation", folder.file("recipe.yaml"),
        ])
      #expect(run.status == 1 && run.errors.contains("name one folder"), "\(originals): \(run.errors)")
    }
    #expect(try FileManager.default.subpathsOfDirectory(atPath: folder.file("there")).isEmpty)
    #expect(try !folder.names().contains("new"))
  }

  /// The pictures that decoding changes are counted, and one that is too small is told with its own size.
  @Test func whatIsChangedIsTold() throws {
    try folder.makeFolder("in")
    for name in ["rgba8.png", "rgb16.png"] {
      try FileManager.default.copyItem(
        atPath: Repository.file("Tests/SRDataTests/Fixtures/pictures/\(name)"),
        toPath: folder.file("in/\(name)"))
    }
    func degrade(_ output: String) throws -> ProgramRun {
      try ProgramRun(
        "srdist",
        [
          "degrade", "--input", folder.file("in"), "--output", folder.file(output), "--degradation",
          folder.file("recipe.yaml"),
        ])
    }
    let run = try degrade("out")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("warning: 1 picture with transparency"), "\(run.errors)")
    #expect(run.errors.contains("warning: 1 picture of 16 bits per channel"), "\(run.errors)")
    try ImageFile.writePNG(RGBImage(width: 3, height: 2), to: folder.file("in/small.png"))
    let small = try degrade("other")
    #expect(
      small.status == 1 && small.errors.contains("small.png: a picture has 3 x 2 pixels"), "\(small.errors)")
  }

  @Test func aFolderOfDegradedPictures() throws {
    try folder.makeFolder("in")
    try folder.makeFolder("in/below")
    for (number, name) in ["a.png", "below/b.PNG", "c"].enumerated() {
      let (height, width) = (32 + number, 48)
      let pixels = Formulas.pair(number, height: height / 4 * 4, width: width).high
      var image = RGBImage(width: width, height: height)
      image.pixels.replaceSubrange(0..<pixels.count, with: pixels)
      try ImageFile.writePNG(image, to: folder.file("in/\(name)"))
    }
    func degrade(_ output: String, _ more: [String] = []) throws -> ProgramRun {
      try ProgramRun(
        "srdist",
        [
          "degrade", "--input", folder.file("in"), "--output", folder.file(output), "--degradation",
          folder.file("recipe.yaml"),
        ] + more)
    }
    let first = try degrade("lr", ["--hr-output", folder.file("hr"), "--threads", "1"])
    #expect(first.status == 0, "\(first.errors)")
    #expect(first.errors.contains("2 originals were cropped"), "\(first.errors)")
    let second = try degrade("again", ["--threads", "3"])
    #expect(second.status == 0, "\(second.errors)")
    _ = try degrade("other", ["--seed", "1"])
    for name in ["a.png", "below/b.png", "c.png"] {
      let lowRes = try ImageFile.read(folder.file("lr/\(name)"))
      #expect((lowRes.width, lowRes.height) == (12, 8))
      #expect(try lowRes == ImageFile.read(folder.file("again/\(name)")))
      #expect(try lowRes != ImageFile.read(folder.file("other/\(name)")))
      let original = try ImageFile.read(folder.file("hr/\(name)"))
      #expect((original.width, original.height) == (48, 32))
    }
    let third = try degrade("lr")
    #expect(third.status == 1)
    #expect(third.errors.contains("a.png exists; give another folder, or --overwrite"), "\(third.errors)")
    #expect(try degrade("lr", ["--overwrite"]).status == 0)
    // The pictures of the input are never replaced.
    for overwritten in ["in", "in/below/.."] {
      let lost = try degrade(overwritten, ["--overwrite"])
      #expect(lost.status == 1)
      #expect(lost.errors.contains("a.png is a picture of the input, which would be lost"), "\(lost.errors)")
    }
    // Results below the input are no originals the next time.
    #expect(try degrade("in/results").output.contains("3 pictures"))
    #expect(try degrade("in/results", ["--overwrite"]).output.contains("3 pictures"))

    let measured = try ProgramRun(
      "srdist",
      ["evaluate", "--method", "bicubic", "--input", folder.file("lr"), "--reference", folder.file("hr")])
    #expect(measured.status == 0, "\(measured.errors)")
  }
}
