import Testing

/// The pixel losses that PyTorch computed; see `scripts/make-loss-fixtures`.
struct PixelLossFixtures: Decodable {
  struct Case: Decodable, CustomTestStringConvertible {
    let loss: String
    let height: Int
    let width: Int
    /// Computed in float64.
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

    var testDescription: String { "\(loss) at \(height)x\(width)" }
  }

  let cases: [Case]

  static let all = fixture("pixel-losses", as: PixelLossFixtures.self).cases
}
