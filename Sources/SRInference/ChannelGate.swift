import SRKernels
import SRTensor

/// The factors by which a map's channels are multiplied, as they follow from the channels' means: fully connected layers with
/// activations.
struct ChannelGate: Sendable {
  /// The map whose means are taken.
  let map: Int
  private(set) var layers: [Layer] = []

  struct Layer: Sendable {
    let weight: ParameterLayout.Entry
    let bias: ParameterLayout.Entry
    var activation = DenseActivation.identity

    var inputs: Int { weight.shape[1] }
    var outputs: Int { weight.shape[0] }
  }

  init(map: Int) { self.map = map }

  func appending(weight: ParameterLayout.Entry, bias: ParameterLayout.Entry) -> ChannelGate {
    precondition(weight.shape[2...].allSatisfy { $0 == 1 }, "\(weight.name) is no 1x1 convolution")
    var gate = self
    gate.layers.append(Layer(weight: weight, bias: bias))
    return gate
  }

  /// - Precondition: there is a layer.
  func activating(_ activation: DenseActivation) -> ChannelGate {
    precondition(!layers.isEmpty, "an activation of means is no gate that inference has")
    var gate = self
    gate.layers[layers.count - 1].activation = activation
    return gate
  }

  /// The factors, with the bits of ``SqueezeExcitation``.
  func factors(means: [Float], _ weights: ParameterArena) -> [Float] {
    var values = means
    for layer in layers {
      let (matrix, bias) = (weights.tensor(layer.weight), weights.tensor(layer.bias))
      values = (0..<layer.outputs).map { output in
        var sum = bias[output]
        for input in 0..<layer.inputs { sum += matrix[output * layer.inputs + input] * values[input] }
        switch layer.activation {
        case .identity: return sum
        case .relu: return max(sum, 0)
        case .sigmoid: return logistic(sum)
        }
      }
    }
    return values
  }
}

/// A gate's layers as the kernels want them, to compute each pixel's own factors. Widths are rounded up to whole vectors with
/// zeros, which no later layer takes notice of.
struct PixelGate: Sendable {
  private struct Layer: Sendable {
    let inputs: Int
    let outputs: Int
    let activation: DenseActivation
    /// [input][output], then the bias.
    let values: AlignedBuffer
  }

  private let layers: [Layer]
  /// Pixels whose factors are computed at a time, so that they stay in the cache.
  static let block = 64
  /// Floats of scratch memory.
  let scratchCount: Int

  init(_ gate: ChannelGate, _ weights: ParameterArena) {
    func rounded(_ count: Int) -> Int { (count + 15) / 16 * 16 }
    layers = gate.layers.enumerated().map { index, layer in
      // The first layer reads the means as they lie, the others what the layer before wrote.
      let inputs = index == 0 ? layer.inputs : rounded(layer.inputs)
      let outputs = rounded(layer.outputs)
      let values = AlignedBuffer(count: (inputs + 1) * outputs)
      let (matrix, bias) = (weights.tensor(layer.weight), weights.tensor(layer.bias))
      for output in 0..<layer.outputs {
        for input in 0..<layer.inputs {
          values.pointer[input * outputs + output] = matrix[output * layer.inputs + input]
        }
        values.pointer[inputs * outputs + output] = bias[output]
      }
      return Layer(inputs: inputs, outputs: outputs, activation: layer.activation, values: values)
    }
    scratchCount = Self.block * 2 * (layers.map(\.outputs).max() ?? 0)
  }

  /// Floats of the layers.
  static func count(_ gate: ChannelGate) -> Int {
    gate.layers.reduce(0) { $0 + (($1.inputs + 15) / 16 * 16 + 1) * (($1.outputs + 15) / 16 * 16) }
  }

  static func scratchCount(_ gate: ChannelGate) -> Int {
    block * 2 * (gate.layers.map { ($0.outputs + 15) / 16 * 16 }.max() ?? 0)
  }

  /// The factors of at most ``block`` pixels, which lie in `scratch` afterwards.
  func factors(
    means: UnsafePointer<Float>, pixels: Int, kernels: any KernelSet, scratch: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    let half = scratchCount / 2
    var source = means
    for (index, layer) in layers.enumerated() {
      let destination = scratch + index % 2 * half
      kernels.dense(
        source, pixels: pixels, inputs: layer.inputs, outputs: layer.outputs, weights: layer.values.pointer,
        bias: layer.values.pointer + layer.inputs * layer.outputs, activation: layer.activation,
        destination: destination)
      source = UnsafePointer(destination)
    }
    return source
  }
}
