import SRKernels
import SRTensor

/// The description of a network: everything that decides its parameters' names and shapes. The defaults are the paper's second
/// model.
///
/// A description is stored with the weights: as JSON in the metadata of each weight file, and in a checkpoint's state.
package struct ModelDescription: Sendable, Hashable {
  package var architecture = Architecture.srresnet
  /// The output's height divided by the input's height: one of the architecture's ``Architecture/scales``.
  package var scale = 4
  /// Channels of the input image.
  package var inputChannels = ImageShape.rgbChannels
  /// Channels of the output image.
  package var outputChannels = ImageShape.rgbChannels
  /// Channels of the maps between head and output; a multiple of 16.
  package var features = 64
  /// Residual blocks, or other layers of which an architecture has any number.
  package var blocks = 16
  package var attention = Attention.squeezeExcitation(reduction: Attention.standardReduction)
  /// How the values of the training pictures stand for intensities; nil if a type's whole range does. It decides no parameter,
  /// but which files the network can enlarge.
  package var values: SampleScale?

  /// The scales that a network of some architecture can have.
  package static let scales = Set(Architecture.allCases.flatMap(\.scales)).sorted()
  package static let channelRange = 1...256
  package static let featureRange = 16...1024
  /// Kernels process channels sixteen at a time.
  package static let featureStep = 16
  package static let blockRange = 1...256

  /// The paper's first model, SRResNet without attention.
  package static let vanilla = ModelDescription(attention: .none)
  /// The paper's second model: squeeze-and-excitation in every residual block.
  package static let attention = ModelDescription(
    attention: .squeezeExcitation(reduction: Attention.standardReduction))

  /// Real-ESRGAN's small network, with 16 inner convolutions.
  package static let compact = ModelDescription(.compact, attention: .none)

  package init(_ architecture: Architecture = .srresnet, attention: Attention) {
    self.architecture = architecture
    self.attention = attention
  }

  /// Checks every value.
  ///
  /// - Throws: ``ModelDescriptionError`` that names the value and the expected values.
  package func validate() throws {
    func check(_ isGood: Bool, _ name: String, _ found: Any, _ expected: String) throws {
      guard isGood else { throw ModelDescriptionError("\(name) is \(found), expected \(expected)") }
    }
    try check(architecture.scales.contains(scale), "scale", scale, "one of \(architecture.scalesText)")
    for (name, channels) in [("in_channels", inputChannels), ("out_channels", outputChannels)] {
      let range = Self.channelRange
      try check(range.contains(channels), name, channels, "from \(range.lowerBound) to \(range.upperBound)")
    }
    if architecture.addsInput {
      try check(
        inputChannels == outputChannels, "out_channels", outputChannels,
        "the \(inputChannels) of in_channels: a \(architecture.rawValue) network adds its input to its output"
      )
    }
    let (features, blocks) = (Self.featureRange, Self.blockRange)
    try check(
      features.contains(self.features) && self.features % Self.featureStep == 0, "features", self.features,
      "a multiple of \(Self.featureStep) from \(features.lowerBound) to \(features.upperBound)")
    try check(
      blocks.contains(self.blocks), "blocks", self.blocks, "from \(blocks.lowerBound) to \(blocks.upperBound)"
    )
    guard architecture.takesAttention || attention == .none else {
      throw ModelDescriptionError(
        "attention is \(attention), expected none: a \(architecture.rawValue) network has no place for it")
    }
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
      (.range, values?.description ?? "the type's whole range"),
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
    "\(architecture.rawValue) x\(scale), \(features) features, \(blocks) blocks"
      + (architecture.takesAttention ? ", attention \(attention)" : "")
      + (channelsText.map { ", \($0)" } ?? "") + (values.map { ", values \($0)" } ?? "")
  }

  /// Such as `1 channel` or `4 channels to 3`; nil for RGB.
  private var channelsText: String? {
    if inputChannels != outputChannels { return "\(inputChannels) channels to \(outputChannels)" }
    if inputChannels == ImageShape.rgbChannels { return nil }
    return inputChannels == 1 ? "1 channel" : "\(inputChannels) channels"
  }
}

extension ModelDescription: Codable {
  enum CodingKeys: String, CodingKey {
    case architecture, scale
    case inputChannels = "in_channels"
    case outputChannels = "out_channels"
    case features, blocks, attention, dtype, range
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
    attention =
      architecture.takesAttention
      ? try values.decode(Attention.self, forKey: .attention)
      : try values.decodeIfPresent(Attention.self, forKey: .attention) ?? .none
    self.values = try values.decodeIfPresent(ValueRange.self, forKey: .range).map {
      SampleScale(try values.decode(SampleType.self, forKey: .dtype), $0)
    }
    do {
      try validate()
    } catch {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "\(error)"))
    }
  }
}

extension ModelDescription {
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(architecture, forKey: .architecture)
    try container.encode(scale, forKey: .scale)
    try container.encode(inputChannels, forKey: .inputChannels)
    try container.encode(outputChannels, forKey: .outputChannels)
    try container.encode(features, forKey: .features)
    try container.encode(blocks, forKey: .blocks)
    try container.encode(attention, forKey: .attention)
    try container.encodeIfPresent(values?.sample, forKey: .dtype)
    try container.encodeIfPresent(values?.range, forKey: .range)
  }
}

// MARK: - Tensors

extension ModelDescription {
  /// Recognises a network by its tensors' names and shapes, for a file that PyTorch wrote.
  ///
  /// - Parameter tensors: shapes by name, OIHW for convolutions.
  /// - Throws: ``ModelDescriptionError`` that names a tensor that is missing or has an unexpected shape.
  package init(tensors: [String: [Int]]) throws {
    guard
      let architecture = Architecture.allCases.first(where: { tensors[$0.networkType.firstTensor] != nil })
    else {
      let marks = Architecture.allCases.map {
        "no tensor \($0.networkType.firstTensor), which every \($0.title) has"
      }
      throw ModelDescriptionError("there is \(marks.joined(separator: ", and "))")
    }
    self = try architecture.networkType.description(
      of: TensorShapes(tensors, network: architecture.title))
    try validate()
  }
}

/// The shapes of a file's tensors, by name.
package struct TensorShapes {
  let shapes: [String: [Int]]
  /// The kind of network that the tensors should belong to.
  private let network: String

  init(_ shapes: [String: [Int]], network: String) {
    self.shapes = shapes
    self.network = network
  }

  subscript(name: String) -> [Int]? { shapes[name] }

  /// The shape of a tensor that has `count` dimensions.
  func shape(_ name: String, _ count: Int) throws -> [Int] {
    guard let shape = shapes[name] else {
      throw ModelDescriptionError("there is no tensor \(name), which every \(network) has")
    }
    guard shape.count == count else {
      throw ModelDescriptionError("\(name) has shape \(shape), expected \(count) dimensions")
    }
    return shape
  }

  /// Throws if a tensor has another shape. `reason` follows the expected shape in the error.
  func check(_ name: String, _ expected: [Int], _ reason: String) throws {
    guard shapes[name] == expected else {
      throw ModelDescriptionError(
        "\(name) has shape \(shapes[name] ?? []), expected \(expected), \(reason)")
    }
  }

  /// The number of features, which is the first dimension of the first convolution's weight. Widths that other tensors should
  /// have are multiples of it.
  func features(_ name: String) throws -> (features: Int, inputChannels: Int) {
    let shape = try shape(name, 4)
    let most = ModelDescription.featureRange.upperBound
    guard shape[0] <= most else {
      throw ModelDescriptionError("\(name) has shape \(shape), expected at most \(most) first")
    }
    return (shape[0], shape[1])
  }

  /// How many of the names `name(0)`, `name(1)`, `name(2)`, ... exist.
  func count(_ name: (Int) -> String) -> Int {
    var index = 0
    while shapes[name(index)] != nil { index += 1 }
    return index
  }
}
