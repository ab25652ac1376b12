import Foundation
import SRCheckpoint
import SRData
import SRKernelDispatch
import SRKernels
import SRLosses
import SRModels
import SRReport
import SRTensor
import SRTestSupport
import Testing

/// Short runs whose results are committed, in `Fixtures/golden.json`. Every machine, CPU level and number of ranks must reach
/// them.
///
/// If a change of the arithmetic is meant, raise ``ArithmeticVersion/current``, run
/// `SRDIST_WRITE_GOLDEN=1 swift test -c release --filter GoldenRunTests`, and give the reason in CHANGELOG.md.
@Suite(.serialized) struct GoldenRunTests {
  @Test func ofEveryLevelAndNumberOfRanks() throws {
    let (inputs, levels) = (try GoldenInputs(networks: true), CPULevel.supported())
    var found = GoldenFile(arithmeticVersion: ArithmeticVersion.current, runs: [:])
    for (number, run) in GoldenRun.all.enumerated() {
      let records = try levels.enumerated().map { index, level in
        // Each level sees each number of ranks.
        let ranks = ProgramRun.launcher == nil ? nil : (number + index) % 3 + 1
        return try inputs.train(run, "\(run.name)-\(level)", ranks: ranks, level: level)
      }
      for (level, record) in zip(levels, records) {
        #expect(record == records[0], "\(run.name): \(level.rawValue) differs from \(levels[0].rawValue)")
      }
      found.runs[run.name] = records[0]
    }
    if ProcessInfo.processInfo.environment["SRDIST_WRITE_GOLDEN"] == "1" {
      try found.replace()
    } else {
      try found.expectEqualsCommitted()
    }
  }

  @Test(
    .enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped),
    .enabled(if: CPULevel.supported().count > 1, "SKIPPED: this CPU has one level only"))
  func ofJobsOverDifferentCPUs() throws {
    let inputs = try GoldenInputs(networks: false)
    let alone = try inputs.train(.wide, "alone", ranks: nil, level: .x86v4)
    let arguments = inputs.arguments(.wide, "mixed")
    let program = try RunningProgram.productsDirectory().appendingPathComponent("srdist").path
    let job = try ProgramRun(
      ranks: 2, "srdist",
      arguments + [":", "-n", "2", "-x", "\(CPULevel.variable)=v4", program] + arguments,
      environment: [CPULevel.variable: "v3"])
    try #require(job.status == 0, "\(job.errors)")
    #expect(try inputs.record("mixed") == alone)
  }

  /// A run that begins at one level and is resumed at another one, in the middle of an epoch.
  @Test(.enabled(if: CPULevel.supported().count > 1, "SKIPPED: this CPU has one level only"))
  func ofRunsThatMoveToAnotherCPU() throws {
    let inputs = try GoldenInputs(networks: false)
    let alone = try inputs.train(.crops, "unmoved", ranks: nil, level: .x86v3)
    let begun = try ProgramRun(
      "srdist", inputs.arguments(.crops, "moved") + ["--max-steps", "2"],
      environment: [CPULevel.variable: "v4"])
    try #require(begun.status == 0, "\(begun.errors)")
    #expect(try inputs.train(.crops, "moved", ranks: nil, level: .x86v3) == alone)
  }

  @Test func aCheckpointOfAnotherArithmeticIsResumedWithAWarning() throws {
    let inputs = try GoldenInputs(networks: false)
    let arguments = inputs.arguments(.crops, "older")
    let begun = try ProgramRun("srdist", arguments + ["--max-steps", "2"])
    try #require(begun.status == 0, "\(begun.errors)")
    let checkpoint = inputs.folder.file("older/checkpoints/step-00000002")
    try CheckpointRewriting.setState(of: checkpoint, "arithmetic_version", to: "999")
    let resumed = try ProgramRun("srdist", arguments + ["--max-steps", "3"])
    #expect(resumed.status == 0)
    #expect(
      resumed.errors.contains(
        "was written with arithmetic version 999, and this srdist has version \(ArithmeticVersion.current)"),
      "\(resumed.errors)")
    let again = try ProgramRun("srdist", arguments + ["--max-steps", "4"])
    #expect(again.status == 0 && !again.errors.contains("was written with"), "\(again.errors)")
  }
}

/// A short run of a small network on small pictures.
private struct GoldenRun {
  let name: String
  let options: [String]
  /// High-resolution divided by low-resolution sides of its pictures.
  var scale = 4

  static let crops = GoldenRun(
    name: "averaged, random crops", options: averaged + ["--crop", "random"])
  /// So many channels that the levels divide them into groups of different sizes.
  static let wide = GoldenRun(
    name: "wide", options: ["--model", "attention", "--loss", "mse=1", "--features", "144", "--blocks", "1"])

  static let all = [
    GoldenRun(name: "vanilla", options: ["--preset", "vanilla"] + small),
    GoldenRun(name: "attention", options: ["--preset", "attention"] + small),
    GoldenRun(name: "hybrid", options: ["--preset", "hybrid"] + small),
    crops,
    GoldenRun(
      name: "averaged, bfloat16",
      options: averaged + ["--gradient-dtype", "bfloat16", "--ema-decay", "0.9"]),
    GoldenRun(
      name: "compact, LPIPS over AlexNet and SqueezeNet",
      options: ["--model", "compact", "--loss", "lpips_alex=0.5,lpips_squeeze=0.5,mse=10"] + small),
    GoldenRun(
      name: "compact of scale 2",
      options: ["--model", "compact", "--loss", "charbonnier=1,edge=0.1"] + small, scale: 2),
    wide,
  ]

  private static let small = ["--features", "32", "--blocks", "1"]
  /// Averaged weights, flips, a cosine, attention and SSIM together.
  private static let averaged =
    ["--preset", "best", "--model", "attention", "--loss", "charbonnier=1,ssim=0.1"] + small
}

/// Pictures and weights that srdist itself makes: seeded faces, and perceptual networks with random weights.
private struct GoldenInputs {
  let folder: TemporaryFolder

  /// - Parameter networks: whether perceptual networks are there, for losses and for the metric LPIPS.
  init(networks: Bool) throws {
    folder = try TemporaryFolder()
    for name in ["pictures", "weights"] { try folder.makeFolder(name) }
    let faces = try SyntheticFaces(seed: 71, count: 12, threads: 2)
    for index in 0..<faces.count {
      let pixels = faces.withPair(at: index) { _, high in Array(high) }
      var image = RGBImage(width: SyntheticFaces.highResSize, height: SyntheticFaces.highResSize)
      image.pixels = pixels
      try ImageFile.writePNG(image, to: folder.file("pictures/\(index).png"))
    }
    // AlexNet takes no smaller ones.
    for scale in [2, 4] {
      var options = PreparationOptions()
      (options.resize, options.crop, options.scale) = (40, 32, scale)
      (options.train, options.valid, options.keepFull) = (9, 2, true)
      _ = try DatasetPreparation(
        inputs: .shared([folder.file("pictures")]), output: folder.file("scale\(scale)"), options: options,
        threads: 2, replacesExisting: false
      ).run()
    }
    for net in networks ? LPIPSNet.allCases : [] {
      let trunk =
        switch net {
        case .vgg: "vgg16-torchvision-features"
        case .alex: "alexnet-torchvision-features"
        case .squeeze: "squeezenet1_1-torchvision-features"
        }
      let kernels = try CPULevel.selected().kernels
      let layout = FeatureNetwork(
        net.architecture, imageHeight: 32, imageWidth: 32, purpose: .inference, kernels: kernels
      ) { _ in }.layout
      try save(layout, seed: 72, as: trunk)
      var linear = ParameterLayout()
      for (index, tap) in net.architecture.taps.enumerated() {
        _ = linear.append(
          "lin\(index).model.1.weight", shape: [1, net.architecture.channels(of: tap), 1, 1])
      }
      try save(linear, seed: 73, isPositive: true, as: "lpips-v0.1-lin-\(net.rawValue)")
    }
  }

  /// Writes uniform weights that keep the size of activations.
  private func save(
    _ layout: ParameterLayout, seed: UInt64, isPositive: Bool = false, as name: String
  ) throws {
    let arena = ParameterArena(layout: layout)
    for (index, entry) in layout.entries.enumerated() {
      var generator = PhiloxGenerator(seed: seed, stream: UInt32(index))
      let bound = (6 / Float(entry.shape.dropFirst().reduce(1, *))).squareRoot()
      arena.setTensor(
        entry,
        to: (0..<entry.count).map { _ in
          let value = generator.uniform()
          return isPositive ? value : bound * (2 * value - 1)
        })
    }
    try saveParameters(arena, to: folder.file("weights/\(name).safetensors"))
  }

  func arguments(_ run: GoldenRun, _ output: String) -> [String] {
    [
      "train", "--data", folder.file("scale\(run.scale)"), "--weights-dir", folder.file("weights"),
      "--output",
      folder.file(output), "--epochs", "2", "--batch-size", "4", "--threads", "1", "--samples", "0",
      "--no-tensorboard",
    ] + run.options
  }

  /// The last epoch of a run.
  func train(_ run: GoldenRun, _ output: String, ranks: Int?, level: CPULevel) throws -> EpochRecord {
    let program = try ProgramRun(
      ranks: ranks, "srdist", arguments(run, output), environment: [CPULevel.variable: level.rawValue])
    try #require(program.status == 0, "\(output): \(program.errors)")
    return try record(output)
  }

  func record(_ output: String) throws -> EpochRecord {
    var record = try #require(try MetricsFile.epochs(folder.file("\(output)/metrics.jsonl")).last)
    #expect(record.epoch == 2 && record.weightsSHA256 != nil)
    record.seconds = 0
    return record
  }
}

/// The committed results.
private struct GoldenFile: Codable {
  var arithmeticVersion: Int
  /// The last epochs of the runs. The time is not kept.
  var runs: [String: EpochRecord]

  private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Fixtures/golden.json")

  private static func committed() throws -> GoldenFile {
    try JSONDecoder().decode(GoldenFile.self, from: Data(contentsOf: path))
  }

  func expectEqualsCommitted() throws {
    let committed = try Self.committed()
    #expect(
      committed.arithmeticVersion == arithmeticVersion,
      "ArithmeticVersion.swift has another version than the golden runs; it says how to write them anew")
    #expect(Set(committed.runs.keys) == Set(runs.keys))
    for (name, record) in runs {
      #expect(committed.runs[name] == record, "the bits of '\(name)' changed; see ArithmeticVersion.swift")
    }
  }

  /// Writes the file. A result may change only if the arithmetic version rises; a new run may come at any time.
  func replace() throws {
    if let committed = try? Self.committed(), committed.arithmeticVersion >= arithmeticVersion {
      let changed = committed.runs.filter { runs[$0.key] != $0.value }.keys.sorted()
      try #require(
        changed.isEmpty && committed.arithmeticVersion == arithmeticVersion,
        "not written: \(changed) changed, and the arithmetic version did not rise above \(committed.arithmeticVersion)"
      )
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try (encoder.encode(self) + Data("\n".utf8)).write(to: Self.path)
  }
}
