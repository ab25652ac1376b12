import SRKernels
import SRTensor

extension ModelDescription {
  /// The family of networks. A family is a case here and a ``SuperResolutionNetwork``.
  package enum Architecture: String, Sendable, Codable, CaseIterable {
    /// ``SRResNet``.
    case srresnet
    /// ``CompactNetwork``.
    case compact
  }

  /// Builds the network: appends its parameters to `layout`, which may already hold other networks' parameters.
  ///
  /// - Parameter prefix: the beginning of the parameters' names. It distinguishes them from other networks' parameters.
  /// - Precondition: the description is valid (``validate()``).
  package func network(
    prefix: String = "", in layout: inout ParameterLayout
  ) -> any SuperResolutionNetwork {
    do { try validate() } catch { preconditionFailure("\(error)") }
    return architecture.networkType.init(self, prefix: prefix, in: &layout)
  }

  /// The value of `--model` that names the network's kind.
  package var name: String {
    switch architecture {
    // The paper's names for its two models.
    case .srresnet: attention == .none ? "vanilla" : "attention"
    case .compact: "compact"
    }
  }

  /// The options that give a network of this kind and size, without the scale.
  package var options: String {
    "--model \(name) --features \(features) --blocks \(blocks)"
      + (architecture.takesAttention ? " --attention '\(attention)'" : "")
      + (inputChannels == outputChannels && inputChannels == ImageShape.rgbChannels
        ? "" : " --in-channels \(inputChannels) --out-channels \(outputChannels)")
  }
}

extension ModelDescription.Architecture {
  /// The type of the family's networks.
  var networkType: any SuperResolutionNetwork.Type {
    switch self {
    case .srresnet: SRResNet.self
    case .compact: CompactNetwork.self
    }
  }

  /// What messages call a network of the family.
  var title: String {
    switch self {
    case .srresnet: "SRResNet"
    case .compact: "compact network"
    }
  }

  /// The scales that a network of the family can have.
  package var scales: [Int] { networkType.scales }
  /// Such as `1, 2, 4, 8`.
  package var scalesText: String { scales.map(String.init).joined(separator: ", ") }
  /// Whether the network has a place for a ``ModelDescription/Attention``.
  package var takesAttention: Bool { networkType.takesAttention }
  /// Whether the network adds its input to its output, which then has as many channels.
  package var addsInput: Bool { networkType.addsInput }
}
