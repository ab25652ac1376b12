import Foundation

/// A gradient as the fixtures hold it: its norm, and every `step`-th element.
struct PackedGradient: Decodable {
  let norm: Double
  let step: Int
  let elements: [Float]

  private enum CodingKeys: String, CodingKey {
    case norm = "gradientNorm"
    case step = "gradientStep"
    case elements = "gradient"
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    norm = try container.decode(Double.self, forKey: .norm)
    step = try container.decode(Int.self, forKey: .step)
    // Little-endian floats.
    let data = try container.decode(Data.self, forKey: .elements)
    elements = data.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map {
        Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
  }

  /// How far `gradient` is off: the relative norm of the difference in the sampled elements, and the relative
  /// difference of the norms.
  func error(of gradient: [Float]) -> (elements: Double, norm: Double) {
    let sampled = stride(from: 0, to: gradient.count, by: step).map { gradient[$0] }
    let length = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    return (relativeDifference(sampled, elements), abs(length - norm) / norm)
  }
}

/// Decodes a file of the fixtures folder.
func fixture<Contents: Decodable>(_ name: String, as _: Contents.Type) -> Contents {
  guard let url = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "json"),
    let data = try? Data(contentsOf: url),
    let contents = try? JSONDecoder().decode(Contents.self, from: data)
  else { fatalError("Tests/SRLossesTests/Fixtures/\(name).json cannot be read") }
  return contents
}
