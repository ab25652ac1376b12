import Foundation
import SRData
import SRFiles
import SRReport
import SRTestSupport
import SRTraining
import Testing

/// A run whose folder has a name of unusual characters is trained, reported, evaluated and repeated.
@Suite struct ReportTests {
  @Test(arguments: [
    "my_run^2 {a} @b &c ~d %e #f $g", "it's \"q\" `touch pwned` \\ ; rm", "two\nlines\tand tabs", "-é 中 😀",
  ])
  func namesOfAnyCharacters(name: String) throws {
    let folder = try TemporaryFolder()
    let data = folder.file("data \(name)")
    try folder.makeFolder("data \(name)")
    try SmallPairs.write(to: folder, count: 2)
    for file in try folder.names() where file.hasSuffix(".npy") {
      try FileManager.default.moveItem(atPath: folder.file(file), toPath: "\(data)/\(file)")
    }
    let run = folder.file(name)
    let training = try ProgramRun(
      "srdist",
      [
        "train", "--model", "vanilla", "--loss", "mse=1", "--data", data, "--epochs", "1", "--batch-size",
        "2",
        "--threads", "1", "--weights-dir", "\(run)/none", "--output", run, "--trace", "\(run)/trace.json",
      ])
    try #require(training.status == 0, "\(training.errors)")

    let read = try TrainingConfiguration(layers: [SettingLayer(file: "\(run)/config.yaml")])
    #expect(read.data == data && read.weightsDir == "\(run)/none")
    _ = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(fileURLWithPath: "\(run)/trace.json")))

    let report = try ProgramRun("srdist", ["report", run])
    #expect(report.status == 0 && report.output.contains(name.onOneLine), "\(report.output)\(report.errors)")
    if Gnuplot.isInstalled { #expect(try ImageFile.read("\(run)/curves.png").width >= 1000) }

    let evaluation = try ProgramRun(
      "srdist",
      [
        "evaluate", "--weights", "\(run)/checkpoints/best", "--data", data, "--weights-dir", "\(run)/none",
        "--json",
      ])
    try #require(evaluation.status == 0, "\(evaluation.errors)")
    let result = try ReadableJSON.decode(EvaluationRun.Result.self, from: evaluation.output.utf8)
    #expect(result.weights == "\(run)/checkpoints/best/model.safetensors" && result.data == "\(data) (valid)")
    let again = try ProgramRun("srdist", ["train", "--config", "\(run)/config.yaml", "--output", run])
    #expect(again.status == 0 && again.errors.contains("the run is complete"), "\(again.errors)")
  }

  /// The folder is the first word of gnuplot's command line and of its strings.
  @Test(
    .enabled(if: Gnuplot.isInstalled, "gnuplot is not installed"), arguments: ["-x", "~", "|cat", "<cat"])
  func relativePathsThatLookLikeSomethingElse(name: String) throws {
    let folder = try TemporaryFolder()
    let plot = CurvePlot([CurveSeries(name: name, epochs: [.init(named: 1)])])
    try folder.makeFolder(name)
    try folder.write(Array(plot.script(pngPath: "\(name)/curves.png").utf8), as: "\(name)/curves.gp")
    let command =
      "cd \(ShellWord.quoted(folder.path)) && gnuplot \(ShellWord.quoted(Gnuplot.path("\(name)/curves.gp")))"
    let run = try ChildRun("/usr/bin/env", ["bash", "-c", command])
    #expect(run.status == 0, "\(run.errors)")
    #expect(try ImageFile.read(folder.file("\(name)/curves.png")).width >= 1000)
  }
}

extension EpochRecord {
  fileprivate init(named epoch: Int) {
    self.init(
      epoch: epoch, step: epoch, trainLoss: 0.5, validLoss: 0.25, seconds: 1, weightsSHA256: "",
      trainTerms: [:],
      validTerms: [:], train: ["psnr": 20, "ssim": 0.5], valid: ["psnr": 21, "ssim": 0.5],
      bicubic: ["psnr": 20, "ssim": 0.5])
  }
}
