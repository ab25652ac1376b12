import Foundation
import SRCheckpoint
import SRTensor
import SRTestSupport
import Testing

/// A Python that can import torch and safetensors.
enum PyTorch {
  static let isAvailable = Python.canImport("torch, safetensors.torch")

  /// Runs a script and returns what it printed.
  static func run(_ script: String, _ arguments: String...) throws -> String {
    let run = try Python.run(script, arguments)
    try #require(run.status == 0, "\(run.errors)")
    return run.output
  }
}

@Suite(
  .enabled(if: PyTorch.isAvailable, "no Python with torch and safetensors: point PYTHON at one"))
struct PyTorchExchangeTests {
  @Test func pyTorchReadsWhatWeWrite() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.safetensors")
    try saveParameters(SampleArenas.arena(seed: 1), to: path, metadata: ["origin": "\u{e9} \"x\""])
    let output = try PyTorch.run(
      """
      import sys, hashlib, torch, safetensors, safetensors.torch
      class Net(torch.nn.Module):
          def __init__(self):
              super().__init__()
              self.conv1 = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.PReLU())
      net = Net()
      print(net.load_state_dict(safetensors.torch.load_file(sys.argv[1])))
      digest = hashlib.sha256()
      for tensor in net.state_dict().values():
          digest.update(tensor.numpy().astype("<f4").tobytes())
      print(digest.hexdigest())
      print(ascii(safetensors.safe_open(sys.argv[1], "pt").metadata()))
      """, path)
    let lines = output.split(separator: "\n").map(String.init)
    #expect(lines.count == 3)
    #expect(lines[0] == "<All keys matched successfully>")
    // The tensors of the state_dict have the layout's order.
    #expect(lines[1] == weightsSHA256(SampleArenas.arena(seed: 1)))
    #expect(lines[2] == #"{'origin': '\xe9 "x"'}"#)
  }

  @Test(arguments: ["float32", "float16", "bfloat16", "float64"])
  func weReadWhatPyTorchWrites(dtype: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("w.safetensors")
    let output = try PyTorch.run(
      """
      import sys, hashlib, torch, safetensors.torch
      torch.manual_seed(1)
      net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.PReLU())
      dtype = getattr(torch, sys.argv[2])
      state = {"conv1." + key: value.to(dtype) for key, value in net.state_dict().items()}
      safetensors.torch.save_file(state, sys.argv[1], metadata={"format": "pt"})
      digest = hashlib.sha256()
      for tensor in state.values():
          digest.update(tensor.float().numpy().astype("<f4").tobytes())
      print(digest.hexdigest())
      """, path, dtype)
    let arena = ParameterArena(layout: SampleArenas.layout)
    try loadParameters(from: path, into: arena)
    #expect(weightsSHA256(arena) == output.trimmingCharacters(in: .whitespacesAndNewlines))
    #expect(try SafetensorsFile(path: path).metadata == ["format": "pt"])
  }
}
