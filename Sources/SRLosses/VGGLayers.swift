import SRModels

/// The features that the VGG loss compares, with their weights, such as `relu1_2=0.1,relu2_2=0.1`.
package struct VGGLayers: Sendable, Equatable, CustomStringConvertible {
  /// A ReLU of VGG16, and its factor in the sum.
  private struct Layer: Sendable, Equatable {
    let name: String
    let weight: Float
  }

  /// In the network's order.
  private let layers: [Layer]

  /// The paper's features: relu1_2, relu2_2 and relu3_3, each with a weight of 1.
  package static let standard = VGGLayers(
    layers: ["relu1_2", "relu2_2", "relu3_3"].map { Layer(name: $0, weight: 1) })

  private init(layers: [Layer]) { self.layers = layers }

  /// Reads layers and weights. Weights are positive, and each layer occurs at most once.
  ///
  /// Throws ``VGGLayersError``.
  package init(_ text: String) throws(VGGLayersError) {
    let known = FeatureArchitecture.vgg16Layers.taps.map(\.name)
    var weights: [String: Float] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
        .map { String($0.filter { !$0.isWhitespace }) }
      guard sides.count == 2 else {
        throw VGGLayersError("'\(part)' is no layer with its weight, such as relu1_2=0.1")
      }
      guard known.contains(sides[0]) else { throw VGGLayersError(Self.unknown(sides[0], known)) }
      guard let weight = Float(sides[1]), weight > 0, weight.isFinite else {
        throw VGGLayersError("the weight of \(sides[0]) is '\(sides[1])', and a positive number is needed")
      }
      guard weights.updateValue(weight, forKey: sides[0]) == nil else {
        throw VGGLayersError("\(sides[0]) is given twice")
      }
    }
    layers = known.compactMap { name in weights[name].map { Layer(name: name, weight: $0) } }
  }

  private static func unknown(_ name: String, _ known: [String]) -> String {
    let after = name.hasPrefix("conv") ? "relu\(name.dropFirst(4))" : ""
    let advice =
      known.contains(after)
      ? ". srdist takes features after the ReLU, which are \(after)"
      : name.hasPrefix("conv") ? ". conv3_4, conv4_4 and conv5_4 belong to VGG19" : ""
    return "VGG16 has no layer '\(name)'; its layers are \(known.joined(separator: ", "))\(advice)"
  }

  package var description: String {
    layers.map { "\($0.name)=\(Int(exactly: $0.weight).map(String.init) ?? "\($0.weight)")" }
      .joined(separator: ",")
  }

  /// VGG16 up to the last of the layers, with these taps.
  package var architecture: FeatureArchitecture { .vgg16Layers.taking(layers.map(\.name)) }

  /// The weights of the taps of ``architecture``.
  package var weights: [Float] { layers.map(\.weight) }
}

/// Why a text names no features of VGG16.
package struct VGGLayersError: Error, Equatable, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}
