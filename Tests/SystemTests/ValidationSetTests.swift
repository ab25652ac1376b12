import Foundation
import SRCheckpoint
import SRData
import SRReport
import SRTestSupport
import Testing

/// `srdist train --val` and `--best-metric`.
@Suite struct ValidationSetTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 4)
    for name in ["hr", "lr"] { try folder.makeFolder(name) }
    for (index, (width, height)) in [(44, 36), (24, 64), (48, 48)].enumerated() {
      try write(Formulas.pair(index, height: height, width: width), width, height, as: "\(index).png")
    }
  }

  private func write(_ pair: (low: [UInt8], high: [UInt8]), _ width: Int, _ height: Int, as name: String)
    throws
  {
    try ImageFile.writePNG(
      RGBImage(width: width, height: height, pixels: pair.high), to: folder.file("hr/\(name)"))
    try ImageFile.writePNG(
      RGBImage(width: width / 4, height: height / 4, pixels: pair.low), to: folder.file("lr/\(name)"))
  }

  private var pictures: String { "\(folder.file("lr")),\(folder.file("hr"))" }

  private func train(_ run: String, ranks: Int? = nil, epochs: Int = 2, _ more: [String]) throws -> ProgramRun
  {
    try ProgramRun(
      ranks: ranks, "srdist",
      [
        "train", "--features", "16", "--blocks", "1", "--loss", "mse=1", "--data", folder.path, "--output",
        folder.file(run), "--epochs", "\(epochs)", "--batch-size", "3", "--weights-dir", folder.file("none"),
        "--threads", "1", "--samples", "1",
      ] + more)
  }

  private func epochs(_ run: String) throws -> [EpochRecord] {
    try MetricsFile.epochs(folder.file("\(run)/metrics.jsonl"))
  }

  private func best(_ run: String) throws -> CheckpointState {
    try CheckpointDirectory(existing: folder.file("\(run)/checkpoints/best")).verify()
  }

  /// The weights do not depend on the sets, and the numbers are those of `srdist evaluate`, on any number of ranks.
  @Test func setsAreMeasuredAfterEachEpoch() throws {
    let plain = try train("plain", [])
    try #require(plain.status == 0, "\(plain.errors)")
    let run = try train(
      "run", ["--val", "A=\(pictures)", "--val", "B-2=\(pictures)", "--best-metric", "A/ssim"])
    try #require(run.status == 0, "\(run.errors)")
    let (without, with) = (try epochs("plain"), try epochs("run"))
    #expect(with.map(\.weightsSHA256) == without.map(\.weightsSHA256) && with.count == 2)
    #expect(with.allSatisfy { $0.sets == ["A", "B-2"] } && without.allSatisfy { $0.sets.isEmpty })
    let last = try #require(with.last)
    #expect(last.value("A/psnr") == last.value("B-2/psnr") && last.value("A/bicubic_ssim") != nil)
    #expect(
      try folder.text("run/metrics.csv").split(separator: "\n")[0].contains(
        ",A/bicubic_psnr,A/bicubic_ssim,A/psnr,"))
    #expect(run.errors.contains("; A PSNR-Y "), "\(run.errors)")
    #expect(EpochTable.text(with).contains("A PSNR"))
    #expect(try EventReader.values(in: folder.file("run/tensorboard"))["epoch/A/psnr"]?.count == 2)

    let state = try best("run")
    let values = with.compactMap { $0.value("A/ssim") }
    #expect(
      state.best?.metric == "A/ssim" && state.best?.value == values.max() && state.bestMetric == "A/ssim")
    #expect(try folder.text("run/config.yaml").contains("best-metric: A/ssim\n"))

    let evaluation = try ProgramRun(
      "srdist",
      [
        "evaluate", "--weights", folder.file("run/checkpoints/step-\(String(format: "%08d", last.step))"),
        "--input",
        folder.file("lr"), "--reference", folder.file("hr"), "--y-channel", "--json", "--weights-dir",
        folder.file("none"),
      ])
    let psnr = try #require(last.value("A/psnr"))
    #expect(evaluation.output.contains("\"psnr\" : \(psnr)"), "\(evaluation.output)\(evaluation.errors)")

    guard ProgramRun.launcher != nil else { return }
    let ranks = try train("ranks", ranks: 2, ["--val", "A=\(pictures)", "--val", "B-2=\(pictures)"])
    try #require(ranks.status == 0, "\(ranks.errors)")
    let others = try epochs("ranks")
    for (one, two) in zip(with, others) {
      for key in ["A/psnr", "A/ssim", "A/bicubic_psnr", "B-2/psnr"] {
        #expect(one.value(key) == two.value(key))
      }
    }
  }

  /// A resumed run keeps its metric. Another metric judges the best checkpoint anew, from the log.
  @Test func theMetricMayChange() throws {
    let sets = ["--val", "A=\(pictures)"]
    try #require(try train("run", sets + ["--best-metric", "A/psnr"]).status == 0)
    let first = try #require(best("run").best)
    let kept = try train("run", epochs: 3, sets)
    try #require(kept.status == 0, "\(kept.errors)")
    #expect(try best("run").bestMetric == "A/psnr")
    #expect(try folder.text("run/config.yaml").contains("best-metric: A/psnr\n"))
    let bestEpoch = try #require(best("run").best).epoch

    let changed = try train("run", epochs: 4, sets + ["--best-metric", "ssim"])
    try #require(changed.status == 0, "\(changed.errors)")
    #expect(
      changed.errors.contains(
        "the best checkpoint, of epoch \(bestEpoch), was chosen by A/psnr; it stays until an epoch has a better valid_ssim"
      ), "\(changed.errors)")
    let values = try epochs("run").map { $0[.valid, "ssim"] ?? .nan }
    let state = try best("run")
    // The best of all, or an earlier one that was kept: nobody had kept those between.
    let better = values[3] > values[bestEpoch - 1]
    #expect(state.completedEpochs == (better ? 4 : bestEpoch))
    #expect(first.metric == "A/psnr")

    // What the run cannot measure is refused, and so is a resumed metric whose set is missing.
    for (options, said) in [
      (sets + ["--best-metric", "B/psnr"], "there is no set 'B'. Give --val B=LR,HR"),
      (sets + ["--best-metric", "lpips"], "metric lpips is left out"),
    ] {
      let run = try train("run", epochs: 5, options)
      #expect(run.status == 1 && run.errors.contains(said), "\(run.errors)")
    }
  }

  /// Nothing is trained if a set cannot be measured, or if a run resumes with other pictures under the same name.
  @Test func setsThatDoNotFitAreRefused() throws {
    try #require(try train("run", epochs: 1, ["--val", "A=\(pictures)"]).status == 0)
    let log = try folder.text("run/metrics.jsonl")
    try write(Formulas.pair(9, height: 48, width: 48), 48, 48, as: "2.png")
    let changed = try train("run", ["--val", "A=\(pictures)"])
    #expect(
      changed.status == 1 && changed.errors.contains("val: the pictures of A have SHA-256 "),
      "\(changed.errors)")
    #expect(changed.errors.contains("give other pictures another name"), "\(changed.errors)")
    try FileManager.default.removeItem(atPath: folder.file("lr/1.png"))
    for more in [[], ["--dry-run"]] {
      let lonely = try train("run", ["--val", "C=\(pictures)"] + more)
      #expect(
        lonely.status == 1 && lonely.errors.contains("hr has '1', which has no partner"), "\(lonely.errors)")
    }
    #expect(try folder.text("run/metrics.jsonl") == log)
    try FileManager.default.removeItem(atPath: folder.file("hr/1.png"))
    let named = try train("run", ["--val", "C=\(pictures)", "--dry-run"])
    #expect(
      named.status == 0 && named.output.contains("C: 2 pictures up to 48 x 48 (PSNR-Y, 8 bit, border 4"),
      "\(named.errors)")
    #expect(named.output.contains(" for the pictures of --val"), "\(named.output)")
  }
}
