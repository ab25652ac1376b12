import SRData
import SRReport
import SRTestSupport
import SRTraining
import Testing

/// Runs with the settings of other trainers' recipes.
@Suite struct RecipeTests {
  private func finalHash(_ folder: TemporaryFolder, _ name: String) throws -> String {
    let hashes = try MetricsFile.read(folder.file("\(name)/metrics.jsonl")).compactMap { line -> String? in
      if case .step(let record) = line { return record.weightsSHA256 }
      return nil
    }
    return try #require(hashes.last)
  }

  /// The optimizer, clipping, the schedule, the orientations and the losses keep the promise.
  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func anyNumberOfRanksGivesTheSameBits() throws {
    let folder = try TemporaryFolder()
    func train(_ name: String, ranks: Int?, _ more: [String]) throws -> String {
      let run = try ProgramRun(
        ranks: ranks, "srdist",
        [
          "train", "--model", "compact", "--features", "16", "--blocks", "2", "--scale", "4",
          "--synthetic-train",
          "10", "--synthetic-valid", "2", "--batch-size", "4", "--max-steps", "7", "--samples", "0",
          "--loss", "l1=1,ms_ssim=0.2,consistency=0.5", "--optimizer", "adamw", "--weight-decay", "0.1",
          "--betas", "0.9,0.99", "--clip-grad-norm", "0.05", "--augment", "flip,rot", "--lr-schedule",
          "multistep", "--lr-unit", "steps", "--lr-milestones", "3,5", "--warmup-steps", "2",
          "--weights-dir", folder.path, "--output", folder.file(name),
        ] + more)
      try #require(run.status == 0, "\(name): \(run.errors)")
      return try finalHash(folder, name)
    }
    let alone = try train("alone", ranks: nil, ["--threads", "2"])
    #expect(try train("ranks", ranks: 3, ["--threads", "1"]) == alone)
    // Within the second epoch, and beyond a milestone.
    _ = try train("halves", ranks: 2, ["--threads", "1", "--max-steps", "4"])
    #expect(try train("halves", ranks: nil, ["--threads", "1"]) == alone)
    // The gradient's norm is above the limit, so the limit matters.
    #expect(try train("unclipped", ranks: nil, ["--threads", "2", "--clip-grad-norm", "0"]) != alone)

    let epochs = try MetricsFile.read(folder.file("alone/metrics.jsonl")).compactMap { line -> EpochRecord? in
      if case .epoch(let record) = line { return record }
      return nil
    }
    let measured = try #require(epochs.last?[.valid, "lr_psnr"])
    #expect(measured > 15 && measured < 100)
  }

  /// Real-ESRGAN's degradations: the originals alone, and a validation set whose names follow a template.
  @Test func importedDegradationsTrain() throws {
    let folder = try TemporaryFolder()
    for path in ["DF2K", "val/HR", "val/LR"] { try folder.makeFolder("datasets/\(path)") }
    for index in 0..<3 {
      let pair = Formulas.pair(index, height: 64 + 4 * index, width: 64)
      let (high, low) = (index < 2 ? "DF2K/\(index)" : "val/HR/a", "val/LR/ax4")
      try ImageFile.writePNG(
        RGBImage(width: 64, height: 64 + 4 * index, pixels: pair.high),
        to: folder.file("datasets/\(high).png"))
      try ImageFile.writePNG(
        RGBImage(width: 16, height: 16 + index, pixels: pair.low), to: folder.file("datasets/\(low).png"))
    }
    let options = try BasicSRExample.realESRNet().replacing("datasets/", with: "\(folder.file("datasets"))/")
    try folder.write(Array(options.utf8), as: "realesrnet.yml")
    let run = try ProgramRun(
      "srdist", ["import-config", folder.file("realesrnet.yml"), "-o", folder.file("srdist.yaml")])
    try #require(run.status == 0, "\(run.errors)")
    #expect(
      run.errors.contains(": gt_usm: is left out: srdist does not sharpen the originals"), "\(run.errors)")
    let trained = try ProgramRun(
      "srdist",
      [
        "train", "--config", folder.file("srdist.yaml"), "--threads", "2", "--weights-dir", folder.path,
        "--output", folder.file("run"),
      ])
    try #require(trained.status == 0, "\(trained.errors)")
    let last = try #require(try MetricsFile.epochs(folder.file("run/metrics.jsonl")).last)
    #expect(last.step == 2 && last.value("validation/psnr") != nil)
    #expect(try folder.text("run/config.yaml").contains(#""second_blur_prob": 0.8"#))
  }

  @Test func anImportedOptionFileTrains() throws {
    let folder = try TemporaryFolder()
    // The option file's folders, with tiny pictures.
    for (place, names) in [("DIV2K/HR_sub", 0..<3), ("Set5/GTmod12", 3..<5)] {
      let low = place == "DIV2K/HR_sub" ? "DIV2K/LR_bicubic_X4_sub" : "Set5/LRbicx4"
      for path in [place, low] { try folder.makeFolder("datasets/\(path)") }
      for index in names {
        let (width, height) = (48 - 8 * (index % 2), 40 + 4 * index)
        let pair = Formulas.pair(index, height: height, width: width)
        try ImageFile.writePNG(
          RGBImage(width: width, height: height, pixels: pair.high),
          to: folder.file("datasets/\(place)/\(index).png"))
        try ImageFile.writePNG(
          RGBImage(width: width / 4, height: height / 4, pixels: pair.low),
          to: folder.file("datasets/\(low)/\(index).png"))
      }
    }
    let options = BasicSRExample.yaml.replacing("datasets/", with: "\(folder.file("datasets"))/")
      .replacing("gt_size: 128", with: "gt_size: 32").replacing("val_freq: !!float 5e3", with: "val_freq: 3")
    try folder.write(Array(options.utf8), as: "basicsr.yml")
    let arguments = ["import-config", folder.file("basicsr.yml"), "-o", folder.file("srdist.yaml")]
    let run = try ProgramRun("srdist", arguments)
    #expect(run.status == 0)
    #expect(run.errors.contains(": train.gan_opt.type: has no counterpart"), "\(run.errors)")
    #expect(run.output.contains("written: "))

    let again = try ProgramRun("srdist", arguments)
    #expect(again.status == 1 && again.errors.contains("is there already"))

    let trained = try ProgramRun(
      "srdist",
      [
        "train", "--config", folder.file("srdist.yaml"), "--threads", "2", "--weights-dir", folder.path,
        "--output", folder.file("run"),
      ])
    try #require(trained.status == 0, "\(trained.errors)")
    // Set5 is measured every three steps, and after the last one.
    let validations = try MetricsFile.epochs(folder.file("run/metrics.jsonl"))
    #expect(validations.map(\.step) == [3, 6, 7] && validations.allSatisfy { $0.value("Set5/psnr") != nil })
    let rates = try MetricsFile.read(folder.file("run/metrics.jsonl")).compactMap { line -> Double? in
      if case .step(let record) = line { return record.learningRate }
      return nil
    }
    // The first step is in the warm-up. The fifth step ends the first period.
    #expect(rates.count == 7 && abs(rates[0] - 1e-4) < 1e-9 && abs(rates[4] - 1e-5) < 1e-9, "\(rates)")

    // The recipe of a file whose network srdist does not have.
    try folder.write(Array(BasicSRExample.gfpgan().utf8), as: "gfpgan.yml")
    let whole = try ProgramRun("srdist", ["import-config", folder.file("gfpgan.yml")])
    #expect(whole.status == 1 && whole.errors.contains("--degradation-only"), "\(whole.errors)")
    let recipe = try ProgramRun(
      "srdist",
      ["import-config", folder.file("gfpgan.yml"), "--degradation-only", "-o", folder.file("gfpgan.yaml")])
    #expect(recipe.status == 0 && recipe.output.contains("; 1 note\n"), "\(recipe.output)")
    let greyed = try ProgramRun(
      "srdist",
      [
        "train", "--model", "compact", "--features", "16", "--blocks", "1", "--synthetic-train", "4",
        "--synthetic-valid", "2", "--batch-size", "2", "--max-steps", "2", "--samples", "0", "--loss", "l1=1",
        "--weights-dir", folder.path, "--degradation", folder.file("gfpgan.yaml"), "--output",
        folder.file("gfpgan"),
      ])
    #expect(greyed.status == 0, "\(greyed.errors)")

    let refused = try ProgramRun("srdist", ["import-config", folder.file("srdist.yaml")])
    #expect(refused.status == 1 && refused.output.isEmpty)
    #expect(refused.errors.contains("has no network_g or no train"))
  }
}
