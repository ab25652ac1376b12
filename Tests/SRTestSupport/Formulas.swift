import SRTensor

/// Weights and pictures that Python and Swift compute to the same bits, so fixtures need not store them. The definitions are in
/// `scripts/pytorch/formulas.py`.
package enum Formulas {
  /// FNV-1a, 64 bits.
  private static func hash(_ name: String) -> UInt64 {
    name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// SplitMix64's output `index` of the generator seeded with the name's hash.
  package static func draw(_ name: String, _ index: Int) -> UInt64 {
    draw(seed: hash(name), index)
  }

  private static func draw(seed: UInt64, _ index: Int) -> UInt64 {
    var z = seed &+ UInt64(index + 1) &* 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  package static func uniform(_ name: String, _ index: Int) -> Float {
    Float(Int32(draw(name, index) >> 40) - 8_388_608) / 8_388_608
  }

  /// Sums of a parameter's elements, in OIHW order, with random signs. `scripts/make-training-fixtures` defines them.
  package static func signedSums(_ name: String, _ values: [Float], count: Int) -> [Double] {
    (0..<count).map { k in
      let seed = hash("\(name) sign \(k)")
      var sum = 0.0
      for (index, value) in values.enumerated() {
        sum += draw(seed: seed, index) >> 63 == 1 ? -Double(value) : Double(value)
      }
      return sum
    }
  }

  /// Fills every parameter of a network.
  package static func fill(_ arena: ParameterArena) {
    for entry in arena.layout.entries {
      let layer = entry.name.split(separator: ".").dropLast().joined(separator: ".")
      let weightShape = arena.layout.entry(named: "\(layer).weight")!.shape
      let values: [Float]
      if weightShape.count == 1 {
        values = (0..<entry.count).map { 0.25 + 0.125 * uniform(entry.name, $0) }
      } else {
        let bound = Float(1 / Double(weightShape[1...].reduce(1, *)).squareRoot())
        values = (0..<entry.count).map { uniform(entry.name, $0) * bound }
      }
      arena.setTensor(entry, to: values)
    }
  }

  /// Picture pair `k`, uint8 HWC. `height` and `width` are those of the high-resolution picture.
  package static func pair(
    _ k: Int, height: Int, width: Int, channels: Int = 3, scale: Int = 4
  ) -> (low: [UInt8], high: [UInt8]) {
    let name = "image \(k)"
    var high = [Int](repeating: 0, count: height * width * channels)
    for y in 0..<height {
      for x in 0..<width {
        for c in 0..<channels {
          let m = ((3 + k % 5) * x + (5 + 2 * c) * y + 40 * c + 17 * k) % 480
          let index = (y * width + x) * channels + c
          high[index] = (m < 240 ? m : 479 - m) + Int(draw(name, index) >> 60)
        }
      }
    }
    var low: [UInt8] = []
    let area = scale * scale
    for y in 0..<height / scale {
      for x in 0..<width / scale {
        for c in 0..<channels {
          var sum = area / 2
          for i in 0..<area {
            sum += high[((scale * y + i / scale) * width + scale * x + i % scale) * channels + c]
          }
          low.append(UInt8(sum / area))
        }
      }
    }
    return (low, high.map { UInt8($0) })
  }
}
