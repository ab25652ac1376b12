import Foundation
import SRCheckpoint
import SRTestSupport
import Testing

/// The user's mistakes, and faults outside the program. They give one clear message and a status other than 0, and nothing is
/// lost.
@Suite(.serialized) struct TrainingErrorTests {
  private func arguments(_ folder: TemporaryFolder, _ more: [String]) -> [String] {
    [
      "train", "--model", "vanilla", "--loss", "mse=1", "--data", folder.path, "--output", folder.file("run"),
      "--epochs", "1", "--batch-size", "4", "--weights-dir", folder.path,
    ] + more
  }

  /// Trains in one process, or on several ranks, and returns the one error line.
  private func errorLine(
    _ folder: TemporaryFolder, ranks: Int? = nil, _ more: [String] = []
  ) throws -> String {
    let run = try ProgramRun(ranks: ranks, "srdist", arguments(folder, more))
    #expect(run.status != 0)
    let lines = run.errors.split(separator: "\n").filter { $0.contains("error: ") }
    #expect(lines.count == 1, "\(run.errors)")
    return lines.first.map(String.init) ?? ""
  }

  @Test func unusableSettings() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
    let cases: [(options: [String], said: [String])] = [
      (["--loss", "mes=1"], ["mes", "charbonnier"]),
      (["--epochs", "0"], ["epochs", "from 1 to"]),
      (["--epochs", "\(Int.max)"], ["epochs", "from 1 to"]),
      (["--synthetic-train", "1000000000"], ["synthetic-train", "to 100000"]),
      (["--threads", "5000"], ["threads", "from 1 to 4096"]),
      (["--stall-timeout", "0.5"], ["stall-timeout", "at least 1"]),
      (["--virtual-ranks", "5"], ["4 images cannot be dealt to 5 ranks"]),
      (["--trace", folder.file("hr_train.npy/trace.json")], ["hr_train.npy", "Not a directory"]),
      (["--config", folder.path], ["configuration file", "directory"]),
      (["--output", folder.file("hr_train.npy")], ["hr_train.npy", "Not a directory"]),
      (["--lr-gamma", "2"], ["lr-gamma", "of at most 1"]),
      (["--preset", "hybird"], ["hybird", "hybrid"]),
      (["--loss", "vgg=1"], ["vgg16-torchvision-features", "scripts/fetch-weights", "--weights-dir"]),
      (["--crop", "random"], ["full_train.npy"]),
      (["--reduction", "mpi", "--gradient-dtype", "bfloat16"], ["gradient-dtype"]),
      (["--resume", folder.file("nowhere")], ["nowhere"]),
      (["--data", folder.file("nothing")], ["nothing"]),
      (["--data-cache", folder.file("cache")], ["data-cache belongs to train-hr"]),
      (["--patches-per-image", "4"], ["patches-per-image belongs to train-hr"]),
      (["--output", ""], ["output: a path is needed"]),
      (["--weights-dir", ""], ["weights-dir: a path is needed"]),
    ]
    for (options, said) in cases {
      let line = try errorLine(folder, options)
      for part in said { #expect(line.contains(part), "\(options): \(line)") }
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("run/metrics.jsonl")))
  }

  /// An unset shell variable gives an empty path. Files below it would lie in the root of the file system.
  @Test func emptyPaths() throws {
    let folder = try TemporaryFolder()
    let cases: [(arguments: [String], option: String)] = [
      (arguments(folder, ["--trace", ""]), "--trace"), (arguments(folder, ["--config", ""]), "--config"),
      (["report", folder.path, "--output", ""], "--output"), (["report", ""], "a run"),
      (["prepare", "--input", folder.path, "--output", "", "--train", "1", "--valid", "1"], "--output"),
    ]
    for (arguments, option) in cases {
      let run = try ProgramRun("srdist", arguments)
      #expect(run.status == 64)
      #expect(run.errors.contains("\(option): a path is needed, and it is empty"), "\(run.errors)")
    }
  }

  @Test func unusableConfigurationFile() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
    let cases = [
      ("epoch: 3\n", "did you mean 'epochs'?"), ("epochs: [1, 2]\n", "needs a plain value"),
      ("- epochs\n", "one mapping"), ("epochs: many\n", "from 1 to"), ("epochs: 1\nepochs: 2\n", "YAML"),
    ]
    for (yaml, said) in cases {
      try Data(yaml.utf8).write(to: URL(fileURLWithPath: folder.file("settings.yaml")))
      let line = try errorLine(folder, ["--config", folder.file("settings.yaml")])
      #expect(line.contains(said) && line.contains("settings.yaml"), "\(yaml): \(line)")
    }
  }

  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func errorsOfAllRanksArePrintedOnce() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
    #expect(
      try errorLine(folder, ranks: 3, ["--batch-size", "2"]).contains("2 images cannot be dealt to 3 ranks"))
    let array = URL(fileURLWithPath: folder.file("hr_train.npy"))
    let bytes = try Data(contentsOf: array)
    try bytes.prefix(bytes.count - 100).write(to: array)
    #expect(try errorLine(folder, ranks: 3).contains("hr_train.npy"))
  }

  @Test func weightsThatDoNotFit() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
    try SafetensorsWriter(tensors: [
      .init(name: "conv1.0.weight", shape: [64, 3, 9, 1], values: [Float](repeating: 0, count: 64 * 27)),
      .init(name: "other", shape: [1], values: [0]),
    ]).write(to: folder.file("start.safetensors"))
    let line = try errorLine(folder, ["--init-weights", folder.file("start.safetensors")])
    for part in ["start.safetensors", "conv1.0.weight", "[64, 3, 9, 9]", "other", "conv1.0.bias"] {
      #expect(line.contains(part), "\(part): \(line)")
    }
  }

  /// If the newest checkpoint is truncated, it is skipped, and the run resumes from the one before.
  @Test func damagedCheckpointsArePassedOver() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
    let first = try ProgramRun("srdist", arguments(folder, ["--checkpoint-every", "1"]))
    try #require(first.status == 0, "\(first.errors)")
    let newest = folder.file("run/checkpoints/step-00000003/optimizer.safetensors")
    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: newest))
    try handle.truncate(atOffset: 1000)
    try handle.close()
    try FileManager.default.removeItem(atPath: folder.file("run/checkpoints/best"))
    let second = try ProgramRun("srdist", arguments(folder, ["--checkpoint-every", "1"]))
    #expect(second.status == 0)
    #expect(second.errors.contains("damaged") && second.errors.contains("step-00000003"), "\(second.errors)")
    #expect(second.errors.contains("resuming from \(folder.file("run/checkpoints/step-00000002"))"))
  }

  /// The disk has room for two checkpoints of 19 MB, but not for a third one.
  @Test(
    .enabled(
      if: SmallFileSystem.canMount,
      "needs to mount a small file system: run as root, outside a strict container"))
  func aFullDiskEndsTheRunAndKeepsItsCheckpoints() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
    let disk = try SmallFileSystem(bytes: 48 << 20)
    let run = disk.folder.file("run")
    let line = try errorLine(folder, ["--checkpoint-every", "1", "--output", run, "--samples", "0"])
    #expect(line.contains("No space left on device") && line.contains("step-00000003"), "\(line)")
    let checkpoints = try FileManager.default.contentsOfDirectory(atPath: "\(run)/checkpoints").sorted()
    #expect(checkpoints.filter { $0.hasPrefix("step-") } == ["step-00000001", "step-00000002"])
    let inspection = try ProgramRun("srdist", ["inspect", "\(run)/checkpoints/step-00000002"])
    #expect(inspection.status == 0, "\(inspection.errors)")
  }

  /// Without the check, the first epoch's work would be lost.
  @Test(
    .enabled(
      if: SmallFileSystem.canMount,
      "needs to mount a small file system: run as root, outside a strict container"))
  func aDiskWithoutRoomForACheckpointIsNamedBeforeTheFirstStep() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
    let disk = try SmallFileSystem(bytes: 8 << 20)
    let run = disk.folder.file("run")
    let line = try errorLine(folder, ["--output", run, "--samples", "0"])
    for part in ["cannot write \(run)/checkpoints: No space left on device", "bytes are needed", "are free"] {
      #expect(line.contains(part), "\(line)")
    }
    #expect(!FileManager.default.fileExists(atPath: "\(run)/metrics.jsonl"))
    #expect(!FileManager.default.fileExists(atPath: "\(run)/checkpoints"))
  }
}
