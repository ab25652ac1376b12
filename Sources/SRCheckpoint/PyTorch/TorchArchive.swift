import Foundation
import SRTensor

/// A `state_dict` in the form of `torch.save`: a zip archive, not compressed, of a pickle and a file for each tensor's elements.
/// `torch.load(path, weights_only=True)` reads it.
package struct TorchArchive {
  private let weights: ParameterArena
  private let precision: WeightPrecision
  /// The folder in the archive that holds all files.
  private static let folder = "archive"

  package init(_ weights: ParameterArena, precision: WeightPrecision = .float32) {
    self.weights = weights
    self.precision = precision
  }

  /// The content of the file. Throws ``TorchArchiveError``.
  package func bytes() throws -> Data {
    let entries = weights.layout.entries
    var archive = try ZipArchive()
    try archive.add("\(Self.folder)/data.pkl", Data(TorchPickle(entries, precision).bytes))
    try archive.add("\(Self.folder)/byteorder", Data("little".utf8))
    for (index, entry) in entries.enumerated() {
      let elements = LittleEndianFloats.withBytes(of: weights.tensor(entry), precision) { Data($0) }
      try archive.add("\(Self.folder)/data/\(index)", elements)
    }
    try archive.add("\(Self.folder)/version", Data("3\n".utf8))
    return try archive.finish()
  }
}

/// An archive cannot be made.
package struct TorchArchiveError: Error, CustomStringConvertible {
  package let description: String
  init(_ reason: String) { description = "cannot make the .pth archive: \(reason)" }
}
