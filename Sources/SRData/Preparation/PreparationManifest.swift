import SRFiles

/// The record that lies beside prepared arrays: where every sample comes from and what the files hash to.
package struct PreparationManifest: Sendable, Equatable, Codable {
  /// One entry along the first dimension of a split's arrays.
  package struct Sample: Sendable, Hashable, Codable {
    /// Path of the photograph below the input directory.
    package let source: String
    /// Left column and top row of the crop in the resized picture.
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
    /// Of the whole file, as `sha256sum` prints it.
    package let sha256: String
  }

  package struct Skipped: Sendable, Equatable, Codable {
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
  package internal(set) var skipped: [Skipped] = []

  init(input: String, options: PreparationOptions) {
    self.input = input
    self.options = options
  }

  /// Throws ``FileError``.
  func write(to path: String) throws {
    let file = try DurableFileWriter(replacing: path)
    try file.write(ReadableJSON.encode(self, .indented))
    try file.finish()
  }
}
