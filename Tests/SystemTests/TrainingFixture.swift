import Foundation
import SRModels
import SRTraining
import Testing

/// Ten steps of PyTorch in float64, written by `scripts/make-training-fixtures`.
struct TrainingFixture: Decodable {
  struct Loss: Decodable {
    /// The loss of each step, before the update.
    let steps: [Double]
    let gradients: [String: Gradient]
  }

  /// One parameter's gradient at the first step.
  struct Gradient: Decodable {
    /// The Euclidean norm.
    let norm: Double
    /// The largest relative error of PyTorch's own float32.
    let float32Error: Double
    /// Sums of all elements with the signs of ``Formulas/signedSums(_:_:count:)``.
    let signedSums: [Double]
    /// The index in OIHW order, and the value.
    let elements: [(index: Int, value: Double)]

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      norm = try container.decode(Double.self)
      float32Error = try container.decode(Double.self)
      signedSums = try container.decode([Double].self)
      var elements: [(Int, Double)] = []
      while !container.isAtEnd {
        let pair = try container.decode([Double].self)
        elements.append((Int(pair[0]), pair[1]))
      }
      self.elements = elements
    }
  }

  let model: String
  let scale: Int?
  let inChannels: Int?
  let outChannels: Int?
  let features: Int?
  let blocks: Int?
  let lowRes: [Int]
  let pairs: Int
  let batchSize: Int
  let learningRate: Double
  let losses: [String: Loss]

  enum CodingKeys: String, CodingKey {
    case model, scale, features, blocks, pairs, losses
    case inChannels = "in_channels"
    case outChannels = "out_channels"
    case lowRes = "low_res"
    case batchSize = "batch_size"
    case learningRate = "learning_rate"
  }

  init(named name: String) throws {
    let file = Bundle.module.url(forResource: "Fixtures/\(name)-training", withExtension: "json")!
    self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: file))
  }

  /// The network.
  func description() throws -> ModelDescription {
    let kind = try #require(TrainingConfiguration.ModelKind(rawValue: model))
    var description = kind.description
    description.scale = scale ?? description.scale
    description.inputChannels = inChannels ?? description.inputChannels
    description.outputChannels = outChannels ?? description.outputChannels
    description.features = features ?? description.features
    description.blocks = blocks ?? description.blocks
    return description
  }
}
