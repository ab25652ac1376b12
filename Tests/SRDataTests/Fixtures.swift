import Foundation
import SRData

/// The committed files of this target.
enum Fixtures {
  static let directory = Bundle.module.resourceURL!.appendingPathComponent("Fixtures").path

  static func path(_ name: String) -> String { "\(directory)/\(name)" }

  /// Names in a folder of the fixtures, sorted.
  static func names(in folder: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: path(folder))
    return (names ?? []).sorted()
  }

  /// A picture saved as an array [height, width, 3].
  static func picture(_ name: String) throws -> RGBImage {
    let array = try NumPyArray(path: path(name), rank: 3)
    return RGBImage(width: array.shape[1], height: array.shape[0], pixels: Array(array.bytes))
  }
}

func bytes(of path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}
