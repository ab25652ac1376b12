import SRKernels
import SRModels
import SRTensor

/// Learned perceptual image patch similarity, version 0.1. It is a distance: the sum over the network's taps of the mean over
/// pixels of the weighted squared difference of features. Features are scaled to unit length.
///
/// Zhang, Isola, Efros, Shechtman, Wang: "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric"
/// (CVPR 2018).
package struct LPIPSLoss: Loss, PerceptualLoss {
  /// The scaling layer's input, computed from intensities in 0...1.
  package enum Input: String, Sendable, CaseIterable {
    /// The intensities themselves, as in the paper's released code.
    case raw
    /// 2x - 1, in -1...1, as LPIPS is defined and reported.
    case symmetric
  }

  package let name: String
  package let input: Input
  let comparison: FeatureComparison
  private let linear: LPIPSLinear
  private let kernels: any KernelSet

  /// - Parameter store: keeps targets' features; nil to compute them each time.
  /// - Precondition: `linear` has a weight for each channel of the network's taps.
  package init(
    name: String, network: FeatureNetwork, linear: LPIPSLinear, input: Input = .raw, kernels: any KernelSet,
    store: (any TargetFeatureStore)? = nil
  ) {
    precondition(
      network.taps.map(\.shape.channels) == linear.channels,
      "\(name): \(network.architecture.name) is given linear weights of \(linear.channels) channels")
    self.name = name
    self.input = input
    self.linear = linear
    self.kernels = kernels
    comparison = FeatureComparison(
      network: network, kernels: kernels, normalization: input == .raw ? .lpipsRaw : .lpipsSymmetric,
      form: .unitLength, store: store)
  }

  package func evaluate(
    _ pairs: [ImagePair], weight: Float, scratch: UnsafeMutablePointer<Float>
  ) -> [Double] {
    comparison.evaluate(pairs, scratch: scratch) {
      tap, shape, superFeatures, highFeatures, highResIsUnit, gradient in
      kernels.unitNormalizedDifference(
        superRes: superFeatures, highRes: highFeatures, highResIsUnit: highResIsUnit,
        weights: linear.weights(tap: tap), pixels: shape.pixels, channels: shape.channels,
        gradientScale: weight / Float(shape.pixels), gradient: gradient) / Double(shape.pixels)
    }
  }
}

/// The networks that LPIPS 0.1 is calibrated for.
package enum LPIPSNet: String, Sendable, CaseIterable {
  case vgg
  case alex
  case squeeze

  package var architecture: FeatureArchitecture {
    switch self {
    case .vgg: .vgg16
    case .alex: .alexNet
    case .squeeze: .squeezeNet11
    }
  }
}

/// The weight of each channel of each tap in LPIPS: the calibrated linear layers, their means, or 1 everywhere.
package struct LPIPSLinear: Sendable {
  /// Which weights a run asks for.
  package enum Choice: String, CaseIterable, Sendable {
    /// The calibrated weights if the trunk is the one that they were calibrated for, and none otherwise.
    case automatic
    /// The calibrated weights, for any trunk.
    case v01 = "v0.1"
    /// Each layer's mean weight, which keeps LPIPS's size relative to other terms.
    case mean
    case none
  }

  private let arena: ParameterArena

  /// The calibrated weights, under the names of the `lpips` package: `linN.model.1.weight`, [1, channels, 1, 1].
  ///
  /// - Parameter load: fills the arena with the weights.
  /// - Throws: what `load` throws.
  package init(for architecture: FeatureArchitecture, load: (ParameterArena) throws -> Void) rethrows {
    var layout = ParameterLayout()
    for (index, tap) in architecture.taps.enumerated() {
      _ = layout.append("lin\(index).model.1.weight", shape: [1, architecture.channels(of: tap), 1, 1])
    }
    arena = ParameterArena(layout: layout)
    try load(arena)
  }

  /// All channels have the same weight (the package's `lpips=False`). This is for a trunk that no weights were calibrated for.
  package static func none(for architecture: FeatureArchitecture) -> LPIPSLinear {
    LPIPSLinear(for: architecture) { arena in
      for entry in arena.layout.entries {
        arena.setTensor(entry, to: [Float](repeating: 1, count: entry.count))
      }
    }
  }

  /// The same weight for every channel of a tap: the mean of the `calibrated` weights. This is for a trunk whose channels are not
  /// the ones that the weights were calibrated for. The means keep the weight of each tap, and so the distance's size.
  package static func mean(of calibrated: LPIPSLinear) -> LPIPSLinear {
    let mean = LPIPSLinear(arena: ParameterArena(layout: calibrated.arena.layout))
    for entry in calibrated.arena.layout.entries {
      let sum = calibrated.arena.tensor(entry).reduce(0) { $0 + Double($1) }
      mean.arena.setTensor(
        entry, to: [Float](repeating: Float(sum / Double(entry.count)), count: entry.count))
    }
    return mean
  }

  private init(arena: ParameterArena) { self.arena = arena }

  /// Number of weights of each tap.
  var channels: [Int] { arena.layout.entries.map(\.count) }

  func weights(tap: Int) -> UnsafePointer<Float> {
    UnsafePointer(arena.pointer(to: arena.layout.entries[tap]))
  }
}
