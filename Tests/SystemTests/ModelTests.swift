import Foundation
import SRCheckpoint
import SRData
import SRModels
import SRTensor
import SRTestSupport
import Testing

/// Networks of other sizes than the paper's: what is trained, written down, and read back.
@Suite struct ModelTests {
  private static func arguments(_ folder: TemporaryFolder, _ options: [String]) -> [String] {
    [
      "train", "--output", folder.file("run"), "--loss", "mse=1", "--synthetic-train", "5",
      "--synthetic-valid", "2", "--batch-size", "2", "--epochs", "1", "--threads", "1", "--samples", "1",
      "--weights-dir", folder.path, "--features", "16", "--blocks", "2",
    ] + options
  }

  /// Of the scales by which synthetic faces can be reduced.
  @Test(arguments: ModelDescription.Architecture.srresnet.scales.filter(SyntheticFaces.canReduce))
  func everyScaleIsTrainedMeasuredAndResumed(scale: Int) throws {
    let folder = try TemporaryFolder()
    var expected = ModelDescription(attention: .squeezeExcitation(reduction: 8))
    (expected.scale, expected.features, expected.blocks) = (scale, 16, 2)
    let options = ["--scale", "\(scale)", "--attention", "se(8)", "--ema-decay", "0.5"]
    let part = try ProgramRun("srdist", Self.arguments(folder, options + ["--max-steps", "2"]))
    try #require(part.status == 0, "\(part.errors)")
    let rest = try ProgramRun("srdist", Self.arguments(folder, options))
    try #require(rest.status == 0, "\(rest.errors)")
    #expect(rest.errors.contains("step 2 done"), "\(rest.errors)")

    let best = folder.file("run/checkpoints/best")
    #expect(try Inspection(path: best).model == expected)
    let shown = try ProgramRun("srdist", ["inspect", best])
    #expect(shown.output.contains("srresnet x\(scale), 16 features, 2 blocks, attention se(8)"))
    let whole = try TemporaryFolder()
    let undisturbed = try ProgramRun("srdist", Self.arguments(whole, options))
    try #require(undisturbed.status == 0, "\(undisturbed.errors)")
    let hashes = try [best, whole.file("run/checkpoints/best")].map {
      try Inspection(path: $0).state?.weightsSHA256
    }
    #expect(hashes[0] == hashes[1] && hashes[0] != nil)

    let evaluation = try ProgramRun(
      "srdist",
      ["evaluate", "--weights", best, "--synthetic-train", "5", "--synthetic-valid", "2", "--json"])
    #expect(evaluation.status == 0 && evaluation.output.contains("\"images\" : 2"), "\(evaluation.errors)")
  }

  /// PyTorch's files have no description, and a file's own wins over what its tensors are called.
  @Test func weightsOfOtherProgramsStartARun() throws {
    let folder = try TemporaryFolder()
    var model = ModelDescription.vanilla
    (model.scale, model.features, model.blocks) = (2, 16, 2)
    var layout = ParameterLayout()
    let network = model.network(in: &layout)
    let parameters = ParameterArena(layout: layout)
    network.initialize(parameters, as: .interpolation, seed: 1)
    try saveParameters(parameters, to: folder.file("plain.safetensors"))
    try saveParameters(
      parameters, to: folder.file("other.safetensors"),
      metadata: ["metadata": "{\"architecture\":\"swinir\"}"])
    let described = try ProgramRun(
      "srdist",
      Self.arguments(
        folder, ["--init-weights", folder.file("other.safetensors"), "--scale", "2", "--model", "vanilla"]))
    #expect(described.status == 1 && described.errors.contains("swinir"), "\(described.errors)")
    let options = ["--init-weights", folder.file("plain.safetensors"), "--scale", "2"]
    let run = try ProgramRun("srdist", Self.arguments(folder, options + ["--model", "vanilla"]))
    #expect(run.status == 0, "\(run.errors)")

    let other = try ProgramRun("srdist", Self.arguments(folder, ["--resume", "never"] + options))
    #expect(other.status == 1)
    for part in ["plain.safetensors", "attention: none in", "se(16) in this run", "--attention 'none'"] {
      #expect(other.errors.contains(part), "\(part): \(other.errors)")
    }
  }

  @Test func aRunOfAnotherNetworkIsNotResumed() throws {
    let folder = try TemporaryFolder()
    let first = try ProgramRun("srdist", Self.arguments(folder, ["--scale", "2", "--max-steps", "1"]))
    try #require(first.status == 0, "\(first.errors)")
    for (option, value, part) in [
      ("--scale", "4", "scale: 2 in the checkpoint, 4 in this run"),
      ("--blocks", "3", "blocks: 2 in the checkpoint, 3 in this run"),
      ("--attention", "none", "attention: se(16) in the checkpoint, none in this run"),
    ] {
      let scale = option == "--scale" ? [] : ["--scale", "2"]
      let run = try ProgramRun("srdist", Self.arguments(folder, scale + [option, value]))
      #expect(run.status == 1 && run.errors.contains(part), "\(run.errors)")
    }
    // Spelt otherwise, it is the same network.
    let same = try ProgramRun(
      "srdist", Self.arguments(folder, ["--scale", "2", "--attention", "se(16)", "--max-steps", "2"]))
    #expect(same.status == 0, "\(same.errors)")
  }

  @Test func dataWeightsAndOptionsThatDoNotFitAreNamed() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
    func error(_ arguments: [String]) throws -> String {
      let run = try ProgramRun("srdist", arguments)
      #expect(run.status == 1, "\(run.errors)")
      return run.errors.split(separator: "\n").last { $0.contains("error") }.map(String.init) ?? ""
    }
    let data = ["--data", folder.path]
    let scale = try error(Self.arguments(folder, data + ["--scale", "2"]))
    #expect(scale.contains("--scale 2 is given, and the data have scale 4"), "\(scale)")
    let reduction = try error(Self.arguments(folder, data + ["--attention", "se(5)"]))
    #expect(reduction.contains("se(5)") && reduction.contains("divides the 16 features"), "\(reduction)")

    let run = try ProgramRun("srdist", Self.arguments(folder, ["--scale", "8", "--max-steps", "3"]))
    try #require(run.status == 0, "\(run.errors)")
    let weights = ["--weights", folder.file("run/checkpoints/best")]
    let measured = try error(["evaluate"] + weights + data)
    #expect(measured.contains("has scale 4") && measured.contains("scale 8"), "\(measured)")
  }

  /// Arrays of a scale that no network has are somebody else's, and said to be.
  @Test func aScaleWithoutANetworkIsSaidWhenDataArePrepared() throws {
    let folder = try TemporaryFolder()
    let photographs = try Photographs(count: 3)
    let prepared = try ProgramRun(
      "srdist",
      [
        "prepare", "--input", photographs.directory.path, "--output", folder.file("data"), "--resize", "48",
        "--crop",
        "30", "--scale", "5", "--train", "2", "--valid", "1",
      ])
    #expect(prepared.status == 0 && prepared.errors.contains("none on these arrays of scale 5"))
    let run = try ProgramRun("srdist", Self.arguments(folder, ["--data", folder.file("data")]))
    #expect(run.status == 1 && run.errors.contains("scale 5") && run.errors.contains("1, 2, 3, 4, 8"))
  }
}
