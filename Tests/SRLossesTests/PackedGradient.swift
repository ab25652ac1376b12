import Foundation

/// A gradient as it is in the fixtures: its norm, and every `step`-th element.
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

  /// The error of `gradient`, over the sampled elements.
  func error(of gradient: [Float]) -> GradientError {
    let sampled = stride(from: 0, to: gradient.count, by: step).map { gradient[$0] }
    let length = sumOfSquares(gradient).squareRoot()
    let differences = zip(sampled, elements).map { abs($0 - $1) }.sorted()
    let nearest = differences.prefix(differences.count * 9 / 10)
    let square = sumOfSquares(elements)
    return GradientError(
      elements: (sumOfSquares(differences) / square).squareRoot(),
      nearestElements: (sumOfSquares(nearest) / square).squareRoot(), norm: abs(length - norm) / norm)
  }

  private func sumOfSquares(_ values: some Sequence<Float>) -> Double {
    var sum = 0.0
    for value in values { sum += Double(value) * Double(value) }
    return sum
  }
}

/// Relative errors of a gradient.
struct GradientError {
  /// Norm of the difference.
  let elements: Double
  /// The same without the tenth of the elements that has the largest errors.
  let nearestElements: Double
  /// Difference of the norms.
  let norm: Double
}

/// Decodes a file of the fixtures folder.
func fixture<Contents: Decodable>(_ name: String, as _: Contents.Type) -> Contents {
  guard let url = Bundle.module.url(forResource: "Fixtures/\(name)", withExtension: "json"),
    let data = try? Data(contentsOf: url),
    let contents = try? JSONDecoder().decode(Contents.self, from: data)
  else { fatalError("Tests/SRLossesTests/Fixtures/\(name).json cannot be read") }
  return contents
}
