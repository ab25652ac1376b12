import SRCheckpoint
import SRReport
import SRTestSupport
import Testing

/// Images that are too small for the windows of a loss or metric. If nothing can be done, there is an error. Otherwise the run
/// leaves out what does not fit. There is never a trap or a meaningless number.
@Suite struct SmallImageTests {
  /// Runs two steps on square images. `folder` also holds the networks' weights.
  private func train(_ folder: TemporaryFolder, side: Int, _ more: [String] = []) throws -> ProgramRun {
    try SmallPairs.write(to: folder, count: 4, height: side, width: side)
    return try ProgramRun(
      "srdist",
      [
        "train", "--model", "vanilla", "--loss", "mse=1", "--data", folder.path, "--output",
        folder.file("run"),
        "--epochs", "1", "--batch-size", "2", "--weights-dir", folder.path,
      ] + more)
  }

  /// Writes files with the names of the LPIPS metric's weights. They are not read if the metric does not fit.
  private func writeStandIns(to folder: TemporaryFolder) throws {
    for name in ["alexnet-torchvision-features", "lpips-v0.1-lin-alex"] {
      try SafetensorsWriter(tensors: [.init(name: "other", shape: [1], values: [0])])
        .write(to: folder.file("\(name).safetensors"))
    }
  }

  private func epoch(_ folder: TemporaryFolder) throws -> EpochRecord {
    let records = try MetricsFile.read(folder.file("run/metrics.jsonl")).compactMap { line -> EpochRecord? in
      if case .epoch(let record) = line { return record }
      return nil
    }
    return try #require(records.last)
  }

  @Test func imagesWithoutSSIMAreRefused() throws {
    let folder = try TemporaryFolder()
    let run = try train(folder, side: 4)
    #expect(run.status != 0 && run.status < 128, "\(run.status)")
    for part in ["hr_train.npy", "at least 6 x 6", "SSIM", "found 4 x 4", "srdist prepare"] {
      #expect(run.errors.contains(part), "\(run.errors)")
    }
  }

  /// The smallest images of all, and the largest that are too small for AlexNet.
  @Test(arguments: [8, 28])
  func theMetricIsLeftOutWhereItsNetworkDoesNotFit(side: Int) throws {
    let folder = try TemporaryFolder()
    try writeStandIns(to: folder)
    let run = try train(folder, side: side)
    try #require(run.status == 0, "\(run.errors)")
    let lines = run.errors.split(separator: "\n").filter { $0.contains("lpips") }
    #expect(lines.count == 1, "\(run.errors)")
    let said =
      "metric lpips is left out: AlexNet needs images of at least 31x31, and the high-resolution images are "
    #expect(lines.first?.contains(said + "\(side)x\(side)") == true, "\(run.errors)")
    let record = try epoch(folder)
    #expect(record[.valid, "lpips"] == nil && record[.valid, "ssim_box"] != nil)
    let similarity = try #require(record[.bicubic, "ssim"])
    #expect(similarity > 0.1 && similarity <= 1)

    let evaluation = try ProgramRun(
      "srdist",
      [
        "evaluate", "--weights", folder.file("run/checkpoints/best"), "--data", folder.path, "--weights-dir",
        folder.path,
      ])
    #expect(evaluation.status == 0, "\(evaluation.errors)")
  }

  @Test(.enabled(if: SharedData.isAvailable, "needs AlexNet's weights in $SRDIST_SHARED_DATA/weights"))
  func theMetricIsThereWhereItsNetworkFits() throws {
    let folder = try TemporaryFolder()
    let run = try train(folder, side: 32, ["--weights-dir", SharedData.weights])
    try #require(run.status == 0, "\(run.errors)")
    #expect(!run.errors.contains("left out"))
    #expect(try epoch(folder)[.valid, "lpips"].map { $0 > 0 } == true)
  }

  @Test(arguments: [
    ("lpips_alex", "AlexNet", 28, 31), ("lpips_squeeze", "SqueezeNet 1.1", 24, 25),
    ("lpips_vgg", "VGG16", 12, 16),
  ])
  func aTermWhoseNetworkDoesNotFitIsRefused(term: String, network: String, side: Int, smallest: Int) throws {
    let folder = try TemporaryFolder()
    let run = try train(folder, side: side, ["--loss", "mse=1,\(term)=1"])
    #expect(run.status != 0 && run.status < 128, "\(run.status)")
    let lines = run.errors.split(separator: "\n").filter { $0.contains("error: ") }
    #expect(lines.count == 1, "\(run.errors)")
    for part in [
      "\(term) ", "\(network) ", "at least \(smallest)x\(smallest)", "are \(side)x\(side)", "--crop",
    ] {
      #expect(run.errors.contains(part), "\(part): \(run.errors)")
    }
  }
}
