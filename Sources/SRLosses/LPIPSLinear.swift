import SRModels
import SRTensor

/// How much each channel of each tap weighs in LPIPS: its calibrated linear layers, their means, or 1 everywhere.
package struct LPIPSLinear: Sendable {
  /// Which of them a run asks for.
  package enum Choice: String, CaseIterable, Sendable {
    /// The calibrated ones over the trunk that they were calibrated for, none over another.
    case automatic
    /// The calibrated ones, over any trunk.
    case v01 = "v0.1"
    /// Each layer's mean weight, which keeps what LPIPS counts beside other terms.
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

  /// Every channel counts alike (the package's `lpips=False`): for a trunk that no weights were calibrated for.
  package static func none(for architecture: FeatureArchitecture) -> LPIPSLinear {
    LPIPSLinear(for: architecture) { arena in
      for entry in arena.layout.entries {
        arena.setTensor(entry, to: [Float](repeating: 1, count: entry.count))
      }
    }
  }

  /// The same weight for every channel of a tap: the mean of `calibrated` ones. For a trunk whose channels are not those
  /// that the weights were calibrated for: it keeps what each tap counts, and so the distance's size.
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
