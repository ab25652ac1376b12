import SRTensor

/// Weights by the formulas in `scripts/pytorch/formulas.py`, which computes the same bits.
enum FormulaParameters {
  /// Uniform in -1 ..< 1: element `index` of the sequence called `name`.
  static func uniform(_ name: String, _ index: Int) -> Float {
    var seed: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01b3 }
    var z = seed &+ UInt64(index + 1) &* 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    z = z ^ (z >> 31)
    return Float(Int32(z >> 40) - 8_388_608) / 8_388_608
  }

  /// Fills weights and biases of convolutions with uniform values in -b ..< b, where b = 1 / sqrt(fan_in) of the weight.
  static func fill(_ arena: ParameterArena) {
    var bound: Float = 1
    for entry in arena.layout.entries {
      if entry.shape.count == 4 {
        bound = Float(1 / Double(entry.shape[1...].reduce(1, *)).squareRoot())
      }
      let bound = bound
      arena.setTensor(entry, to: (0..<entry.count).map { uniform(entry.name, $0) * bound })
    }
  }
}
