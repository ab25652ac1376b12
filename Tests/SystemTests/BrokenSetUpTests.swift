import Foundation
import SRCheckpoint
import SRData
import SRFiles
import SRTestSupport
import Testing

/// Set-ups that cannot train. `srdist train --dry-run` refuses each with the error and the status of `srdist train`, and leaves
/// all files as they are.
@Suite(.serialized) struct BrokenSetUpTests {
  /// A data folder, weights, and a run of one step.
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
    let run = try ProgramRun("srdist", arguments(["--output", folder.file("run"), "--max-steps", "1"]))
    try #require(run.status == 0, "\(run.errors)")
    let weights = folder.file("run/checkpoints/step-00000001/model.safetensors")
    try FileManager.default.copyItem(atPath: weights, toPath: folder.file("good.safetensors"))
  }

  private func arguments(_ more: [String]) -> [String] {
    [
      "train", "--model", "vanilla", "--loss", "mse=1", "--data", folder.path, "--epochs", "1",
      "--batch-size", "4",
      "--threads", "1", "--samples", "0", "--weights-dir", folder.file("no-weights"),
    ] + more
  }

  /// Every file of the folder with its size, time and content.
  private func files() throws -> [String: String] {
    var found: [String: String] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      let facts = try FileManager.default.attributesOfItem(atPath: folder.file(name))
      let content = (try? FileDigest(ofFile: folder.file(name)).sha256) ?? "folder"
      found[name] = "\(facts[.modificationDate] ?? "") \(facts[.type] ?? "") \(content)"
    }
    return found
  }

  private func errorLines(_ run: ProgramRun) -> [String] {
    // The lock's file of the run takes a block of the disk.
    run.errors.split(separator: "\n").filter { $0.contains("error: ") }
      .map { String($0.replacing(/, \d+ are free/, with: "")) }
  }

  private func expectRefusal(_ said: String, ranks: Int? = nil, _ more: [String]) throws {
    let before = try files()
    let dry = try ProgramRun(ranks: ranks, "srdist", arguments(more + ["--dry-run"]))
    #expect(try files() == before, "\(more)")
    let wet = try ProgramRun(ranks: ranks, "srdist", arguments(more))
    #expect(dry.status != 0 && dry.status == wet.status, "\(more): \(dry.status) and \(wet.status)")
    #expect(
      errorLines(dry).count == 1 && errorLines(dry) == errorLines(wet),
      "\(more)\n\(dry.errors)\n\(wet.errors)")
    #expect(dry.errors.contains(said), "\(more): \(dry.errors)")
    #expect(!dry.output.contains("parameters"), "\(dry.output)")
  }

  @Test func startsThatCannotBe() throws {
    try SafetensorsWriter(tensors: [.init(name: "conv1.0.weight", shape: [1], values: [0])])
      .write(to: folder.file("other.safetensors"))
    var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("good.safetensors")))
    bytes.replaceSubrange(bytes.count - 4..<bytes.count, with: [0, 0, 0xC0, 0x7F])
    try bytes.write(to: URL(fileURLWithPath: folder.file("nan.safetensors")))
    try folder.makeFolder("folder")
    try folder.makeFolder("taken/checkpoints")
    try folder.write([1], as: "taken/samples")
    try folder.makeFolder("taken-log/metrics.jsonl")
    let new = ["--output", folder.file("new")]
    let cases: [(said: String, options: [String])] = [
      ("there is no folder", new + ["--data", folder.file("nothing")]),
      ("nothing.safetensors", new + ["--init-weights", folder.file("nothing.safetensors")]),
      ("other.safetensors", new + ["--init-weights", folder.file("other.safetensors")]),
      ("nan.safetensors: ", new + ["--init-weights", folder.file("nan.safetensors")]),
      (
        "holds the weights of another network",
        new + ["--features", "32", "--init-weights", folder.file("good.safetensors")]
      ),
      ("Not a directory", ["--output", folder.file("hr_train.npy/run")]),
      ("Not a directory", ["--output", folder.file("taken")]),
      ("Is a directory", ["--output", folder.file("taken-log")]),
      ("Is a directory", new + ["--trace", folder.file("folder")]),
      ("Not a directory", new + ["--dump-gradients", folder.file("hr_train.npy/g.safetensors")]),
      ("full_train.npy", new + ["--crop", "random"]),
      ("vgg16-torchvision-features", new + ["--loss", "vgg=1"]),
      (
        "memory: each of 1 rank(s)",
        new + ["--features", "256", "--blocks", "64", "--batch-size", "1000000000", "--threads", "4096"]
      ),
      ("nothing is there", new + ["--resume", folder.file("nowhere")]),
    ]
    for (said, options) in cases { try expectRefusal(said, options) }
    #expect(!FileManager.default.fileExists(atPath: folder.file("new/metrics.jsonl")))
  }

  @Test func resumptionsThatCannotBe() throws {
    let run = ["--output", folder.file("run")]
    let cases: [(said: String, options: [String])] = [
      ("learning-rate: ", ["--learning-rate", "0.5"]), ("blocks", ["--blocks", "2"]),
      ("init-weights: unset there", ["--init-weights", folder.file("good.safetensors")]),
      ("holds a run already", ["--resume", "never"]),
      ("dump-gradients: ", ["--dump-gradients", folder.file("g")]),
    ]
    for (said, options) in cases { try expectRefusal(said, run + options) }

    let log = try folder.text("run/metrics.jsonl")
    try folder.write(Array("nonsense\n".utf8), as: "run/metrics.jsonl")
    try expectRefusal("is not JSON", run)
    try folder.write(Array(log.utf8), as: "run/metrics.jsonl")

    let images = try Data(contentsOf: URL(fileURLWithPath: folder.file("hr_valid.npy")))
    var others = images
    others[others.count - 1] ^= 1
    try others.write(to: URL(fileURLWithPath: folder.file("hr_valid.npy")))
    try expectRefusal("data: SHA-256", run)
    try images.write(to: URL(fileURLWithPath: folder.file("hr_valid.npy")))

    let model = folder.file("run/checkpoints/step-00000001/model.safetensors")
    try Data([1]).write(to: URL(fileURLWithPath: model))
    try expectRefusal("can be used", run)
  }

  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func jobsThatCannotBe() throws {
    let new = ["--output", folder.file("new")]
    try expectRefusal("2 images cannot be dealt to 3 ranks", ranks: 3, new + ["--batch-size", "2"])
    try expectRefusal("virtual-ranks: ", ranks: 2, new + ["--virtual-ranks", "2"])
    try expectRefusal("3 ranks were expected", ranks: 2, new + ["--expect-ranks", "3"])
  }

  @Test(
    .enabled(
      if: SmallFileSystem.canMount,
      "needs to mount a small file system: run as root, outside a strict container"))
  func aDiskWithoutRoomForACheckpoint() throws {
    let disk = try SmallFileSystem(bytes: 8 << 20)
    try expectRefusal("No space left on device", ["--output", disk.folder.file("run")])
  }

  /// What can train passes, and the dry run creates nothing.
  @Test func whatCanTrainPasses() throws {
    for more in [
      ["--output", folder.file("a/new")], ["--output", folder.file("run"), "--trace", folder.file("b/t")],
    ] {
      let before = try files()
      let dry = try ProgramRun("srdist", arguments(more + ["--dry-run"]))
      #expect(dry.status == 0, "\(dry.errors)")
      #expect(
        dry.output.contains(more[1].hasSuffix("run") ? "after step 1" : "at the beginning"), "\(dry.output)")
      #expect(try files() == before)
    }
  }
}
