/// The layers of a feature network, such as an image classifier's, and the places whose activations ("features") a perceptual
/// loss compares.
package struct FeatureArchitecture: Sendable, Equatable {
  package enum Layer: Sendable, Equatable {
    /// A convolution with bias and ReLU. The parameters are `NAME.weight` and `NAME.bias`.
    case convolution(name: String, outputChannels: Int, kernelSize: Int, stride: Int, padding: Int)
    case maxPooling(kernelSize: Int, stride: Int, ceilMode: Bool)
    /// SqueezeNet's module: see ``Fire``.
    case fire(name: String, squeezeChannels: Int, expandChannels: Int)
  }

  package struct Tap: Sendable, Equatable {
    /// The tap's name, such as `relu1_2`.
    package let name: String
    /// Index of the layer whose output the tap takes.
    package let layer: Int
  }

  /// The network's name, such as `VGG16`.
  package let name: String
  package let layers: [Layer]
  /// The taps, in the order of their layers.
  package let taps: [Tap]

  /// - Parameter taps: the index of the layer and the name of each tap. The last layer has a tap.
  package init(_ name: String, layers: [Layer], taps: [(layer: Int, name: String)]) {
    precondition(
      zip(taps, taps.dropFirst()).allSatisfy { $0.layer < $1.layer } && taps.last?.layer == layers.count - 1,
      "\(name) has \(layers.count) layers and takes features after \(taps.map(\.layer))")
    self.name = name
    self.layers = layers
    self.taps = taps.map { Tap(name: $0.name, layer: $0.layer) }
  }

  /// The same network with some of its taps. Layers after the last of these taps are left out.
  package func taking(_ names: [String]) -> FeatureArchitecture {
    let chosen = taps.filter { names.contains($0.name) }
    precondition(
      !names.isEmpty && chosen.count == names.count,
      "\(name) has the features \(taps.map(\.name)), but not all of \(names)")
    let depth = chosen[chosen.count - 1].layer + 1
    return FeatureArchitecture(
      name, layers: Array(layers.prefix(depth)), taps: chosen.map { ($0.layer, $0.name) })
  }

  /// Channels of a tap's features.
  package func channels(of tap: Tap) -> Int {
    switch layers[tap.layer] {
    case .convolution(_, let outputChannels, _, _, _): return outputChannels
    case .fire(_, _, let expandChannels): return 2 * expandChannels
    case .maxPooling: preconditionFailure("\(name) takes features after a pooling, at \(tap.name)")
    }
  }
}

extension FeatureArchitecture {
  /// The smallest height and width of an image for which no layer's window is larger than the layer's input: 31 pixels for
  /// AlexNet.
  package var smallestImageSide: Int {
    layers.reversed().reduce(1) { side, layer in layer.smallestInput(forOutput: side) }
  }
}

extension FeatureArchitecture.Layer {
  /// The fewest input pixels along one side that give at least `output` pixels. `output` is 1 or more.
  fileprivate func smallestInput(forOutput output: Int) -> Int {
    switch self {
    case .convolution(_, _, let kernelSize, let stride, let padding):
      return max(1, (output - 1) * stride + kernelSize - 2 * padding)
    case .maxPooling(let kernelSize, let stride, let ceilMode):
      // In ceil mode, one pixel under the last window is enough, unless it is the only window.
      let last = ceilMode && output > 1 ? (output - 2) * stride + 1 : (output - 1) * stride
      return kernelSize + last
    case .fire:
      return output
    }
  }
}
