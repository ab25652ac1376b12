/// The folders that a preparation takes photographs from.
package enum PreparationInputs: Sendable, Equatable {
  /// Training and validation draw from all of these folders.
  case shared([String])
  /// Each side has folders of its own.
  case separate(train: [String], valid: [String])

  /// All folders, in the order in which their pictures are numbered.
  package var folders: [String] {
    switch self {
    case .shared(let folders): folders
    case .separate(let train, let valid): train + valid
    }
  }
}

/// The names are those of the options. A single shared folder is a text, as in manifests of older versions.
extension PreparationInputs: Codable {
  private enum CodingKeys: String, CodingKey {
    case input
    case inputs
    case trainInputs = "train_inputs"
    case validInputs = "valid_inputs"
  }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let train = try container.decodeIfPresent([String].self, forKey: .trainInputs) {
      self = .separate(train: train, valid: try container.decode([String].self, forKey: .validInputs))
    } else if let inputs = try container.decodeIfPresent([String].self, forKey: .inputs) {
      self = .shared(inputs)
    } else {
      self = .shared([try container.decode(String.self, forKey: .input)])
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .shared(let folders) where folders.count == 1: try container.encode(folders[0], forKey: .input)
    case .shared(let folders): try container.encode(folders, forKey: .inputs)
    case .separate(let train, let valid):
      try container.encode(train, forKey: .trainInputs)
      try container.encode(valid, forKey: .validInputs)
    }
  }
}
