import Foundation
import SRLosses
import Testing

/// What PyTorch computed; see `scripts/make-loss-fixtures`.
struct PixelLossFixtures: Decodable {
  struct Case: Decodable, CustomTestStringConvertible {
    let loss: String
    let height: Int
    let width: Int
    /// Computed in float64.
    let value: Double
    let gradientNorm: Double
    let gradientStep: Int
    /// Little-endian floats: every `gradientStep`-th element of the gradient.
    private let gradient: Data

    var gradientElements: [Float] {
      gradient.withUnsafeBytes { bytes in
        (0..<bytes.count / 4).map {
          Float(
            bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
        }
      }
    }

    var testDescription: String { "\(loss) at \(height)x\(width)" }
  }

  let cases: [Case]

  static let all: [Case] = {
    guard let url = Bundle.module.url(forResource: "Fixtures/pixel-losses", withExtension: "json"),
      let data = try? Data(contentsOf: url),
      let fixtures = try? JSONDecoder().decode(PixelLossFixtures.self, from: data)
    else { fatalError("Tests/SRLossesTests/Fixtures/pixel-losses.json cannot be read") }
    return fixtures.cases
  }()
}
