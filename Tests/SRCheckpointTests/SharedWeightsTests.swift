import Foundation
import SRCheckpoint
import Testing

/// Weight files of real networks: under `$SRDIST_SHARED_DATA`, else `../shared/data` beside the package.
enum SharedWeights {
  static let folder: String = {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let data =
      ProcessInfo.processInfo.environment["SRDIST_SHARED_DATA"]
      ?? package.deletingLastPathComponent().appendingPathComponent("shared/data").path
    return data + "/weights"
  }()

  static let files: [String] =
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
    .filter { $0.hasSuffix(".safetensors") }.sorted()
}

@Suite(
  .enabled(
    if: !SharedWeights.files.isEmpty,
    "no real weight files: point SRDIST_SHARED_DATA at a folder that holds weights/"))
struct SharedWeightsTests {
  @Test(arguments: SharedWeights.files)
  func everyTensorIsReadAndFinite(name: String) throws {
    let file = try SafetensorsFile(path: "\(SharedWeights.folder)/\(name)")
    #expect(!file.tensors.isEmpty)
    for tensor in file.tensors {
      let values = try file.floats(tensor)
      #expect(values.count == tensor.shape.reduce(1, *))
      let areFinite = values.allSatisfy { $0.isFinite }
      #expect(areFinite)
      let areZero = values.allSatisfy { $0 == 0 }
      #expect(!areZero)
    }
  }
}
