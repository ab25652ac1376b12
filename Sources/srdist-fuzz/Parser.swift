import Foundation
import SRCheckpoint
import SRData
import SRFiles
import SRReport
import SRTensor
import SRTraining

/// A parser under test. Every file must give a value or one of the parser's own errors.
struct Parser: Sendable {
  let name: String
  /// The name that the input gets in the scratch folder.
  var file = "input"
  /// Reads the input at a path, as the program would.
  let read: @Sendable (_ path: String) throws -> Void
  /// Whether the parser may throw this error.
  let expects: @Sendable (any Error) -> Bool

  /// Reads everything in a weight file.
  private static func readWeights(_ path: String) throws {
    let file = try WeightFile(path: path)
    _ = try? file.describedModel()
    _ = try? file.modelDescription()
    for tensor in file.tensors { _ = try file.floats(tensor) }
  }

  /// All parsers. To add one, write a row, and put seeds into a folder of Tests/Fuzz/Corpus.
  static let all = [
    Parser(
      name: "array",
      read: { path in
        do {
          let pictures = try PictureArray(BytePath(path))
          let row = AlignedBuffer(count: 3 * pictures.width)
          pictures.loadRow(pictures.height - 1, of: pictures.count - 1, into: row.pointer)
        } catch is NumPyError {}
        let array = try NumPyArray(path: path, rank: 4)
        withExtendedLifetime(array) { _ = array.bytes.reduce(0) { $0 &+ Int($1) } }
      }, expects: { $0 is NumPyError || $0 is FileError }),
    Parser(
      name: "picture",
      read: { path in
        let budget = PixelBudget(bytes: 16 << 20)
        try ImageFile.withPicture(at: BytePath(path), within: budget, use: { _, _ in 0 }) { decoded in
          _ = decoded.image.resized(width: 8, height: 8)
        }
        // As stored, it takes at most 8 / 3 of that.
        let file = try PictureFile(BytePath(path))
        _ = file.attachments()
        _ = try file.decode(as: file.stored)
      }, expects: { $0 is ImageFileError || $0 is FileError }),
    Parser(
      name: "weights",
      read: { path in
        try readWeights(path)
      }, expects: { $0 is SafetensorsError || $0 is WeightFileError }),
    Parser(
      name: "torch", read: { try readWeights($0) },
      expects: { $0 is SafetensorsError || $0 is WeightFileError }),
    Parser(
      name: "pickle",
      read: { path in
        // A changed byte in an archive spoils a checksum, so the pickle is put into a sound one.
        var archive = try ZipArchive()
        try archive.add("archive/data.pkl", Data(OpenFile.contents(of: path)))
        for key in 0..<4 { try archive.add("archive/data/\(key)", Data(count: [432, 16, 4, 96][key])) }
        try archive.finish().write(to: URL(fileURLWithPath: "\(path).pth"))
        try readWeights("\(path).pth")
      }, expects: { $0 is WeightFileError }),
    Parser(
      name: "state", file: CheckpointDirectory.stateFile,
      read: { path in
        let checkpoint = CheckpointDirectory(path: DirectoryCalls.parent(of: path))
        _ = try checkpoint.modelDescription(try checkpoint.state())
      }, expects: { $0 is CheckpointError || $0 is SafetensorsError }),
    Parser(
      name: "checksums", file: CheckpointDirectory.checksumsFile,
      // The report names each problem, and is never an error itself.
      read: { path in _ = CheckpointDirectory(path: DirectoryCalls.parent(of: path)).fileReports() },
      expects: { _ in false }),
    Parser(
      name: "metrics",
      read: { path in
        _ = try MetricsFile.read(path)
        _ = try MetricsFile.truncate(path, toStep: 3, completedEpochs: 1)
      }, expects: { $0 is MetricsLogError }),
    Parser(
      name: "settings",
      read: { path in _ = try TrainingConfiguration(layers: [SettingLayer(file: path)]) },
      expects: { $0 is ConfigurationError }),
    Parser(
      name: "recipe", read: { path in _ = try DegradationRecipe(setting: path) },
      expects: { $0 is ConfigurationError }),
    Parser(
      name: "options",
      read: { path in
        let text = try SettingLayer.text(ofFile: path)
        // A file that cannot be translated whole may have a degradation that can.
        let whole = Result { try BasicSRImport(yaml: text, origin: path).yaml() }
        _ = try BasicSRDegradation(yaml: text, origin: path).yaml()
        _ = try whole.get()
      }, expects: { $0 is ConfigurationError }),
    Parser(
      name: "manifest",
      read: { path in _ = try ReadableJSON.decode(PreparationManifest.self, fromFile: path) },
      expects: { $0 is DecodingError || $0 is FileError }),
  ]
}
