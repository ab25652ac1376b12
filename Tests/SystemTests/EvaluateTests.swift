import SRCheckpoint
import SRFiles
import SRKernelDispatch
import SRModels
import SRTensor
import SRTestSupport
import SRTraining
import Testing

@Suite struct EvaluateTests {
  /// The weights are not numbers, so loss terms and metrics are not numbers either. JSON has no number for such values.
  @Test func numbersThatAreNotFiniteArePrinted() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 2)
    var layout = ParameterLayout()
    _ = SRResNet(.vanilla, in: &layout)
    let parameters = ParameterArena(layout: layout)
    for entry in layout.entries {
      parameters.setTensor(entry, to: [Float](repeating: .nan, count: entry.count))
    }
    try saveParameters(parameters, to: folder.file("w.safetensors"))
    let evaluation = try ProgramRun(
      "srdist",
      [
        "evaluate", "--weights", folder.file("w.safetensors"), "--data", folder.path, "--json",
        "--weights-dir", folder.path,
      ])
    try #require(evaluation.status == 0, "\(evaluation.errors)")
    let result = try ReadableJSON.decode(EvaluationRun.Result.self, from: evaluation.output.utf8)
    #expect(result.terms["mse"]?.isNaN == true && result.metrics["psnr"]?.isNaN == true)
    #expect(result.bicubic["psnr"]?.isFinite == true)
  }
}
