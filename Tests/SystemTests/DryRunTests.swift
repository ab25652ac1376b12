import SRData
import SRTestSupport
import Testing

@Suite struct DryRunTests {
  /// The plan counts the samples of an epoch: the stored pairs, or one fresh crop of each full image.
  @Test(arguments: [
    ("stored", "epochs of 3 steps, batch 4 (the last 4)"),
    ("random", "epochs of 2 steps, batch 4 (the last 1)"),
  ])
  func countsTheStepsOfTheRun(crop: String, said: String) throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 12)
    let full = try NumPyWriter(path: folder.file("full_train.npy"), shape: [5, 64, 64, 3])
    for k in 0..<5 { try full.append([UInt8](repeating: UInt8(40 * k), count: 64 * 64 * 3)) }
    _ = try full.finish()
    let arguments = [
      "train", "--model", "vanilla", "--loss", "mse=1", "--data", folder.path, "--output", folder.file("run"),
      "--epochs", "2", "--batch-size", "4", "--crop", crop,
    ]
    let plan = try ProgramRun("srdist", arguments + ["--dry-run"])
    #expect(plan.status == 0 && plan.output.contains(said), "\(plan.output)\(plan.errors)")
    let run = try ProgramRun("srdist", arguments + ["--samples", "0"])
    #expect(run.status == 0, "\(run.errors)")
    let steps = try folder.text("run/metrics.jsonl").split(separator: "\n").filter {
      $0.contains(#""kind":"step""#)
    }
    #expect(plan.output.contains("\(steps.count) in all"), "\(plan.output)")
  }

  /// What the run would refuse at its start.
  @Test func findsAPlaceThatCannotBeWritten() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("hr")
    var image = RGBImage(width: 32, height: 32)
    image.pixels = Formulas.pair(1, height: 32, width: 32).high
    try ImageFile.writePNG(image, to: folder.file("hr/a.png"))
    try folder.write([1], as: "file")
    let run = try ProgramRun(
      "srdist",
      [
        "train", "--model", "compact", "--features", "16", "--blocks", "1", "--loss", "mse=1", "--train-hr",
        folder.file("hr"), "--patch", "32", "--batch-size", "1", "--output", folder.file("run"),
        "--data-cache",
        folder.file("file"), "--dry-run",
      ])
    #expect(run.status == 1 && run.errors.contains("data-cache: "), "\(run.errors)")
  }
}
