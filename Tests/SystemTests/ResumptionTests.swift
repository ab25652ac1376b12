import Foundation
import SRData
import SRFiles
import SRReport
import SRTestSupport
import Testing

/// What a run resumes from, and what it refuses to resume from. The built program runs twice with one folder.
@Suite(.serialized) struct ResumptionTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
  }

  /// The arguments of a run of two epochs of two steps each.
  private func arguments(_ more: [String] = []) -> [String] {
    [
      "train", "--model", "vanilla", "--loss", "mse=1", "--data", folder.path, "--batch-size", "6",
      "--epochs", "2",
      "--threads", "1", "--samples", "0", "--weights-dir", folder.path, "--output", folder.file("run"),
    ] + more
  }

  private func train(_ more: [String] = [], status: Int32 = 0) throws -> String {
    let run = try ProgramRun("srdist", arguments(more))
    try #require(run.status == status, "\(run.errors)")
    return run.errors
  }

  /// The epochs in the log.
  private var loggedEpochs: [Int] {
    get throws { try MetricsFile.epochs(folder.file("run/metrics.jsonl")).map(\.epoch) }
  }

  private func checkpoint(_ step: Int) -> String { folder.file("run/checkpoints/step-0000000\(step)") }

  /// Flips one bit of a file, `distance` bytes from its end.
  private func damage(_ path: String, fromEnd distance: Int = 100) throws {
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes[bytes.count - distance] ^= 1
    try bytes.write(to: URL(fileURLWithPath: path))
  }

  /// The checkpoint of an epoch's last step is written before the epoch's validation, and again after it.
  @Test func aFinishedRunKeepsItsLastEpoch() throws {
    _ = try train(["--checkpoint-every", "2"])
    let log = try folder.text("run/metrics.jsonl")
    #expect(try loggedEpochs == [1, 2])
    #expect(try train(["--checkpoint-every", "2"]).contains("the run is complete"))
    #expect(try folder.text("run/metrics.jsonl") == log)
  }

  /// A stop that is requested during an epoch's last step comes before the epoch's validation. The resumed run validates.
  @Test func aRunStoppedAfterItsLastStepIsValidatedLater() throws {
    // There is one step. It and the validation take seconds.
    let settings = ["--epochs", "1", "--batch-size", "36"]
    try SmallPairs.write(to: folder, count: 36, height: 128, width: 128)
    let program = try RunningProgram("srdist", arguments(settings))
    // The last file that is written before the first step.
    try program.wait(until: { FileManager.default.fileExists(atPath: folder.file("run/config.yaml")) })
    // What comes before the step takes less.
    let start = program.processorSeconds
    try program.wait(until: { program.processorSeconds > start + 0.5 })
    program.kill(SIGUSR1)
    let stopped = try program.wait()
    try #require(stopped.status == 75, "\(stopped.errors)")
    #expect(try loggedEpochs == [])
    _ = try train(settings)
    #expect(try loggedEpochs == [1])
    #expect(FileManager.default.fileExists(atPath: folder.file("run/checkpoints/best")))
  }

  /// A run that is killed between two renames leaves its only checkpoint under another name. The next run finds it.
  @Test func aCheckpointThatSteppedAsideIsFound() throws {
    _ = try train(["--max-steps", "1"])
    let files = FileManager.default
    try files.moveItem(
      atPath: checkpoint(1), toPath: folder.file("run/checkpoints/.step-00000001.replaced-77"))
    #expect(try train(["--max-steps", "1"]).contains("resuming from \(checkpoint(1))"))
  }

  @Test func aRunOfWhichNoCheckpointVerifiesIsNotOverwritten() throws {
    _ = try train(["--max-steps", "1"])
    try damage("\(checkpoint(1))/model.safetensors")
    let log = try folder.text("run/metrics.jsonl")
    let errors = try train(["--max-steps", "1"], status: 1)
    #expect(errors.contains("no checkpoint in \(folder.file("run/checkpoints")) can be used"), "\(errors)")
    #expect(errors.contains("step-00000001"), "\(errors)")
    #expect(try folder.text("run/metrics.jsonl") == log)
  }

  /// Fresh crops do not come from the files of the stored pairs, so the full images are compared too.
  @Test func otherFullImagesAreAnotherRun() throws {
    let full = try NumPyWriter(path: folder.file("full_train.npy"), shape: [12, 40, 60, 3])
    for k in 0..<12 { try full.append(Formulas.pair(k, height: 40, width: 60).high) }
    _ = try full.finish()
    let settings = ["--crop", "random", "--max-steps", "1"]
    _ = try train(settings)
    try damage(folder.file("full_train.npy"))
    #expect(try train(settings, status: 1).contains("data: SHA-256"))
  }

  /// If they stayed, a run that is killed would resume from a later step that its log no longer has.
  @Test func goingBackRemovesTheCheckpointsAfterIt() throws {
    let every = ["--checkpoint-every", "1", "--keep-checkpoints", "9"]
    _ = try train(every)
    let back = every + ["--max-steps", "2", "--resume", checkpoint(1)]
    #expect(try train(back).contains("removed 4 checkpoint(s) of later steps than 1"))
    #expect(try loggedEpochs == [1])
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("run/checkpoints")).sorted()
    #expect(names == ["best", "step-00000001", "step-00000002"])
  }

  /// The best checkpoint of another folder's run is not in this folder.
  @Test func aRunFromAnotherFoldersCheckpointKeepsItsOwnBest() throws {
    _ = try train(["--epochs", "1"])
    let other = folder.file("other")
    _ = try train(["--output", other, "--resume", checkpoint(2)])
    #expect(FileManager.default.fileExists(atPath: "\(other)/checkpoints/best/model.safetensors"))
    // A second time this would cut the log of the run that is there now.
    let errors = try train(["--output", other, "--resume", checkpoint(2)], status: 1)
    #expect(errors.contains("\(other) holds a run already"), "\(errors)")
  }

  /// A job that is started again gives --resume auto. It must not begin anew because the first start made no step.
  @Test func aRunFromAnotherFoldersCheckpointHasACopyOfIt() throws {
    _ = try train(["--max-steps", "1"])
    let other = folder.file("other")
    let said = try train(["--output", other, "--resume", checkpoint(1), "--max-steps", "1"])
    #expect(said.contains("the run is complete"), "\(said)")
    let resumed = try train(["--output", other, "--max-steps", "2"])
    #expect(resumed.contains("resuming from \(other)/checkpoints/step-00000001"), "\(resumed)")
  }

  /// The best weights of a run that goes back may be gone. Then later ones, which may be worse, are the best that there are.
  @Test func aBestCheckpointThatIsGoneIsAWarning() throws {
    _ = try train(["--epochs", "1"])
    let best = "the best checkpoint until then, of epoch 1 "
    let other = ["--output", folder.file("other"), "--resume", checkpoint(2)]
    #expect(try train(other).contains(best))
    #expect(try !train().contains(best))
  }

  /// Without its checkpoints, a run would begin anew and cut its log.
  @Test func theLogOfARunWithoutCheckpointsIsNotOverwritten() throws {
    _ = try train()
    try FileManager.default.removeItem(atPath: folder.file("run/checkpoints"))
    let log = try folder.text("run/metrics.jsonl")
    let errors = try train(status: 1)
    #expect(errors.contains("run has the log of 2 checkpoints and holds none"), "\(errors)")
    #expect(try folder.text("run/metrics.jsonl") == log)
    // A run that was killed in its first epoch has lost nothing that is worth keeping.
    let steps = log.split(separator: "\n").filter { !$0.contains(#""kind":"epoch""#) }
    try Data((steps.joined(separator: "\n") + "\n").utf8).write(
      to: URL(fileURLWithPath: folder.file("run/metrics.jsonl")))
    _ = try train()
  }

  /// Settings that somebody has written may lie where a run writes its own.
  @Test func settingsThatNoRunHasWrittenAreNotOverwritten() throws {
    try folder.makeFolder("run")
    let mine = Array("# Mine.\nepochs: 1\n".utf8)
    try folder.write(mine, as: "run/config.yaml")
    for more in [[], ["--dry-run"]] {
      let errors = try train(["--config", folder.file("run/config.yaml")] + more, status: 1)
      #expect(errors.contains("run/config.yaml was not written by a run"), "\(errors)")
    }
    #expect(try folder.text("run/config.yaml") == String(decoding: mine, as: UTF8.self))
    let elsewhere = folder.file("elsewhere")
    _ = try train(["--config", folder.file("run/config.yaml"), "--output", elsewhere])
    _ = try train(["--config", "\(elsewhere)/config.yaml", "--output", elsewhere])
  }

  /// A run's start is what its file of weights holds, whatever the file is called.
  @Test func weightsAreComparedByContent() throws {
    _ = try train(["--max-steps", "1", "--output", folder.file("first")])
    _ = try train(["--max-steps", "2", "--output", folder.file("second")])
    func take(_ run: String, _ step: Int) throws {
      try? FileManager.default.removeItem(atPath: folder.file("w.safetensors"))
      try FileManager.default.copyItem(
        atPath: folder.file("\(run)/checkpoints/step-0000000\(step)/model.safetensors"),
        toPath: folder.file("w.safetensors"))
    }
    try take("first", 1)
    let weights = folder.file("w.safetensors")
    _ = try train(["--max-steps", "1", "--init-weights", weights])
    try FileManager.default.copyItem(atPath: weights, toPath: folder.file("copy.safetensors"))
    for same in [
      weights, "\(folder.path)/./w.safetensors", "\(folder.path)//run/../w.safetensors",
      folder.file("copy.safetensors"),
      folder.file("first/checkpoints/step-00000001"),
    ] {
      #expect(
        try train(["--max-steps", "1", "--init-weights", same]).contains("the run is complete"), "\(same)")
    }
    try take("second", 2)
    let refused = try train(["--max-steps", "1", "--init-weights", weights], status: 1)
    let hashes = refused.matches(
      of: /weights of SHA-256 ([0-9a-f]{12})\.\.\. there .*, ([0-9a-f]{12})\.\.\. here/)
    #expect(hashes.count == 1 && hashes[0].1 != hashes[0].2, "\(refused)")
    #expect(
      try train(["--max-steps", "1"], status: 1).contains("init-weights: \(weights) there, unset here"))
  }

  /// Older checkpoints do not say what the file held. Then its place counts, but not the spelling of the place.
  @Test func weightsOfAnOlderRunAreComparedByPlace() throws {
    _ = try train(["--max-steps", "1", "--output", folder.file("first")])
    let weights = folder.file("first/checkpoints/step-00000001/model.safetensors")
    _ = try train(["--max-steps", "1", "--init-weights", weights])
    let state = try folder.text("run/checkpoints/step-00000001/state.json")
    let lines = state.split(separator: "\n", omittingEmptySubsequences: false)
    let old = lines.filter { !$0.contains("init_weights_sha256") }.joined(separator: "\n")
    try #require(old != state)
    try folder.write(Array(old.utf8), as: "run/checkpoints/step-00000001/state.json")
    let sums = try folder.text("run/checkpoints/step-00000001/checksums.json")
    let new = sums.replacing(Self.sha256(state), with: Self.sha256(old)).replacing(
      " : \(state.utf8.count),", with: " : \(old.utf8.count),")
    try #require(new != sums)
    try folder.write(Array(new.utf8), as: "run/checkpoints/step-00000001/checksums.json")
    // The newest checkpoint that verifies would be the best one otherwise.
    try? FileManager.default.removeItem(atPath: folder.file("run/checkpoints/best"))
    let spelled = weights.replacing("/first/", with: "/./first/../first/")
    #expect(try train(["--max-steps", "1", "--init-weights", spelled]).contains("the run is complete"))
    try FileManager.default.copyItem(atPath: weights, toPath: folder.file("copy.safetensors"))
    let copy = folder.file("copy.safetensors")
    #expect(
      try train(["--max-steps", "1", "--init-weights", copy], status: 1).contains(
        "init-weights: \(weights) there, \(copy) here"))
  }

  private static func sha256(_ text: String) -> String {
    let hasher = SHA256()
    hasher.update(text)
    return hasher.finalize()
  }

  @Test func anotherBeginningIsAnotherRun() throws {
    _ = try train(["--max-steps", "1"])
    let errors = try train(["--max-steps", "1", "--init", "pytorch"], status: 1)
    #expect(errors.contains("init: interpolation there, pytorch here"), "\(errors)")
  }

  @Test func whatIsNoCheckpointIsSaidToBeNone() throws {
    _ = try train(["--max-steps", "1"])
    #expect(
      try train(["--resume", folder.file("run")], status: 1).contains("it is a run's folder; name one of"))
    #expect(try train(["--resume", folder.file("none")], status: 1).contains("nothing is there"))
  }

  /// Clipping and weight decay belong to the update.
  @Test func theDumpedGradientIsThatOfTheLoss() throws {
    func gradient(_ name: String, _ more: [String]) throws -> Data {
      let path = folder.file("new/\(name)")
      _ = try train(["--output", folder.file(name), "--max-steps", "1", "--dump-gradients", path] + more)
      return try Data(contentsOf: URL(fileURLWithPath: path))
    }
    let plain = try gradient("plain", [])
    #expect(try gradient("decayed", ["--weight-decay", "0.5"]) == plain)
    #expect(try gradient("clipped", ["--clip-grad-norm", "1e-3"]) == plain)
  }

  @Test func theGradientOfAnotherStepIsNotDumped() throws {
    _ = try train(["--max-steps", "1"])
    let errors = try train(["--max-steps", "2", "--dump-gradients", folder.file("g.safetensors")], status: 1)
    #expect(errors.contains("this run resumes after step 1"), "\(errors)")
  }

  @Test(.enabled(if: SharedData.isAvailable, "SKIPPED: the shared perceptual weights are not there"))
  func otherNetworksAreAnotherRun() throws {
    for name in ["squeezenet1_1-torchvision-features", "lpips-v0.1-lin-squeeze"] {
      try FileManager.default.copyItem(
        atPath: "\(SharedData.weights)/\(name).safetensors", toPath: folder.file("\(name).safetensors"))
    }
    let settings = ["--loss", "lpips_squeeze=1", "--max-steps", "1"]
    _ = try train(settings)
    try damage(folder.file("squeezenet1_1-torchvision-features.safetensors"))
    let errors = try train(settings, status: 1)
    #expect(errors.contains("perceptual networks: lpips-v0.1-lin-squeeze "), "\(errors)")
    #expect(errors.contains("squeezenet1_1-torchvision-features "), "\(errors)")
  }

  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func virtualRanksAreForOneProcess() throws {
    let run = try ProgramRun(ranks: 2, "srdist", arguments(["--virtual-ranks", "2"]))
    #expect(run.status == 1)
    #expect(run.errors.components(separatedBy: "virtual-ranks: ").count == 2, "\(run.errors)")
  }

  /// Everything in the run's folder, without the files that each start adds or rewrites.
  private func contents() throws -> [String: Data] {
    let root = folder.file("run")
    var contents: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: root)
    where !name.hasPrefix("tensorboard") && !name.hasSuffix(".csv") {
      contents[name] = FileManager.default.contents(atPath: "\(root)/\(name)")
    }
    return contents
  }

  private func move(_ source: String, _ target: String) throws {
    try FileManager.default.moveItem(atPath: source, toPath: target)
  }

  /// An error of the disk is not the end of what is on it: the run does nothing, and resumes when the disk answers.
  @Test(arguments: [
    "run/checkpoints", "run/checkpoints/best", "run/checkpoints/best/state.json",
    "run/checkpoints/step-00000003/model.safetensors", "run/checkpoints/step-00000003/checksums.json",
    "run/metrics.jsonl",
  ])
  func whatCannotBeReadThisTimeIsNotStartedAnew(name: String) throws {
    _ = try train(["--max-steps", "3", "--keep-checkpoints", "1"])
    let before = try contents()
    let (path, aside) = (folder.file(name), folder.file("aside"))
    try move(path, aside)
    let isFolder =
      try FileManager.default.attributesOfItem(atPath: aside)[.type] as? FileAttributeType == .typeDirectory
    if isFolder { try TemporaryFolder.makeUnseeable(path) } else { try TemporaryFolder.makeUnreadable(path) }
    let errors = try train(status: 1)
    #expect(errors.contains(path) || errors.contains(DirectoryName.of(path)), "\(errors)")
    #expect(errors.components(separatedBy: "error: ").count == 2, "\(errors)")
    try FileManager.default.removeItem(atPath: path)
    try move(aside, path)
    #expect(try contents() == before)
    #expect(try train().contains("resuming from \(checkpoint(3))"))
    #expect(try loggedEpochs == [1, 2])
  }

  private enum DirectoryName {
    static func of(_ path: String) -> String { (path as NSString).deletingLastPathComponent }
  }

  /// If the weights of a metric cannot be looked at, the log must not lack the metric.
  @Test func metricsAreNotLeftOutForAnErrorOfTheDisk() throws {
    try TemporaryFolder.makeUnseeable(folder.file("alexnet-torchvision-features.safetensors"))
    #expect(try train(status: 1).contains("alexnet-torchvision-features.safetensors"))
  }

  /// Every number of the state, set to something else and with right checksums, causes an error, or does no harm.
  @Test func senselessStatesEndInAnErrorAndRemoveNothing() throws {
    _ = try train(["--max-steps", "3", "--keep-checkpoints", "1"])
    let good = folder.file("good")
    try FileManager.default.copyItem(atPath: folder.file("run"), toPath: good)
    let harmless = [
      "learning_rate.rate": ["0", "4611686018427387904", "1e19"], "seed": ["0"],
      "best.value": ["-1", "0", "4611686018427387904", "1e19"],
      "epoch_sums.values.0": ["0"], "epoch_sums.values.1": ["-1", "0", "4611686018427387904", "1e19"],
      "epoch_sums.seconds.0": ["0", "4611686018427387904", "1e19"],
    ]
    let fields = ["epoch", "step", "step_in_epoch", "completed_epochs", "best.epoch", "format_version"]
    for field in fields + harmless.keys.sorted() {
      for value in ["-1", "0", "4611686018427387904", "1e19", "\"NaN\""] {
        try FileManager.default.removeItem(atPath: folder.file("run"))
        try FileManager.default.copyItem(atPath: good, toPath: folder.file("run"))
        try CheckpointRewriting.setState(of: checkpoint(3), field, to: value)
        let before = try contents()
        let run = try ProgramRun("srdist", arguments())
        if harmless[field]?.contains(value) == true {
          #expect(run.status == 0, "\(field) \(value): \(run.errors)")
        } else {
          #expect(run.status == 1, "\(field) \(value): \(run.errors)")
          #expect(run.errors.contains(checkpoint(3)), "\(field) \(value): \(run.errors)")
          #expect(try contents() == before)
        }
      }
    }
  }

  @Test func whatCannotBeRemovedIsAWarningAndTheRunGoesOn() throws {
    _ = try train(["--max-steps", "1"])
    let notes = "\(checkpoint(1))/notes.txt"
    try Data("mine".utf8).write(to: URL(fileURLWithPath: notes))
    let left = folder.file("run/checkpoints/.step-00000009.tmp-0123456789abcdef")
    try folder.makeFolder("run/checkpoints/.step-00000009.tmp-0123456789abcdef")
    try Data([1]).write(to: URL(fileURLWithPath: "\(left)/.nfs0001"))
    let errors = try train(["--keep-checkpoints", "1", "--checkpoint-every", "1"])
    #expect(errors.components(separatedBy: "warning: \(checkpoint(1)) stays").count == 2, "\(errors)")
    #expect(errors.components(separatedBy: "warning: \(left) stays").count == 2, "\(errors)")
    #expect(FileManager.default.fileExists(atPath: notes))
    #expect(try loggedEpochs == [1, 2])
  }

  /// Two people of one group work in one folder.
  @Test func modesFollowTheMask() throws {
    let program = try RunningProgram.productsDirectory().appendingPathComponent("srdist").path
    let script = #"umask "$0" && exec "$@""#
    for (mask, forbidden) in [("002", 0o002), ("077", 0o077)] {
      let output = folder.file("run-\(mask)")
      let run = try ChildRun(
        "/bin/sh", ["-c", script, mask, program] + arguments(["--samples", "1", "--output", output]))
      try #require(run.status == 0, "\(run.errors)")
      let names = try FileManager.default.subpathsOfDirectory(atPath: output)
      for path in [output] + names.map({ "\(output)/\($0)" }) {
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        let whole = facts[.type] as? FileAttributeType == .typeDirectory ? 0o777 : 0o666
        #expect((facts[.posixPermissions] as? NSNumber)?.intValue == whole & ~forbidden, "\(path)")
      }
    }
  }
}
