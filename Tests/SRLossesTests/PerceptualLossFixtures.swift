import SRLosses
import Testing

/// The perceptual losses that PyTorch computed; see `scripts/make-loss-fixtures`.
struct PerceptualLossFixtures: Decodable {
  /// A crop of a photograph through a real network.
  struct Face: Decodable, CustomTestStringConvertible {
    let file: String
    /// SHA-256 of the crop's bytes.
    let sha256: String
    let loss: String
    let input: String
    /// Whether LPIPS weighs the channels by its linear layers; nil for VGG loss.
    let linear: Bool?
    /// Computed in float64.
    let value: Double
    let gradient: PackedGradient

    private enum CodingKeys: String, CodingKey { case file, sha256, loss, input, linear, value }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      file = try container.decode(String.self, forKey: .file)
      sha256 = try container.decode(String.self, forKey: .sha256)
      loss = try container.decode(String.self, forKey: .loss)
      input = try container.decode(String.self, forKey: .input)
      linear = try container.decode(Bool?.self, forKey: .linear)
      value = try container.decode(Double.self, forKey: .value)
      gradient = try PackedGradient(from: decoder)
    }

    /// The network of an LPIPS case; nil for VGG loss.
    var net: LPIPSNet? {
      if case .lpips(let net) = LossKind.named(loss)?.source { net } else { nil }
    }

    var testDescription: String {
      "\(loss) \(input)\(linear == false ? " without linear layers" : "") of \(file)"
    }
  }

  /// A formula image through a tiny network.
  struct Tiny: Decodable, CustomTestStringConvertible {
    let loss: String
    let height: Int
    let width: Int
    let value: Double
    let gradient: PackedGradient

    private enum CodingKeys: String, CodingKey { case loss, height, width, value }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      loss = try container.decode(String.self, forKey: .loss)
      height = try container.decode(Int.self, forKey: .height)
      width = try container.decode(Int.self, forKey: .width)
      value = try container.decode(Double.self, forKey: .value)
      gradient = try PackedGradient(from: decoder)
    }

    var testDescription: String { "\(loss) through the tiny network" }
  }

  let faces: [Face]
  let tiny: [Tiny]

  static let all = fixture("perceptual-losses", as: PerceptualLossFixtures.self)
}
