import Foundation
import SRCheckpoint
import SRKernelDispatch
import SRModels
import SRReport
import SRTensor
import SRTestSupport
import Testing

/// Runs that keep features of targets, over SqueezeNet with random weights. The log of each run must be that of a run that keeps
/// none.
@Suite(.serialized) struct FeatureCacheTests {
  private let folder: TemporaryFolder
  private var cache: String { folder.file("cache") }

  init() throws {
    folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 10)
    try Self.writeWeights(to: folder, seed: 1)
  }

  /// Random weights of SqueezeNet and of LPIPS's linear layers over it.
  private static func writeWeights(to folder: TemporaryFolder, seed: UInt64) throws {
    let architecture = FeatureArchitecture.squeezeNet11
    var generator = PhiloxGenerator(seed: seed, stream: 0)
    func fill(_ arena: ParameterArena) {
      for entry in arena.layout.entries {
        let fanIn = entry.shape.dropFirst().reduce(1, *)
        let bound = Float((6 / Double(max(fanIn, 6))).squareRoot())
        arena.setTensor(entry, to: (0..<entry.count).map { _ in (2 * generator.uniform() - 1) * bound })
      }
    }
    // A network asks for its weights when it is made.
    _ = try FeatureNetwork(
      architecture, imageHeight: 32, imageWidth: 32, kernels: CPULevel.selected().kernels
    ) { trunk in
      fill(trunk)
      try saveParameters(trunk, to: folder.file("squeezenet1_1-torchvision-features.safetensors"))
    }
    var linear = ParameterLayout()
    for (number, tap) in architecture.taps.enumerated() {
      _ = linear.append("lin\(number).model.1.weight", shape: [1, architecture.channels(of: tap), 1, 1])
    }
    let ones = ParameterArena(layout: linear)
    for entry in linear.entries { ones.setTensor(entry, to: [Float](repeating: 1, count: entry.count)) }
    try saveParameters(ones, to: folder.file("lpips-v0.1-lin-squeeze.safetensors"))
  }

  private func arguments(_ output: String, _ more: [String]) -> [String] {
    [
      "train", "--model", "vanilla", "--blocks", "1", "--features", "16", "--loss", "lpips_squeeze=1,mse=1",
      "--data", folder.path, "--weights-dir", folder.path, "--batch-size", "4", "--epochs", "6",
      "--augment", "flip", "--ema-decay", "0.5", "--threads", "2", "--samples", "1", "--no-tensorboard",
      "--output", folder.file(output),
    ] + more
  }

  /// Runs to the end. Returns what the log says of steps and epochs, without times, and what the program said.
  private func train(
    _ output: String, _ more: [String], ranks: Int? = nil
  ) throws -> (log: [String], errors: String) {
    let run = try ProgramRun(ranks: ranks, "srdist", arguments(output, more))
    try #require(run.status == 0, "\(run.errors)")
    return (try log(output), run.errors)
  }

  private func log(_ output: String) throws -> [String] {
    try folder.text("\(output)/metrics.jsonl").split(separator: "\n").map { line in
      var fields = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      for name in ["seconds", "images_per_second"] { fields[name] = nil }
      // The last step of each start has a hash. Epochs have theirs.
      if fields["kind"] as? String == "step" { fields["weights_sha256"] = nil }
      let sorted = try JSONSerialization.data(withJSONObject: fields, options: .sortedKeys)
      return String(decoding: sorted, as: UTF8.self)
    }
  }

  private func expectedLog() throws -> [String] {
    let off = try train("off", ["--cache-features", "off"])
    #expect(!off.errors.contains("features of targets"), "\(off.errors)")
    try #require(off.log.count == 6 * 3 + 6)
    return off.log
  }

  private func files(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".features") }.sorted()
  }

  @Test func aRunHasTheSameBits() throws {
    let expected = try expectedLog()
    // In the run's folder.
    let own = try train("own", [])
    #expect(own.log == expected)
    #expect(
      own.errors.contains("features of targets are kept in \(folder.file("own/features")): "), "\(own.errors)"
    )
    #expect(!FileManager.default.fileExists(atPath: folder.file("own/features")))
    // In a folder of its own, twice: the second run computes no features of targets in the first epoch either.
    #expect(try train("a", ["--cache-features", cache]).log == expected)
    let names = try files(cache)
    #expect(names.count == 2 * 7, "\(names)")
    #expect(
      names.allSatisfy {
        $0.hasPrefix("lpips_squeeze-training-relu") || $0.hasPrefix("lpips_squeeze-validation-relu")
      })
    let again = try train("b", ["--cache-features", cache])
    #expect(again.log == expected && again.errors.contains(" entries of kept features are there already"))
    #expect(try files(cache) == names)
    // A few epochs do not pay for the writing.
    let short = try ProgramRun("srdist", arguments("short", ["--max-steps", "17"]))
    #expect(short.status == 0 && short.errors.contains("features of targets are not kept"), "\(short.errors)")
    // With room for a part.
    let small = try train("c", ["--cache-budget", "700K"])
    #expect(small.log == expected && small.errors.contains("(--cache-budget)"), "\(small.errors)")
  }

  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func ranksShareTheFilesAndAResumedRunReadsThem() throws {
    let expected = try expectedLog()
    let first = try ProgramRun(
      "srdist", arguments("run", ["--cache-features", cache, "--checkpoint-every", "1", "--max-steps", "4"]))
    try #require(first.status == 0, "\(first.errors)")
    let rest = try train("run", ["--cache-features", cache], ranks: 2)
    #expect(rest.log == expected)
    #expect(
      rest.errors.components(separatedBy: "features of targets are kept in").count == 2, "\(rest.errors)")
    #expect(rest.errors.contains(" entries of kept features are there already"), "\(rest.errors)")
  }

  /// Two runs fill the same files. Both have sound results, and leave sound files.
  @Test func twoRunsShareAFolder() throws {
    let expected = try expectedLog()
    let runs = try ["a", "b"].map {
      try RunningProgram("srdist", arguments($0, ["--cache-features", cache]))
    }
    for (run, name) in zip(runs, ["a", "b"]) {
      let (status, _, errors) = try run.wait()
      #expect(status == 0 && !errors.contains("warning"), "\(errors)")
      #expect(try log(name) == expected)
    }
    let after = try train("c", ["--cache-features", cache])
    #expect(after.log == expected && !after.errors.contains("warning"), "\(after.errors)")
  }

  /// Killed between writing features and their record, or right before, a run leaves nothing that another one would take for
  /// sound.
  @Test(
    .enabled(if: ProgramRun.strace != nil, "SKIPPED: strace is not installed, or it may not trace here"),
    arguments: [4, 41])
  func aRunKilledWhileItWritesIsResumed(call: Int) throws {
    let expected = try expectedLog()
    let killed = try ProgramRun(
      under: [
        ProgramRun.strace ?? "", "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64", "-e",
        "inject=pwrite64:signal=SIGKILL:when=\(call)",
      ], "srdist", arguments("run", ["--cache-features", cache, "--threads", "1"]))
    #expect(killed.status == 128 + SIGKILL, "\(killed.status) \(killed.errors)")
    #expect(!(try files(cache)).isEmpty)
    let resumed = try train("run", ["--cache-features", cache])
    #expect(resumed.log == expected && !resumed.errors.contains("warning"), "\(resumed.errors)")
  }

  @Test(.enabled(if: SmallFileSystem.canMount, "SKIPPED: only root can mount a small file system"))
  func aFullDiskEndsTheKeepingAndNotTheRun() throws {
    let expected = try expectedLog()
    let disk = try SmallFileSystem(bytes: 1 << 20)
    let run = try train("run", ["--cache-features", disk.folder.path, "--cache-budget", "1G"])
    #expect(run.log == expected)
    let warnings = run.errors.split(separator: "\n").filter { $0.contains("warning") }
    #expect(warnings.count == 1, "\(run.errors)")
    for part in [disk.folder.path, "No space left on device", "no more features of targets are kept"] {
      #expect(warnings.first?.contains(part) == true, "\(run.errors)")
    }
    // Checkpoints are on the same disk, and have room.
    let own = try SmallFileSystem(bytes: 4 << 20)
    let beside = try ProgramRun(
      "srdist", arguments("run", ["--cache-budget", "1G", "--output", own.folder.file("run")]))
    #expect(beside.status == 0 && beside.errors.contains("bytes are needed"), "\(beside.errors)")
    // A folder in which nothing can be made.
    let none = try train("none", ["--cache-features", "\(folder.path)/hr_train.npy/x"])
    #expect(none.log == expected && none.errors.contains("warning: no more features"), "\(none.errors)")
  }

  @Test func damagedFilesAndThoseOfOtherNetworksDoNoHarm() throws {
    let expected = try expectedLog()
    #expect(try train("a", ["--cache-features", cache]).log == expected)
    let names = try files(cache)
    for (number, name) in names.enumerated() {
      let path = "\(cache)/\(name)"
      var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      // In the text at the start; in a record; in all entries' pages; the file's second half is gone.
      switch number % 4 {
      case 0: bytes[10] ^= 1
      case 1: bytes[4096 + 40] ^= 1
      case 2: for page in stride(from: 3 * 4096, to: bytes.count, by: 4096) { bytes[page] ^= 1 }
      default: bytes = bytes.prefix(bytes.count / 2)
      }
      try bytes.write(to: URL(fileURLWithPath: path))
    }
    let damaged = try train("b", ["--cache-features", cache])
    #expect(damaged.log == expected)
    #expect(damaged.errors.contains(" has damaged entries. They are computed and written again"))
    #expect(try files(cache) == names)
    // Damage at a shallow tap shows when the deep ones are sound.
    #expect(try train("c", ["--cache-features", cache]).log == expected)
    let healed = try train("healed", ["--cache-features", cache])
    #expect(healed.log == expected && !healed.errors.contains("warning"), "\(healed.errors)")

    try Self.writeWeights(to: folder, seed: 2)
    let other = try train("d", ["--cache-features", cache])
    #expect(other.log != expected && !other.errors.contains("already"), "\(other.errors)")
    #expect(try train("e", ["--cache-features", "off"]).log == other.log)
    #expect(try Set(files(cache)).isSuperset(of: names) && files(cache).count == 2 * names.count)
  }

  @Test func aDryRunSaysWhatIsKept() throws {
    let run = try ProgramRun("srdist", arguments("run", ["--dry-run", "--cache-features", cache]))
    #expect(run.output.contains("features of targets are kept in \(cache): "), "\(run.output)")
    #expect(run.output.contains(" MiB for lpips_squeeze"), "\(run.output)")
    #expect(!FileManager.default.fileExists(atPath: cache))
    let none = try ProgramRun(
      "srdist", arguments("run", ["--dry-run", "--cache-features", cache, "--cache-budget", "10"]))
    #expect(none.output.contains("no features of targets are kept: there is no room"), "\(none.output)")
  }
}
