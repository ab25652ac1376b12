/// The description of a network: everything that decides its parameters' names and shapes. The defaults are the paper's second
/// model.
///
/// A description is stored with the weights: as JSON in the metadata of each weight file, and in a checkpoint's state.
package struct ModelDescription: Sendable, Hashable {
  /// The family of networks.
  package enum Architecture: String, Sendable, Codable, CaseIterable {
    /// ``SRResNet``.
    case srresnet
  }

  package var architecture = Architecture.srresnet
  /// The output's height divided by the input's height: one of ``scales``.
  package var scale = 4
  /// Channels of the input image.
  package var inputChannels = 3
  /// Channels of the output image.
  package var outputChannels = 3
  /// Channels of the maps between head and output; a multiple of 16.
  package var features = 64
  /// Residual blocks.
  package var blocks = 16
  package var attention = Attention.squeezeExcitation(reduction: Attention.standardReduction)

  /// The scales that a network can have. One upsampling doubles height and width.
  package static let scales = [1, 2, 4, 8]
  /// Images have red, green and blue.
  package static let imageChannels = 3
  package static let featureRange = 16...1024
  /// Kernels process channels sixteen at a time.
  package static let featureStep = 16
  package static let blockRange = 1...256

  /// The paper's first model, SRResNet without attention.
  package static let vanilla = ModelDescription(attention: .none)
  /// The paper's second model: squeeze-and-excitation in every residual block.
  package static let attention = ModelDescription(
    attention: .squeezeExcitation(reduction: Attention.standardReduction))

  package init(attention: Attention) { self.attention = attention }

  /// Doublings of height and width. `scale` is one of ``scales``.
  package var upsamplings: Int { scale.trailingZeroBitCount }

  /// Checks every value.
  ///
  /// - Throws: ``ModelDescriptionError`` that names the value and the expected values.
  package func validate() throws {
    func check(_ isGood: Bool, _ name: String, _ found: Any, _ expected: String) throws {
      guard isGood else { throw ModelDescriptionError("\(name) is \(found), expected \(expected)") }
    }
    let scales = Self.scales.map(String.init).joined(separator: ", ")
    try check(Self.scales.contains(scale), "scale", scale, "one of \(scales)")
    for (name, channels) in [("in_channels", inputChannels), ("out_channels", outputChannels)] {
      try check(channels == Self.imageChannels, name, channels, "\(Self.imageChannels)")
    }
    let (features, blocks) = (Self.featureRange, Self.blockRange)
    try check(
      features.contains(self.features) && self.features % Self.featureStep == 0, "features", self.features,
      "a multiple of \(Self.featureStep) from \(features.lowerBound) to \(features.upperBound)")
    try check(
      blocks.contains(self.blocks), "blocks", self.blocks, "from \(blocks.lowerBound) to \(blocks.upperBound)"
    )
    if let expected = attention.misfit(features: self.features) {
      try check(false, "attention", attention, expected)
    }
  }

  /// How `other` differs, one line for each value, such as `scale: 2 in a.safetensors, 4 in this run`.
  ///
  /// - Parameters:
  ///   - place: where `other` is stored.
  ///   - here: where this description is stored.
  package func differences(from other: ModelDescription, in place: String, here: String) -> [String] {
    zip(facts, other.facts).compactMap { ours, theirs in
      ours.value == theirs.value
        ? nil : "\(ours.key.rawValue): \(theirs.value) in \(place), \(ours.value) in \(here)"
    }
  }

  /// Every value by its JSON key.
  private var facts: [(key: CodingKeys, value: String)] {
    [
      (CodingKeys.architecture, architecture.rawValue), (.scale, String(scale)),
      (.inputChannels, String(inputChannels)), (.outputChannels, String(outputChannels)),
      (.features, String(features)), (.blocks, String(blocks)), (.attention, attention.description),
    ]
  }
}

/// A description does not describe a network that can be built, or tensors belong to no known network.
package struct ModelDescriptionError: Error, CustomStringConvertible, Equatable {
  package let description: String
  package init(_ description: String) { self.description = description }
}

// MARK: - Text

extension ModelDescription: CustomStringConvertible {
  /// The description in one line, such as `srresnet x4, 64 features, 16 blocks, attention se(16)`.
  package var description: String {
    "\(architecture.rawValue) x\(scale), \(features) features, \(blocks) blocks, attention \(attention)"
  }

  /// The paper's name for the model, `vanilla` or `attention`. The attention decides it.
  package var name: String { attention == .none ? "vanilla" : "attention" }
}

extension ModelDescription: Codable {
  enum CodingKeys: String, CodingKey {
    case architecture, scale
    case inputChannels = "in_channels"
    case outputChannels = "out_channels"
    case features, blocks, attention
  }

  /// Throws `DecodingError` if a value is missing or out of its range.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    architecture = try values.decode(Architecture.self, forKey: .architecture)
    scale = try values.decode(Int.self, forKey: .scale)
    inputChannels = try values.decode(Int.self, forKey: .inputChannels)
    outputChannels = try values.decode(Int.self, forKey: .outputChannels)
    features = try values.decode(Int.self, forKey: .features)
    blocks = try values.decode(Int.self, forKey: .blocks)
    attention = try values.decode(Attention.self, forKey: .attention)
    do {
      try validate()
    } catch {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "\(error)"))
    }
  }
}

// MARK: - Tensors

extension ModelDescription {
  /// Recognises a network by its tensors' names and shapes, for a file that PyTorch wrote.
  ///
  /// - Parameter tensors: shapes by name, OIHW for convolutions.
  /// - Throws: ``ModelDescriptionError`` that names a tensor that is missing or has an unexpected shape.
  package init(tensors: [String: [Int]]) throws {
    func shape(_ name: String, _ count: Int) throws -> [Int] {
      guard let shape = tensors[name] else {
        throw ModelDescriptionError("there is no tensor \(name), which every SRResNet has")
      }
      guard shape.count == count else {
        throw ModelDescriptionError("\(name) has shape \(shape), expected \(count) dimensions")
      }
      return shape
    }
    /// How many of the names `name(0)`, `name(1)`, `name(2)`, ... exist.
    func count(_ name: (Int) -> String) -> Int {
      var index = 0
      while tensors[name(index)] != nil { index += 1 }
      return index
    }
    let head = try shape("conv1.0.weight", 4)
    let output = try shape("conv3.weight", 4)
    self.init(attention: .none)
    (features, inputChannels, outputChannels) = (head[0], head[1], output[0])
    // The widths below are multiples of it.
    guard features <= Self.featureRange.upperBound else {
      throw ModelDescriptionError(
        "conv1.0.weight has shape \(head), expected at most \(Self.featureRange.upperBound) first")
    }
    blocks = count { "res_blocks.\($0).block.0.weight" }
    let upsamplings = count { "upsample.\($0).block.0.weight" }
    guard upsamplings <= Self.scales.count else {
      throw ModelDescriptionError(
        "there are \(upsamplings) upsamplings, expected at most \(Self.scales.count - 1)")
    }
    scale = 1 << upsamplings
    for index in 0..<upsamplings {
      let name = "upsample.\(index).block.0.weight"
      let expected = [4 * features, features, 3, 3]
      guard tensors[name] == expected else {
        throw ModelDescriptionError(
          "\(name) has shape \(tensors[name] ?? []), expected \(expected), which doubles height and width")
      }
    }
    attention = try Attention(tensors: tensors, features: features)
    try validate()
  }
}
