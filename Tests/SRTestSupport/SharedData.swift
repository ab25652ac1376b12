import Foundation

/// The folder of this package.
package enum Repository {
  package static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// The path of a file, such as `scripts/setup`.
  package static func file(_ name: String) -> String { "\(path)/\(name)" }
}

/// Photographs and network weights, which not every machine has. They are in `$SRDIST_SHARED_DATA` or, if it is not set, in
/// `../shared/data` beside the package.
package enum SharedData {
  package static let folder: String = {
    ProcessInfo.processInfo.environment["SRDIST_SHARED_DATA"]
      ?? URL(fileURLWithPath: Repository.path).deletingLastPathComponent()
      .appendingPathComponent("shared/data").path
  }()

  package static let faces = folder + "/faces"
  package static let weights = folder + "/weights"

  /// The faces' file names, sorted; empty if there are none.
  package static let faceNames: [String] = {
    let names = try? FileManager.default.contentsOfDirectory(atPath: faces)
    return (names ?? []).filter { $0.hasSuffix(".jpg") }.sorted()
  }()

  /// The weight files' names, sorted; empty if there are none.
  package static let weightNames: [String] = {
    let names = try? FileManager.default.contentsOfDirectory(atPath: weights)
    return (names ?? []).filter { $0.hasSuffix(".safetensors") }.sorted()
  }()

  /// Whether both folders exist.
  package static let isAvailable = [faces, weights].allSatisfy { FileManager.default.fileExists(atPath: $0) }
}
