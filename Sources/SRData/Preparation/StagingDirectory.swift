import Foundation
import SRFiles

/// A directory below the output where files are made before they appear in the output all together. Goes away
/// with its object.
final class StagingDirectory {
  let path: String
  private let output: String
  private let madeOutput: Bool
  private static let name = ".partial"

  /// - Throws: ``PreparationError/outputNotEmpty(_:)`` unless that is allowed, ``FileError``.
  init(output: String, replacesExisting: Bool) throws {
    self.output = output
    path = "\(output)/\(Self.name)"
    let present = try? FileManager.default.contentsOfDirectory(atPath: output)
    madeOutput = present == nil
    // What a killed run staged counts for nothing.
    if let present, !present.filter({ $0 != Self.name }).isEmpty, !replacesExisting {
      throw PreparationError.outputNotEmpty(output)
    }
    try DirectoryCalls.remove(path)
    try DirectoryCalls.createWithParents(path)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
    if madeOutput { rmdir(output) }  // only where it is still empty
  }

  /// Removes earlier files called `obsolete`, in that order, then moves the staged ones into the output, in the
  /// order of `files`. Throws ``FileError``.
  func publish(_ files: [String], replacing obsolete: [String]) throws {
    for file in obsolete { unlink("\(output)/\(file)") }
    for file in files {
      try DirectoryCalls.rename("\(path)/\(file)", to: "\(output)/\(file)")
    }
    try DirectoryCalls.flush(output)
  }
}
