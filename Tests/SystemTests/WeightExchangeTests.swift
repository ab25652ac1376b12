import Foundation
import SRCheckpoint
import SRModels
import SRReport
import SRTensor
import SRTestSupport
import Testing

/// Weights that leave srdist and weights that come from elsewhere, through the program's commands.
@Suite struct WeightExchangeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The arguments of a run of a small network. Later options override earlier ones.
  private func training(_ options: [String]) -> [String] {
    [
      "train", "--output", folder.file("run"), "--model", "vanilla", "--loss", "mse=1", "--synthetic-train",
      "5",
      "--synthetic-valid", "2", "--batch-size", "2", "--epochs", "1", "--threads", "1", "--samples", "0",
      "--weights-dir", folder.path, "--features", "16", "--blocks", "1", "--no-tensorboard",
    ] + options
  }

  private func succeed(ranks: Int? = nil, _ arguments: [String]) throws -> ProgramRun {
    let run = try ProgramRun(ranks: ranks, "srdist", arguments)
    try #require(run.status == 0, "\(run.errors)")
    return run
  }

  private func export(_ options: [String]) throws -> ProgramRun {
    try ProgramRun("srdist", ["export", "--weights", folder.file("run")] + options)
  }

  private func hash(_ path: String) throws -> String { weightsSHA256(try TrainedNetwork(path).weights) }

  @Test func aRunIsHandedOn() throws {
    _ = try succeed(training(["--ema-decay", "0.5"]))
    let best = folder.file("run/checkpoints/best")
    let first = try export(["-o", folder.file("w.pth")])
    try #require(first.status == 0, "\(first.errors)")
    #expect(first.output.contains("\(best)/ema.safetensors: srresnet x4, 16 features, 1 blocks"))
    #expect(
      first.errors.contains("its best checkpoint is taken") && first.errors.contains("averaged weights"))
    #expect(try hash(folder.file("w.pth")) == hash("\(best)/ema.safetensors"))

    let again = try export(["-o", folder.file("w.pth"), "--no-ema"])
    #expect(again.status == 1 && again.errors.contains("give --overwrite"), "\(again.errors)")
    #expect(try export(["-o", folder.file("w.pth"), "--no-ema", "--overwrite"]).status == 0)
    #expect(try hash(folder.file("w.pth")) == hash("\(best)/model.safetensors"))
    #expect(try hash(folder.file("w.pth")) != hash("\(best)/ema.safetensors"))

    let unknown = try export(["-o", folder.file("w.txt")])
    #expect(unknown.status == 64 && unknown.errors.contains("give --format"), "\(unknown.errors)")
    #expect(try export(["-o", folder.file("w.txt"), "--format", "onnx"]).status == 0)
    let names = try folder.names().filter { $0.hasPrefix("w.") }
    #expect(names == ["w.pth", "w.txt"])

    // The same weights measure the same, whatever file they come from.
    func measured(_ weights: [String]) throws -> String {
      let options = ["--synthetic-train", "5", "--synthetic-valid", "2", "--weights-dir", folder.path]
      let lines = try succeed(["evaluate"] + weights + options).output.split(separator: "\n")
      return lines.first { $0.hasPrefix("psnr") }.map(String.init) ?? ""
    }
    let psnr = try measured(["--weights", folder.file("w.pth")])
    #expect(try psnr.contains("dB") && psnr == measured(["--weights", folder.file("run"), "--no-ema"]))
    #expect(try psnr != measured(["--weights", folder.file("run"), "--ema"]))
    let shown = try succeed(["inspect", folder.file("w.pth")]).output
    #expect(shown.contains("model vanilla: srresnet x4, 16 features, 1 blocks"), "\(shown)")
  }

  /// A network of scale 2 starts from one of scale 4, and the run resumes like any other.
  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func anotherScaleStartsFromWhatFits() throws {
    _ = try succeed(training(["--max-steps", "1"]))
    _ = try succeed(training(["--max-steps", "1", "--seed", "3", "--output", folder.file("other")]))
    let options = ["--scale", "2", "--output", folder.file("x2"), "--init-weights", folder.file("run")]
    let strict = try ProgramRun("srdist", training(options))
    #expect(strict.status == 1 && strict.errors.contains("scale: 4 in"), "\(strict.errors)")
    #expect(strict.errors.contains("--no-strict takes what fits"))

    let loose = options + ["--no-strict"]
    let part = try succeed(ranks: 2, training(loose + ["--max-steps", "1"]))
    let said = part.errors.components(separatedBy: "100.0 % of the network's parameters are taken")
    #expect(said.count == 2, "\(part.errors)")
    #expect(part.errors.contains("3 extra: upsample.1.block.0.weight"), "\(part.errors)")
    let rest = try succeed(training(loose))
    #expect(rest.errors.contains("step 1 done"), "\(rest.errors)")
    let whole = try succeed(training(loose + ["--output", folder.file("whole")]))
    #expect(!whole.errors.contains("resuming"))
    #expect(try hash(folder.file("x2")) == hash(folder.file("whole")))

    let others = loose + ["--init-weights", folder.file("other")]
    let refused = try ProgramRun("srdist", training(others))
    #expect(
      refused.status == 1 && refused.errors.contains("init-weights: weights of SHA-256"), "\(refused.errors)")
  }

  @Test func anAttentionNetworkTakesTheBodyOfAVanillaOne() throws {
    _ = try succeed(training(["--max-steps", "1"]))
    let run = try succeed(
      training([
        "--model", "attention", "--output", folder.file("se"), "--init-weights",
        folder.file("run/checkpoints/step-00000001/model.safetensors"), "--no-strict", "--max-steps", "1",
      ]))
    #expect(run.errors.contains("4 missing: res_blocks.0.attention.se.1.weight"), "\(run.errors)")
    #expect(run.errors.contains("% of the network's parameters are taken"))
    let nothing = try ProgramRun(
      "srdist",
      training([
        "--features", "32", "--output", folder.file("none"), "--init-weights",
        try foreign(), "--no-strict",
      ]))
    #expect(
      nothing.status == 1 && nothing.errors.contains("nothing in it fits the network"), "\(nothing.errors)")
    let senseless = try ProgramRun("srdist", training(["--no-strict", "--output", folder.file("none")]))
    #expect(senseless.status == 1 && senseless.errors.contains("--init-weights"), "\(senseless.errors)")
  }

  /// An exported network is no weight file. The error says so, in place of what its first bytes would mean in one.
  @Test(arguments: ["onnx", "param"]) func exportedNetworksAreNamed(ending: String) throws {
    var model = ModelDescription.vanilla
    (model.features, model.blocks) = (16, 1)
    var layout = ParameterLayout()
    _ = model.network(in: &layout)
    try saveParameters(
      ParameterArena(layout: layout), to: folder.file("w.safetensors"), metadata: ModelMetadata.of(model))
    let path = folder.file("w.\(ending)")
    let made = try succeed(["export", "--weights", folder.file("w.safetensors"), "-o", path])
    #expect(made.output.contains("written: \(path)"))
    let error = try ProgramRun("srdist", ["export", "--weights", path, "-o", folder.file("b.pth")]).errors
    #expect(error.contains("\(path): not a safetensors file but "), "\(error)")
    #expect(error.contains("give the .safetensors or .pth file that it was made of"), "\(error)")
  }

  /// A file with a tensor that no network has.
  private func foreign() throws -> String {
    try SafetensorsWriter(tensors: [.init(name: "foreign", shape: [1], values: [1])])
      .write(to: folder.file("foreign.safetensors"))
    return folder.file("foreign.safetensors")
  }

  /// Files that are no weights, or no good ones, and what every command says of them.
  private func hostile() throws -> [(path: String, reason: String)] {
    var model = ModelDescription.vanilla
    (model.features, model.blocks) = (16, 1)
    var layout = ParameterLayout()
    let network = model.network(in: &layout)
    let weights = ParameterArena(layout: layout)
    network.initialize(weights, as: .pytorch, seed: 1)
    let entry = layout.entries[1]
    weights.setTensor(entry, to: [Float](repeating: 70000, count: entry.count))
    try saveParameters(weights, to: folder.file("half.safetensors"), precision: .float16)
    weights.setTensor(entry, to: [Float](repeating: .nan, count: entry.count))
    try folder.write(Array(TorchArchive(weights).bytes()), as: "nan.pth")
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("SRCheckpointTests/Fixtures/torch").path
    return [
      (
        folder.file("half.safetensors"),
        "conv1.0.bias holds values that are not finite: element 0 of 16 is inf"
      ),
      (folder.file("nan.pth"), "conv1.0.bias holds values that are not finite: element 0 of 16 is nan"),
      ("\(fixtures)/call.pth", "posix.system"), ("\(fixtures)/bomb.pth", "would unpack to"),
      (
        try folder.write(Array("version https://git-lfs.github.com/spec/v1\noid".utf8), as: "lfs.pth"),
        "Git LFS pointer"
      ),
      (try folder.write(Array("<!DOCTYPE html><html>".utf8), as: "page.pth"), "HTML page"),
      (
        try folder.write(Array("{\"format\": 1}".utf8), as: "a.json"),
        "not a safetensors file but a JSON file"
      ),
    ]
  }

  @Test func hostileFilesAreRefusedByEveryCommand() throws {
    for (path, reason) in try hostile() {
      for command in [
        [
          "evaluate", "--weights", path, "--synthetic-train", "1", "--synthetic-valid", "1", "--weights-dir",
          folder.path,
        ],
        ["export", "--weights", path, "-o", folder.file("out.onnx")], ["inspect", path],
        training(["--init-weights", path]), training(["--init-weights", path, "--no-strict"]),
      ] {
        let run = try ProgramRun("srdist", command)
        #expect(run.status == 1, "\(command): \(run.errors)")
        let lines = (run.errors + (command[0] == "inspect" ? run.output : "")).split(separator: "\n")
        #expect(lines.filter { $0.contains(reason) }.count == 1, "\(command): \(run.errors)")
      }
    }
    #expect(try !folder.names().contains("out.onnx"))
  }
}
