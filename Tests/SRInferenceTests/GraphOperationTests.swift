import SRInference
import SRKernelDispatch
import SRKernels
import SRLayers
import SRModels
import SRProcess
import SRTensor
import Testing

/// Operations that SRResNet does not have, in a network like Real-ESRGAN's small one: per-channel PReLU, ReLU, a pixel shuffle of
/// any factor, and the picture enlarged by nearest.
@Suite struct GraphOperationTests {
  private static let factor = 3

  @Test(arguments: CPULevel.supported())
  func aCompactNetworkAgreesWithTheDefinition(level: CPULevel) throws {
    let (height, width, channels) = (29, 34, 16)
    var layout = ParameterLayout()
    let first = Convolution2D(
      "body.0", inputChannels: 3, outputChannels: channels, kernelSize: 3, in: &layout)
    let slopes = layout.append("body.1.weight", shape: [channels])
    let middle = (0..<3).map {
      Convolution2D(
        "body.\(2 + $0)", inputChannels: channels, outputChannels: channels, kernelSize: 3, in: &layout)
    }
    let last = Convolution2D(
      "body.9", inputChannels: channels, outputChannels: 3 * Self.factor * Self.factor, kernelSize: 3,
      in: &layout)
    let weights = ParameterArena(layout: layout)
    var generator = PhiloxGenerator(seed: 4, stream: 2)
    for entry in layout.entries {
      weights.setTensor(entry, to: (0..<entry.count).map { _ in generator.uniform() * 0.4 - 0.2 })
    }

    var graph = NetworkGraph()
    var value = first.append(to: &graph, graph.input)
    value = graph.append(.prelu(slope: slopes), "body.1", value)
    for (index, convolution) in middle.enumerated() {
      value = convolution.append(to: &graph, value)
      if index == 1 { value = graph.append(.relu, "relu", value) }
    }
    value = last.append(to: &graph, value)
    value = graph.append(.pixelShuffle(factor: Self.factor), "upsampler", value)
    let base = graph.append(.nearestUpsampling(factor: Self.factor), "base", graph.input)
    _ = graph.append(.add, "sum", value, base)

    let picture = SampleInference.picture(height: height, width: width)
    func convolve(_ convolution: Convolution2D, _ image: [Double]) -> [Double] {
      let hwio = UnsafeBufferPointer(
        start: weights.pointer(to: convolution.weight), count: convolution.weight.count)
      return Reference.convolution2DForward(
        convolution.shape(height: height, width: width), source: image, slope: nil,
        weights: hwio.map(Double.init), bias: weights.tensor(convolution.bias).map(Double.init))
    }
    let slope = weights.tensor(slopes).map(Double.init)
    var image = convolve(first, picture.map(Double.init)).enumerated().map { index, value in
      value > 0 ? value : slope[index % channels] * value
    }
    for (index, convolution) in middle.enumerated() {
      image = convolve(convolution, image)
      if index == 1 { image = image.map { max($0, 0) } }
    }
    image = convolve(last, image)
    let f = Self.factor
    var expected: [Double] = []
    for y in 0..<height * f {
      for x in 0..<width * f {
        for c in 0..<3 {
          let pixel = y / f * width + x / f
          expected.append(image[(pixel * 3 + c) * f * f + y % f * f + x % f] + Double(picture[pixel * 3 + c]))
        }
      }
    }

    let model = SampleInference.model(attention: .none)
    var results: [[Float]] = []
    func inference(threads: Int, memory: Int?) throws -> NetworkInference {
      NetworkInference(
        model, graph: graph, weights: weights, pooling: .global, memory: memory, kernels: level.kernels,
        pool: try WorkerPool(count: threads))
    }
    let least = try inference(threads: 3, memory: nil).memoryNeeded(height: height, width: width)
    for (threads, memory) in [(1, nil), (2, nil), (3, least)] {
      let inference = try inference(threads: threads, memory: memory)
      var values: [Float] = []
      try inference.enlarge(picture, height: height, width: width) { rows, strip in
        values += UnsafeBufferPointer(start: strip, count: rows.count * width * f * 3)
      }
      results.append(values)
    }
    #expect(results[0].count == expected.count)
    #expect(zip(results[0], expected).allSatisfy { abs(Double($0) - $1) <= 1e-5 })
    #expect(results[1] == results[0])
    #expect(results[2] == results[0])
  }
}
