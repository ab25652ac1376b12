import Foundation
import SRCheckpoint
import SRExport
import SRModels
import SRTensor
import SRTestSupport
import Testing

/// The programs that exported networks are for, on the same pictures as srdist.
@Suite(
  .enabled(
    if: Python.canImport("torch, safetensors.numpy, onnx, onnxruntime, ncnn"),
    "no Python with torch, safetensors, onnx, onnxruntime and ncnn: point PYTHON at one"))
struct LiveExportTests {
  private static let program = """
    import sys
    sys.path.insert(0, sys.argv[1])
    import numpy, torch, onnx, onnxruntime, ncnn, model
    from safetensors.numpy import load_file
    stem, kind, scale, features, blocks, *channels = sys.argv[2], sys.argv[3], *map(int, sys.argv[4:9])
    net = model.build(kind, scale, features, blocks, *channels).eval()
    net.load_state_dict(torch.load(stem + ".pth", weights_only=True), strict=True)
    state = {key: torch.from_numpy(value) for key, value in load_file(stem + ".safetensors").items()}
    assert all(torch.equal(value, state[key]) for key, value in net.state_dict().items())
    net.load_state_dict(state, strict=True)
    onnx.checker.check_model(onnx.load(stem + ".onnx"), full_check=True)
    session = onnxruntime.InferenceSession(stem + ".onnx", providers=["CPUExecutionProvider"])
    mobile = ncnn.Net()
    mobile.opt.use_fp16_packed = mobile.opt.use_fp16_storage = mobile.opt.use_fp16_arithmetic = False
    assert mobile.load_param(stem + ".param") == 0 and mobile.load_model(stem + ".bin") == 0
    for name, pair in [(n, load_file(f"{stem}-{n}.pair")) for n in sys.argv[9:]]:
        source, expected = (pair[key].transpose(2, 0, 1).copy() for key in ("input", "output"))
        with torch.no_grad():
            results = [net(torch.from_numpy(source[None])).numpy()[0]]
        results.append(session.run(["output"], {"input": source[None]})[0][0])
        # Two pictures at once.
        results.append(session.run(None, {"input": numpy.stack([source[:, ::-1], source])})[0][1])
        extractor = mobile.create_extractor()
        extractor.input("data", ncnn.Mat(source).clone())
        status, result = extractor.extract("output")
        assert status == 0
        results.append(numpy.array(result))
        print(*(abs(result - expected).max() for result in results))
    """

  @Test(arguments: SampleNetworks.all)
  func otherProgramsComputeTheSame(model: ModelDescription) throws {
    // The definition in PyTorch has the paper's reduction.
    var model = model
    if model.attention != .none { model.attention = .squeezeExcitation(reduction: 16) }
    let folder = try TemporaryFolder()
    let network = try SampleNetworks.network(model, in: folder)
    for format in ExportFormat.allCases {
      try NetworkExport(network, as: format, to: folder.file("w.\(format.endings[0])")).run()
    }
    let sizes = [(8, 8), (17, 23), (40, 24)]
    for (height, width) in sizes {
      let picture = SampleNetworks.picture(height: height, width: width, channels: model.inputChannels)
      let scale = model.scale
      try SafetensorsWriter(tensors: [
        .init(name: "input", shape: [height, width, model.inputChannels], values: picture),
        .init(
          name: "output", shape: [scale * height, scale * width, model.outputChannels],
          values: SampleNetworks.enlarged(network, picture, height: height, width: width)),
      ]).write(to: folder.file("w-\(height)x\(width).pair"))
    }
    let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("scripts/pytorch").path
    let run = try Python.run(
      Self.program,
      [
        scripts, folder.file("w"), model.name, "\(model.scale)", "\(model.features)", "\(model.blocks)",
        "\(model.inputChannels)", "\(model.outputChannels)",
      ] + sizes.map { "\($0.0)x\($0.1)" })
    try #require(run.status == 0, "\(run.errors)")
    let rows = run.output.split(separator: "\n").map { $0.split(separator: " ").compactMap { Double($0) } }
    try #require(rows.count == sizes.count)
    for row in rows {
      try #require(row.count == 4)
      #expect(row[0] < 1e-5 && row[1] < 1e-5 && row[2] < 1e-5 && row[3] < 1e-4, "\(run.output)")
    }
  }
}
