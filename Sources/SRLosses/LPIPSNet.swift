import SRModels

/// The networks that LPIPS 0.1 is calibrated for.
public enum LPIPSNet: String, Sendable, CaseIterable {
  case vgg
  case alex
  case squeeze

  /// Such as `lpips_vgg`.
  public var lossName: String { "lpips_\(rawValue)" }

  public var architecture: FeatureArchitecture {
    switch self {
    case .vgg: .vgg16
    case .alex: .alexNet
    case .squeeze: .squeezeNet11
    }
  }
}
