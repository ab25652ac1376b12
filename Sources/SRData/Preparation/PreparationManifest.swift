import SRFiles
import SRTensor

/// The record that lies beside prepared arrays: the origin of every sample, and the hashes of the files.
package struct PreparationManifest: Sendable, Equatable, Codable {
  /// One entry along the first dimension of a split's arrays.
  package struct Sample: Sendable, Hashable, Codable {
    /// The photograph's path below the input directory; below several, with the directory's own path. In a path that is not UTF-8, other bytes are written as `\xE9`.
    package let source: String
    /// The crop's left column and top row in the resized picture.
    package let cropX: Int
    package let cropY: Int

    private enum CodingKeys: String, CodingKey {
      case source
      case cropX = "crop_x"
      case cropY = "crop_y"
    }
  }

  /// One `.npy` file.
  package struct Array: Sendable, Equatable, Codable {
    package let file: String
    package let shape: [Int]
    /// The hash of the whole file, as `sha256sum` prints it.
    package let sha256: String
    /// Of the elements; nil for uint8.
    package let type: SampleType?
  }

  /// A picture that was left out because an earlier one has the same pixels.
  package struct Duplicate: Sendable, Equatable, Codable {
    package let source: String
    package let sameAs: String

    private enum CodingKeys: String, CodingKey {
      case source
      case sameAs = "same_as"
    }
  }

  /// How many groups each side has.
  package struct GroupCounts: Sendable, Equatable, Codable {
    package let train: Int
    package let valid: Int
  }

  /// A picture that something is to be said about.
  package struct Remark: Sendable, Equatable, Codable {
    package let source: String
    package let reason: String
  }

  package static let fileName = "manifest.json"
  package static let currentVersion = 1

  package var version = currentVersion
  /// The input directories as they were given.
  package let inputs: PreparationInputs
  package let options: PreparationOptions
  package internal(set) var train: [Sample] = []
  package internal(set) var valid: [Sample] = []
  package internal(set) var arrays: [Array] = []
  package internal(set) var skipped: [Remark] = []
  /// Pictures that were taken although their files have faults, which change no pixel; nil if there are none.
  package internal(set) var warned: [Remark]?
  /// Pictures with the pixels of one that was taken; nil if there are none.
  package internal(set) var duplicates: [Duplicate]?
  /// Pictures that were left out because their group lies on the other side; nil if there are none.
  package internal(set) var keptApart: [String]?
  /// Nil unless pictures have groups.
  package internal(set) var groups: GroupCounts?

  init(inputs: PreparationInputs, options: PreparationOptions) {
    self.inputs = inputs
    self.options = options
  }

  private enum CodingKeys: String, CodingKey {
    case version, options, train, valid, arrays, skipped, warned, duplicates, groups
    case keptApart = "kept_apart"
  }

  package init(from decoder: any Decoder) throws {
    inputs = try PreparationInputs(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    version = try container.decode(Int.self, forKey: .version)
    options = try container.decode(PreparationOptions.self, forKey: .options)
    train = try container.decode([Sample].self, forKey: .train)
    valid = try container.decode([Sample].self, forKey: .valid)
    arrays = try container.decode([Array].self, forKey: .arrays)
    skipped = try container.decode([Remark].self, forKey: .skipped)
    warned = try container.decodeIfPresent([Remark].self, forKey: .warned)
    duplicates = try container.decodeIfPresent([Duplicate].self, forKey: .duplicates)
    keptApart = try container.decodeIfPresent([String].self, forKey: .keptApart)
    groups = try container.decodeIfPresent(GroupCounts.self, forKey: .groups)
  }

  package func encode(to encoder: any Encoder) throws {
    try inputs.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(version, forKey: .version)
    try container.encode(options, forKey: .options)
    try container.encode(train, forKey: .train)
    try container.encode(valid, forKey: .valid)
    try container.encode(arrays, forKey: .arrays)
    try container.encode(skipped, forKey: .skipped)
    try container.encodeIfPresent(warned, forKey: .warned)
    try container.encodeIfPresent(duplicates, forKey: .duplicates)
    try container.encodeIfPresent(keptApart, forKey: .keptApart)
    try container.encodeIfPresent(groups, forKey: .groups)
  }

  /// The names of all arrays, for any options.
  static let arrayFiles =
    NumPyPairDataset.Split.allCases.flatMap { [$0.highResFile, $0.lowResFile] } + [RandomCrops.fileName]

  /// The filter that made the low-resolution pictures in a folder. Arrays without a manifest, or with one of another program
  /// or of an older version, count as made by Pillow's.
  ///
  /// Throws ``FileError`` if the system cannot tell what the manifest says.
  static func resampling(inFolder directory: String) throws -> Resampling {
    struct Excerpt: Decodable {
      struct Options: Decodable { let resample: Resampling? }
      let options: Options?
    }
    do {
      let excerpt = try ReadableJSON.decode(Excerpt.self, fromFile: "\(directory)/\(fileName)")
      return excerpt.options?.resample ?? .pillow
    } catch is DecodingError {
      return .pillow
    } catch let error as FileError where error.saysAbsent {
      return .pillow
    }
  }

  /// Throws ``FileError``.
  func write(to path: String) throws {
    try DurableFileWriter.replace(path, with: ReadableJSON.encode(self, .indented))
  }
}
