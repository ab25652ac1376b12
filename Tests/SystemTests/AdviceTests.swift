import Foundation
import SRFiles
import SRTestSupport
import Testing

/// An error's advice, followed to the letter, helps and loses nothing.
@Suite(.serialized) struct AdviceTests {
  private let folder: TemporaryFolder
  private var run: String { folder.file("run") }

  init() throws {
    folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
  }

  /// The arguments of a run of two epochs of two steps each. Later options override earlier ones.
  private func arguments(_ more: [String]) -> [String] {
    [
      "train", "--model", "vanilla", "--features", "16", "--blocks", "1", "--loss", "mse=1", "--data",
      folder.path,
      "--batch-size", "6", "--epochs", "2", "--threads", "1", "--samples", "0", "--checkpoint-every", "1",
      "--weights-dir", folder.path, "--output", run,
    ] + more
  }

  private func train(_ more: [String] = []) throws -> String {
    let program = try ProgramRun("srdist", arguments(more))
    try #require(program.status == 0, "\(program.errors)")
    return program.errors
  }

  /// The text of the error that a run ends with.
  private func failure(_ more: [String]) throws -> String {
    let program = try ProgramRun("srdist", arguments(more))
    try #require(program.status != 0, "\(program.errors)")
    return program.errors
  }

  /// The words that follow `start` in a text, up to `end`.
  private func words(of text: String, after start: String, to end: String) throws -> [String] {
    let rest = try #require(text.components(separatedBy: start).dropFirst().first, "\(text)")
    let part = try #require(rest.components(separatedBy: end).first)
    return part.split(whereSeparator: \.isWhitespace).map { $0.trimmingCharacters(in: ["'"]) }
  }

  private var checkpoints: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: "\(run)/checkpoints").filter {
        $0.hasPrefix("step")
      }
      .sorted()
    }
  }

  /// A run resumed from its best checkpoint would lose all later steps.
  @Test func aRunsFolderIsNoCheckpoint() throws {
    _ = try train(["--max-steps", "3"])
    let text = try failure(["--resume", run])
    let advice = try words(of: text, after: "to resume the run, give ", to: "\n").filter { $0 != "and" }
    #expect(advice == ["--output", run, "--resume", "auto"])
    #expect(try train(advice).contains("resuming from \(run)/checkpoints/step-00000003"))
  }

  /// The command that named a checkpoint would go back to it.
  @Test func aStoppedRunThatBeganAtACheckpoint() throws {
    let long = ["--epochs", "100000"]
    _ = try train(long + ["--max-steps", "2"])
    let command = long + ["--resume", "\(run)/checkpoints/step-00000001"]
    let program = try RunningProgram("srdist", arguments(command))
    try program.wait(until: { checkpoint(after: 2) != nil })
    program.kill(SIGUSR1)
    let stopped = try program.wait()
    try #require(stopped.status == 75, "\(stopped.errors)")
    let advice = try words(of: stopped.errors, after: "repeat the command with ", to: " to resume")
    let last = try #require(checkpoint(after: 2))
    let steps = String(try #require(Int(last.dropFirst("step-".count))) + 1)
    #expect(
      try train(command + advice + ["--max-steps", steps]).contains(
        "resuming from \(run)/checkpoints/\(last)"))
  }

  /// The newest checkpoint, if it is of a later step.
  private func checkpoint(after step: Int) -> String? {
    guard let last = try? checkpoints.last, let found = Int(last.dropFirst("step-".count)) else { return nil }
    return found > step ? last : nil
  }

  @Test func aRunThatIsThereAlready() throws {
    _ = try train(["--max-steps", "3"])
    let advice = try words(of: try failure(["--resume", "never"]), after: "resume it with ", to: ",")
    #expect(try train(advice).contains("step-00000003"))
    _ = try train(["--output", folder.file("another"), "--resume", "never", "--max-steps", "1"])
  }

  @Test func aRunWithoutUsableCheckpoints() throws {
    _ = try train(["--max-steps", "2"])
    for name in try FileManager.default.contentsOfDirectory(atPath: "\(run)/checkpoints") {
      try Data("damaged".utf8).write(to: URL(fileURLWithPath: "\(run)/checkpoints/\(name)/checksums.json"))
    }
    let text = try failure([])
    #expect(!text.contains("remove"), "\(text)")
    let advice = try words(of: text, after: "or move ", to: " to another place")
    try DirectoryCalls.rename(advice[0], to: folder.file("kept"))
    _ = try train()
  }

  @Test func gradientsOfAResumedRun() throws {
    _ = try train(["--max-steps", "1"])
    let option = ["--dump-gradients", folder.file("gradients.safetensors")]
    let text = try failure(option)
    #expect(text.contains("leave out --dump-gradients to resume it"), "\(text)")
    #expect(try train().contains("resuming from"))
  }

  @Test func aLineOfTheLogThatIsNone() throws {
    _ = try train(["--max-steps", "3"])
    let log = "\(run)/metrics.jsonl"
    var lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map(String.init)
    lines.insert("{\"step\": 1, \"lo", at: 2)
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: log))
    let text = try failure([])
    let number = try #require(Int(try words(of: text, after: "metrics.jsonl, line ", to: ":")[0]))
    #expect(text.contains("keep a copy of the file, and remove this line alone"), "\(text)")
    lines.remove(at: number - 1)
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: log))
    #expect(try train().contains("step-00000003"))
    #expect(try ProgramRun("srdist", ["report", run]).status == 0)
  }

  @Test func weightsOfAnotherNetwork() throws {
    _ = try train(["--max-steps", "1", "--features", "32", "--blocks", "2", "--attention", "se(16)"])
    let other = ["--output", folder.file("other"), "--init-weights", "\(run)/checkpoints/step-00000001"]
    let advice = try words(of: try failure(other), after: "another network: ", to: ", or leave out")
    let options = try #require(advice.firstIndex(of: "Give").map { Array(advice[($0 + 1)...]) }, "\(advice)")
    _ = try train(other + options + ["--max-steps", "1"])
  }

  @Test func aLossWhoseWeightsAreMissing() throws {
    let preset = ["--preset", "hybrid", "--loss", "vgg=1", "--max-steps", "1"]
    let loss = try words(of: try failure(preset), after: "--loss ", to: " needs none")
    _ = try train(preset + ["--loss"] + loss)
  }

  /// `best-perceptual` has a few epochs, for a network that `best` has trained.
  @Test func aPresetThatTrainsAnotherRunFurther() throws {
    let preset = ["--preset", "best-perceptual", "--max-steps", "1"]
    let warning =
      "--preset best-perceptual is made to train a run of --preset best further, and no --init-weights names one"
    #expect(try train(preset).contains(warning))
    #expect(try train(preset + ["--dry-run"]).contains(warning))
    let further = ["--output", folder.file("further"), "--init-weights", run]
    #expect(try !train(preset + further).contains("--init-weights"))
    #expect(
      try !train(["--preset", "best", "--output", folder.file("best"), "--max-steps", "1"]).contains(
        "--init-weights"))
  }

  @Test func aLearningRateThatIsTooHigh() throws {
    let text = try failure(["--learning-rate", "1e30"])
    #expect(text.contains("not finite") && text.contains("another --output"), "\(text)")
    _ = try train(["--learning-rate", "1e-4", "--output", folder.file("another"), "--max-steps", "1"])
  }

  /// A gradient may be finite, and its update not. No later step would notice.
  @Test func anUpdateThatIsNotFinite() throws {
    let text = try failure(["--learning-rate", "1e300", "--max-steps", "1"])
    #expect(
      text.contains("step 1: the weight ") && text.contains("is not finite after the update"), "\(text)")
    #expect(try checkpoints.isEmpty)
    _ = try train(["--learning-rate", "1e-4", "--output", folder.file("another"), "--max-steps", "1"])
  }

  /// Arrays without full images may be somebody's only ones. So they are not to be replaced.
  @Test func freshCropsOfDataWithoutFullImages() throws {
    let text = try failure(["--crop", "random"])
    #expect(text.contains("`srdist prepare --keep-full` writes it. Prepare into a new folder"), "\(text)")
  }
}
