import Foundation
import SRFiles

/// How a user gets the perceptual networks' weights.
package enum WeightFetching {
  /// The command that fetches them, for messages. A package has it beside the program; the sources have it in `scripts`.
  package static let command: String = {
    let packaged = "srdist-fetch-weights"
    let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let folder = URL(fileURLWithPath: program ?? "").deletingLastPathComponent().path
    let isThere = (try? PathKind.of("\(folder)/\(packaged)")) == .file
    return isThere ? packaged : "scripts/fetch-weights"
  }()
}
