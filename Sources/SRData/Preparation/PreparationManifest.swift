import SRFiles

/// The record that lies beside prepared arrays: the origin of every sample, and the hashes of the files.
package struct PreparationManifest: Sendable, Equatable, Codable {
  /// One entry along the first dimension of a split's arrays.
  package struct Sample: Sendable, Hashable, Codable {
    /// The photograph's path below the input directory. In a path that is not UTF-8, other bytes are written as `\xE9`.
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
  }

  /// A picture that something is to be said about.
  package struct Remark: Sendable, Equatable, Codable {
    package let source: String
    package let reason: String
  }

  package static let fileName = "manifest.json"
  package static let currentVersion = 1

  package var version = currentVersion
  /// The input directory as it was given.
  package let input: String
  package let options: PreparationOptions
  package internal(set) var train: [Sample] = []
  package internal(set) var valid: [Sample] = []
  package internal(set) var arrays: [Array] = []
  package internal(set) var skipped: [Remark] = []
  /// Pictures that were taken although their files have faults, which change no pixel; nil if there are none.
  package internal(set) var warned: [Remark]?

  init(input: String, options: PreparationOptions) {
    self.input = input
    self.options = options
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
