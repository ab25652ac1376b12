import SRModels
import SRTensor

/// How much each channel of each tap weighs in LPIPS: its calibrated linear layers, or 1 everywhere.
public struct LPIPSLinear: Sendable {
  private let arena: ParameterArena

  /// The calibrated weights, under the names of the `lpips` package: `linN.model.1.weight`, [1, channels, 1, 1].
  ///
  /// - Parameter load: fills the arena with the weights.
  /// - Throws: what `load` throws.
  public init(for architecture: FeatureArchitecture, load: (ParameterArena) throws -> Void) rethrows {
    var layout = ParameterLayout()
    for (index, tap) in architecture.taps.enumerated() {
      _ = layout.append("lin\(index).model.1.weight", shape: [1, architecture.channels(of: tap), 1, 1])
    }
    arena = ParameterArena(layout: layout)
    try load(arena)
  }

  /// Every channel counts alike (the package's `lpips=False`): for a trunk that no weights were calibrated for.
  public static func none(for architecture: FeatureArchitecture) -> LPIPSLinear {
    LPIPSLinear(for: architecture) { arena in
      for entry in arena.layout.entries {
        arena.setTensor(entry, to: [Float](repeating: 1, count: entry.count))
      }
    }
  }

  /// Number of weights of each tap.
  var channels: [Int] { arena.layout.entries.map(\.count) }

  func weights(tap: Int) -> UnsafePointer<Float> {
    UnsafePointer(arena.pointer(to: arena.layout.entries[tap]))
  }
}
