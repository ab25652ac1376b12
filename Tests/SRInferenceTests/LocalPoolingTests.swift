import SRInference
import SRKernelDispatch
import SRKernels
import SRLayers
import SRModels
import SRTensor
import Testing

@Suite struct LocalPoolingTests {
  private static let sample = SampleInference(
    SampleInference.model(scale: 1, blocks: 2, attention: .squeezeExcitation(reduction: 4)))

  @Test(arguments: CPULevel.supported())
  func aPictureNoLargerThanAWindowPoolsGlobally(level: CPULevel) throws {
    let picture = SampleInference.picture(height: 48, width: 30)
    let global = try Self.sample.inference(level, threads: 2)
    let local = try Self.sample.inference(level, threads: 2, pooling: .local)
    #expect(
      try local.enlarge(picture, height: 48, width: 30).values
        == global.enlarge(picture, height: 48, width: 30).values)
  }

  @Test(arguments: CPULevel.supported(), [(49, 75), (20, 60), (101, 50)])
  func agreesWithTheDefinition(level: CPULevel, size: (height: Int, width: Int)) throws {
    let (height, width) = size
    let picture = SampleInference.picture(height: height, width: width)
    let inference = try Self.sample.inference(level, threads: 1, pooling: .local)
    let values = try inference.enlarge(picture, height: height, width: width).values
    let expected = Definition(Self.sample, height: height, width: width).result(picture)
    #expect(zip(values, expected).allSatisfy { abs(Double($0) - $1) <= 2e-5 })
    for threads in 2...3 {
      let other = try Self.sample.inference(
        level, threads: threads, pooling: .local,
        memory: inference.memoryNeeded(height: height, width: width) + (threads << 18))
      #expect(try other.enlarge(picture, height: height, width: width).values == values)
    }
    let global = try Self.sample.inference(level, threads: 1)
    #expect(try global.enlarge(picture, height: height, width: width).values != values)
  }
}

/// An SE-SRResNet of scale 1 with local pooling, by its definition in double precision.
private struct Definition {
  private let sample: SampleInference
  private let height: Int
  private let width: Int

  init(_ sample: SampleInference, height: Int, width: Int) {
    (self.sample, self.height, self.width) = (sample, height, width)
  }

  private var features: Int { sample.model.features }

  private func entry(_ name: String) -> ParameterLayout.Entry { sample.weights.layout.entry(named: name)! }

  private func tensor(_ name: String) -> [Double] { sample.weights.tensor(entry(name)).map(Double.init) }

  private func convolution(_ name: String, _ image: [Double]) -> [Double] {
    let weight = entry("\(name).weight")
    let shape = Convolution2DShape(
      inputHeight: height, inputWidth: width, inputChannels: weight.shape[1], outputChannels: weight.shape[0],
      kernelSize: weight.shape[2], padding: weight.shape[2] / 2)
    let hwio = UnsafeBufferPointer(start: sample.weights.pointer(to: weight), count: weight.count)
    return Reference.convolution2DForward(
      shape, source: image, slope: nil, weights: hwio.map(Double.init), bias: tensor("\(name).bias"))
  }

  private func prelu(_ name: String, _ image: [Double]) -> [Double] {
    Reference.preluForward(source: image, slope: tensor("\(name).weight")[0])
  }

  func result(_ picture: [Float]) -> [Double] {
    let head = prelu("conv1.1", convolution("conv1.0", picture.map(Double.init)))
    var image = head
    for block in 0..<sample.model.blocks {
      let name = "res_blocks.\(block)"
      let inner = convolution(
        "\(name).block.2", prelu("\(name).block.1", convolution("\(name).block.0", image)))
      let gates = gates("\(name).attention", inner)
      image = image.indices.map { image[$0] + inner[$0] * gates[$0] }
    }
    return convolution("conv3", Reference.add(head, convolution("conv2", image)))
  }

  /// A gate for each pixel and channel.
  private func gates(_ name: String, _ image: [Double]) -> [Double] {
    let means = Reference.windowMeans(
      image, ImageShape(height: height, width: width, channels: features), rows: min(48, height),
      columns: min(48, width))
    let hidden = dense("\(name).se.1", means, .relu)
    return dense("\(name).se.3", hidden, .sigmoid)
  }

  /// A 1x1 convolution. Files have the weights as [outputs, inputs].
  private func dense(_ name: String, _ values: [Double], _ activation: DenseActivation) -> [Double] {
    let (weight, bias) = (tensor("\(name).weight"), tensor("\(name).bias"))
    let inputs = weight.count / bias.count
    let turned = (0..<inputs).flatMap { input in bias.indices.map { weight[$0 * inputs + input] } }
    return Reference.dense(values, inputs: inputs, weights: turned, bias: bias, activation: activation)
  }
}
