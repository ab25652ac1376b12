import SRFiles

/// The record that lies beside prepared arrays: where every sample comes from and what the files hash to.
public struct PreparationManifest: Sendable, Equatable, Codable {
  /// One entry along the first dimension of a split's arrays.
  public struct Sample: Sendable, Hashable, Codable {
    /// Path of the photograph below the input directory.
    public let source: String
    /// Left column and top row of the crop in the resized picture.
    public let cropX: Int
    public let cropY: Int

    private enum CodingKeys: String, CodingKey {
      case source
      case cropX = "crop_x"
      case cropY = "crop_y"
    }
  }

  /// One `.npy` file.
  public struct Array: Sendable, Equatable, Codable {
    public let file: String
    public let shape: [Int]
    /// Of the whole file, as `sha256sum` prints it.
    public let sha256: String
  }

  public struct Skipped: Sendable, Equatable, Codable {
    public let source: String
    public let reason: String
  }

  public static let fileName = "manifest.json"
  public static let currentVersion = 1

  public var version = currentVersion
  /// The input directory as it was given.
  public let input: String
  public let options: PreparationOptions
  public internal(set) var train: [Sample] = []
  public internal(set) var valid: [Sample] = []
  public internal(set) var arrays: [Array] = []
  public internal(set) var skipped: [Skipped] = []

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
