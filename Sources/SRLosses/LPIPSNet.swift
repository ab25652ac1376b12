import SRModels

/// The networks that LPIPS 0.1 is calibrated for.
package enum LPIPSNet: String, Sendable, CaseIterable {
  case vgg
  case alex
  case squeeze

  /// Such as `lpips_vgg`.
  package var lossName: String { "lpips_\(rawValue)" }

  package var architecture: FeatureArchitecture {
    switch self {
    case .vgg: .vgg16
    case .alex: .alexNet
    case .squeeze: .squeezeNet11
    }
  }
}
