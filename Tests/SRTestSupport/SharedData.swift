import Foundation

/// Photographs and network weights that stand beside the project where they are at hand: under
/// `$SRDIST_SHARED_DATA`, else `../shared/data` beside the package.
public enum SharedData {
  public static let folder: String = {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    return ProcessInfo.processInfo.environment["SRDIST_SHARED_DATA"]
      ?? package.deletingLastPathComponent().appendingPathComponent("shared/data").path
  }()

  public static let faces = folder + "/faces"
  public static let weights = folder + "/weights"

  /// The faces' file names, sorted; empty where there are none.
  public static let faceNames: [String] = {
    let names = try? FileManager.default.contentsOfDirectory(atPath: faces)
    return (names ?? []).filter { $0.hasSuffix(".jpg") }.sorted()
  }()

  /// The weight files' names, sorted; empty where there are none.
  public static let weightNames: [String] = {
    let names = try? FileManager.default.contentsOfDirectory(atPath: weights)
    return (names ?? []).filter { $0.hasSuffix(".safetensors") }.sorted()
  }()

  /// Whether both folders are there.
  public static let isAvailable = [faces, weights].allSatisfy { FileManager.default.fileExists(atPath: $0) }
}
