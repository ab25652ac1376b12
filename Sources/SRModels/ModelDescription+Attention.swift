import SRLayers
import SRTensor

extension ModelDescription {
  /// The attention that weighs the channels at the end of each residual block.
  ///
  /// A kind is a case here, with its text, what it needs, its layer, and the tensors that tell it.
  package enum Attention: Sendable, Hashable {
    case none
    /// ``SqueezeExcitation``; the hidden layer has features / reduction values.
    case squeezeExcitation(reduction: Int)

    /// The paper's reduction of squeeze-and-excitation.
    package static let standardReduction = 16
  }
}

extension ModelDescription.Attention: CustomStringConvertible, LosslessStringConvertible {
  /// `none`, or such as `se(16)`.
  package var description: String {
    switch self {
    case .none: "none"
    case .squeezeExcitation(let reduction): "se(\(reduction))"
    }
  }

  /// Reads a ``description``, or `se` for the paper's reduction. Nil if the text is neither.
  package init?(_ text: String) {
    switch text {
    case "none": self = .none
    case "se": self = .squeezeExcitation(reduction: Self.standardReduction)
    default:
      guard text.hasPrefix("se("), text.hasSuffix(")"), let reduction = Int(text.dropFirst(3).dropLast()),
        reduction > 0
      else { return nil }
      self = .squeezeExcitation(reduction: reduction)
    }
  }

  /// The texts that ``init(_:)`` reads.
  package static let expected = "none, se (reduction \(standardReduction)) or se(REDUCTION)"

  /// What blocks of so many features need; nil if this attention fits them.
  func misfit(features: Int) -> String? {
    switch self {
    case .none: nil
    case .squeezeExcitation(let reduction):
      reduction > 0 && features % reduction == 0
        ? nil : "a reduction that divides the \(features) features"
    }
  }

  /// The layer of this kind, with its parameters registered in `layout`; nil for none.
  func layer(
    _ name: String, channels: Int, in layout: inout ParameterLayout
  ) -> (any ChannelAttention)? {
    switch self {
    case .none: nil
    case .squeezeExcitation(let reduction):
      SqueezeExcitation(name, channels: channels, reduction: reduction, in: &layout)
    }
  }

  /// The kind that the tensors of the first residual block tell.
  init(tensors: [String: [Int]], features: Int) throws {
    let squeeze = "res_blocks.0.attention.se.1.weight"
    guard let hidden = tensors[squeeze] else {
      self = .none
      return
    }
    guard let values = hidden.first, values > 0, features % values == 0 else {
      throw ModelDescriptionError(
        "\(squeeze) has shape \(hidden), expected a divisor of the \(features) features first")
    }
    self = .squeezeExcitation(reduction: features / values)
  }
}

extension ModelDescription.Attention: Codable {
  /// Throws `DecodingError` if the value is not a text that ``init(_:)`` reads.
  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let attention = Self(text) else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "attention is '\(text)', expected \(Self.expected)"))
    }
    self = attention
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
