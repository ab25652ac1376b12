import Foundation
import SRCheckpoint
import SRData
import SRFiles
import SRReport
import SRTestSupport
import Testing

/// `srdist train --train-hr`: folders of pictures of any size, unprepared.
@Suite struct FolderTrainingTests {
  private let folder: TemporaryFolder

  /// Four pictures of other sizes, in two folders for each side.
  init() throws {
    folder = try TemporaryFolder()
    for name in ["hr", "lr", "hr2", "lr2"] { try folder.makeFolder(name) }
    for (index, (width, height)) in [(45, 36), (24, 66), (48, 49), (32, 32)].enumerated() {
      let (w, h, side) = (width / 4, height / 4, index == 3 ? "2" : "")
      let pair = Formulas.pair(index, height: h * 4, width: w * 4)
      // The rest of a picture whose sides are no multiples of the scale.
      var high = RGBImage(width: width, height: height)
      for row in 0..<4 * h {
        let bytes = 12 * w
        high.pixels.replaceSubrange(
          row * width * 3..<row * width * 3 + bytes, with: pair.high[row * bytes..<(row + 1) * bytes])
      }
      try ImageFile.writePNG(high, to: folder.file("hr\(side)/\(index).png"))
      try ImageFile.writePNG(
        RGBImage(width: w, height: h, pixels: pair.low), to: folder.file("lr\(side)/\(index)x4.png"))
    }
  }

  private var pairs: [String] {
    [
      "--train-hr", "\(folder.file("hr")),\(folder.file("hr2"))", "--train-lr", folder.file("lr"),
      "--train-lr",
      folder.file("lr2"), "--filename-tmpl", "{}x4",
    ]
  }

  private func arguments(_ run: String, _ more: [String]) -> [String] {
    [
      "train", "--model", "compact", "--features", "16", "--blocks", "1", "--loss", "l1=1", "--patch", "16",
      "--patches-per-image", "3", "--augment", "flip,rot", "--batch-size", "5", "--epochs", "2", "--samples",
      "1", "--weights-dir", folder.file("none"), "--output", folder.file(run),
    ] + more
  }

  private func train(_ run: String, ranks: Int? = nil, status: Int32 = 0, _ more: [String]) throws -> String {
    let result = try ProgramRun(
      ranks: ranks, "srdist", arguments(run, ["--threads", ranks == nil ? "3" : "1"] + more))
    try #require(result.status == status, "\(run): \(result.errors)")
    return result.errors + result.output
  }

  private func hashes(_ run: String) throws -> [String?] {
    try MetricsFile.epochs(folder.file("\(run)/metrics.jsonl")).map(\.weightsSHA256)
  }

  /// The sets of --val alone choose the best checkpoint. Ranks, threads and a kill change no bit; decoded pictures are found again
  /// in a common folder, and go from the run's own.
  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func anyNumberOfRanksGivesTheSameBits() throws {
    let val = ["--val", "A=\(folder.file("lr")),\(folder.file("hr"))"]
    let log = try train("alone", pairs + val)
    #expect(
      log.contains("4 pictures of 32 x 32 to 48 x 48 pixels, 3 patch(es) of 16 x 16 of each: 12 images"),
      "\(log)")
    #expect(log.contains("validating on the pictures of --val alone"))
    let expected = try hashes("alone")
    #expect(expected.count == 2 && expected.allSatisfy { $0 != nil })
    #expect(!FileManager.default.fileExists(atPath: folder.file("alone/data-cache")))
    let state = try CheckpointDirectory(existing: folder.file("alone/checkpoints/best")).verify()
    #expect(state.best?.metric == "A/psnr" && state.bestMetric == "A/psnr")
    let epochs = try MetricsFile.epochs(folder.file("alone/metrics.jsonl"))
    #expect(epochs.allSatisfy { $0.measures(.train) && !$0.measures(.valid) && $0.value("A/psnr") != nil })
    #expect(log.contains("epoch 2/2: loss ") && log.contains("A PSNR-Y "), "\(log)")
    #expect(try folder.text("alone/metrics.csv").split(separator: "\n")[1].contains(",,"))

    // Killed in the second epoch, and resumed by another number of ranks with another place for the pictures.
    let cache = ["--data-cache", folder.file("cache")]
    let run = try RunningProgram(
      ranks: 3, "srdist",
      arguments(
        "killed",
        pairs + cache + [
          "--threads", "1", "--epochs", "100000", "--checkpoint-every", "1",
          "--keep-checkpoints", "100000",
        ]))
    try run.wait(until: {
      FileManager.default.fileExists(atPath: folder.file("killed/checkpoints/step-00000004"))
    })
    for rank in run.ranks { kill(rank, SIGKILL) }
    run.kill(SIGKILL)
    _ = try run.wait()
    _ = try train(
      "killed", ranks: 2, pairs + cache + ["--resume", folder.file("killed/checkpoints/step-00000004")])
    #expect(try hashes("killed") == expected)
    let kept = try FileManager.default.contentsOfDirectory(atPath: folder.file("cache"))
    #expect(kept.count == 1 && PictureLayout.isFileName(kept[0]), "\(kept)")

    // A damaged cache is made anew.
    let path = folder.file("cache/\(kept[0])")
    let bytes = try OpenFile.contents(of: path)
    var damaged = bytes
    damaged[damaged.count - 1000] ^= 1
    try Data(damaged).write(to: URL(fileURLWithPath: path))
    _ = try train("damaged", ranks: 4, pairs + cache)
    #expect(try hashes("damaged") == expected && OpenFile.contents(of: path) == bytes)
  }

  /// A recipe makes the inputs of patches too.
  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func patchesAreDegraded() throws {
    let recipe = try folder.write(
      Array("blur_sigma: [0.2, 3]\nnoise_range: [1, 30]\njpeg_range: [30, 95]\n".utf8), as: "recipe.yaml")
    let originals = ["--train-hr", folder.file("hr"), "--scale", "4", "--max-steps", "4"]
    _ = try train("plain", originals)
    _ = try train("degraded", originals + ["--degradation", recipe])
    _ = try train("ranks", ranks: 2, originals + ["--degradation", recipe])
    let (plain, degraded) = try (hashes("plain"), hashes("degraded"))
    #expect(degraded.count == 2 && degraded.allSatisfy { $0 != nil } && degraded != plain)
    #expect(try hashes("ranks") == degraded)
  }

  /// Low-resolution pictures are made by either filter. Without anything to validate on, a run says so and has no best checkpoint.
  /// BasicSR's names are keys of YAML files.
  @Test func originalsAloneAreEnough() throws {
    let yaml = """
      dataroot_gt: \(folder.file("hr"))
      gt_size: 18
      dataset_enlarge_ratio: 2
      resample: matlab
      scale: 3
      """
    try folder.write(Array(yaml.utf8), as: "a.yaml")
    let more = ["--config", folder.file("a.yaml"), "--patch", "18", "--patches-per-image", "2"]
    let log = try train("run", more)
    #expect(log.contains("(reduced by MATLAB's bicubic): 3 pictures of 24 x 66 to 48 x 48 pixels"), "\(log)")
    #expect(log.contains("no best checkpoint is chosen"), "\(log)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.file("run/checkpoints")).sorted() == [
        "step-00000002", "step-00000004",
      ])
    #expect(try folder.text("run/config.yaml").contains("patches-per-image: 2\n"))
    let plan = try train("plan", more + ["--dry-run"])
    #expect(plan.contains("none: there are no validation images, and no --val"), "\(plan)")
    #expect(!FileManager.default.fileExists(atPath: folder.file("plan")))
    // The other filter makes other pixels.
    let other = try train("run", status: 1, more + ["--resample", "pillow"])
    #expect(other.contains("belongs to another run: data: SHA-256 "), "\(other)")
  }

  /// Everything that a run can be refused for is named before anything is trained, once on any number of ranks.
  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func whatDoesNotFitIsNamed() throws {
    func refusal(_ more: [String] = [], ranks: Int? = nil) throws -> String {
      let text = try train("refused", ranks: ranks, status: 1, pairs + more)
      #expect(!FileManager.default.fileExists(atPath: folder.file("refused")), "\(text)")
      return text
    }
    #expect(
      try refusal(["--patch", "18"]).contains("patch: 18 is no multiple of the scale 4; give 16 or 20"))
    #expect(
      try refusal(["--patch", "32"]).contains("hr/1.png has 24 x 66 pixels, expected at least 32 x 32"))
    #expect(
      try train("judged", status: 1, pairs + ["--best-metric", "psnr"]).contains(
        "there are no validation images"))
    #expect(
      try refusal(["--train-lr", folder.file("lr")]).contains("train-lr has 3 folder(s), and train-hr has 2"))

    let files = FileManager.default
    try files.moveItem(atPath: folder.file("lr/1x4.png"), toPath: folder.file("lr/one.png"))
    let lonely = try refusal(ranks: 2)
    #expect(lonely.contains("hr has '1', which has no partner in"), "\(lonely)")
    #expect(lonely.contains("as the template '{}x4' forms it"), "\(lonely)")
    try files.moveItem(atPath: folder.file("lr/one.png"), toPath: folder.file("lr/1x4.png"))

    let sound = try OpenFile.contents(of: folder.file("lr/1x4.png"))
    try ImageFile.writePNG(RGBImage(width: 6, height: 15), to: folder.file("lr/1x4.png"))
    #expect(
      try refusal().contains(
        "hr/1.png has 24 x 64 pixels (cropped from 24 x 66), expected 24 x 60, 4 times those of "))
    try folder.write(Array(sound.dropLast(30)), as: "lr/1x4.png")
    try folder.write(Array("no picture".utf8), as: "hr/2.png")
    for more in [[], ["--dry-run"]] {
      let broken = try refusal(more, ranks: 3)
      for text in ["2 pictures cannot be used", "lr/1x4.png: damaged PNG", "hr/2.png: neither a PNG"] {
        #expect(broken.components(separatedBy: text).count == 2, "\(broken)")
      }
    }
    try files.removeItem(atPath: folder.file("hr2/3.png"))
    #expect(try refusal().contains("hr2: no PNG, JPEG or .npy file is there"))
  }

  /// Other pixels are another run. Another form of the same pixels is the same run.
  @Test func changedPicturesAreAnotherRun() throws {
    _ = try train("run", pairs + ["--max-steps", "2"])
    let path = folder.file("hr/0.png")
    var picture = try ImageFile.read(path)
    try Data(ImageFile.encodePNG(picture, path: path) + [0, 0]).write(to: URL(fileURLWithPath: path))
    #expect(try train("run", pairs + ["--max-steps", "3"]).contains("step 2 done"))
    picture.pixels[7] ^= 1
    try ImageFile.writePNG(picture, to: path)
    #expect(try train("run", status: 1, pairs).contains("belongs to another run: data: SHA-256 "))
  }

  @Test(.enabled(if: SmallFileSystem.canMount, "SKIPPED: only root can mount a small file system"))
  func aFullDiskIsNamed() throws {
    let disk = try SmallFileSystem(bytes: 16384)
    let text = try train("run", status: 1, pairs + ["--data-cache", disk.folder.path])
    #expect(
      text.contains("data-cache: the decoded pictures cannot be kept: ") && text.contains("bytes are needed"),
      "\(text)")
    #expect(text.contains("--data-cache DIR keeps them in another folder"), "\(text)")
    #expect(try disk.folder.names() == [])
  }

  /// Validation images of prepared data have the patches' size.
  @Test func preparedDataMayValidate() throws {
    try SmallPairs.write(to: folder, count: 3, height: 16, width: 16)
    let log = try train("run", pairs + ["--data", folder.path])
    #expect(log.contains("validating on 3"), "\(log)")
    #expect(try MetricsFile.epochs(folder.file("run/metrics.jsonl")).allSatisfy { $0[.valid, "psnr"] != nil })
    let other = try train("other", status: 1, pairs + ["--data", folder.path, "--patch", "20"])
    #expect(other.contains("Give --patch 16"), "\(other)")
  }

  /// The trace has no phase of decoding after the first step.
  @Test func decodingEndsBeforeTheFirstStep() throws {
    let log = try train("run", pairs + ["--trace", folder.file("trace.json")])
    #expect(log.contains("per step, in ms, over "), "\(log)")
    let object = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.file("trace.json"))))
    let events = try #require((object as? [String: Any])?["traceEvents"] as? [[String: Any]])
    let phases = events.filter { $0["ph"] as? String == "X" }.compactMap { $0["name"] as? String }
    let first = try #require(phases.firstIndex(of: "forward/backward"))
    #expect(phases[..<first].contains("starting") && !phases[first...].contains("starting"), "\(phases)")
  }
}

/// Set14's pictures and their MATLAB-bicubic halves, thirds and quarters, if they are there.
@Suite(
  .enabled(
    if: FileManager.default.fileExists(atPath: SharedData.folder + "/set14"),
    "SKIPPED: there is no Set14 in the shared data"),
  .enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
struct Set14TrainingTests {
  @Test(arguments: [2, 3, 4]) func pairsOfUnlikeSizesTrain(scale: Int) throws {
    let (folder, originals) = (try TemporaryFolder(), SharedData.folder + "/set14")
    try folder.makeFolder("lr")
    for name in try FileManager.default.contentsOfDirectory(atPath: originals) {
      let original = try ImageFile.read("\(originals)/\(name)")
      let (width, height) = (original.width / scale, original.height / scale)
      let reduced = original.cropped(x: 0, y: 0, width: width * scale, height: height * scale)
        .resized(width: width, height: height, by: .matlab)
      try ImageFile.writePNG(reduced, to: folder.file("lr/\(name)"))
    }
    func arguments(_ run: String, _ more: [String]) -> [String] {
      [
        "train", "--model", "compact", "--features", "16", "--blocks", "1", "--loss", "l1=1", "--train-hr",
        originals, "--train-lr", folder.file("lr"), "--patch", "24", "--batch-size", "4", "--epochs", "2",
        "--threads", "1", "--samples", "0", "--data-cache", folder.file("cache"), "--weights-dir",
        folder.file("none"), "--checkpoint-every", "1", "--no-tensorboard", "--output", folder.file(run),
      ] + more
    }
    func hash(_ run: String, ranks: Int?, _ more: [String] = []) throws -> String? {
      let result = try ProgramRun(ranks: ranks, "srdist", arguments(run, more))
      try #require(result.status == 0, "\(result.errors)")
      return try MetricsFile.epochs(folder.file("\(run)/metrics.jsonl")).last?.weightsSHA256
    }
    let expected = try #require(try hash("one", ranks: nil))
    for ranks in scale == 4 ? [2, 3, 4] : [scale] {
      #expect(try hash("\(ranks)", ranks: ranks) == expected, "\(ranks) ranks")
    }
    let killed = try RunningProgram(
      ranks: 2, "srdist", arguments("killed", ["--epochs", "100000", "--keep-checkpoints", "100000"]))
    let checkpoint = folder.file("killed/checkpoints/step-00000005")
    try killed.wait(until: { FileManager.default.fileExists(atPath: checkpoint) })
    for rank in killed.ranks { kill(rank, SIGKILL) }
    killed.kill(SIGKILL)
    _ = try killed.wait()
    #expect(try hash("killed", ranks: nil, ["--resume", checkpoint]) == expected)
  }
}
