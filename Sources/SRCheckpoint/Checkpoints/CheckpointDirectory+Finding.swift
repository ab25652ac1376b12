import Foundation

extension CheckpointDirectory {
  /// The checkpoint that a user names. Throws ``CheckpointError/absent(path:advice:)`` where there is none.
  package init(existing path: String) throws {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw CheckpointError.absent(path: path, advice: "nothing is there")
    }
    guard isDirectory.boolValue else {
      throw CheckpointError.absent(path: path, advice: "it is a file, and a checkpoint is a directory")
    }
    self.init(path: path)
    let files = [Self.checksumsFile, Self.stateFile, Self.modelFile].map(file)
    guard !files.contains(where: { FileManager.default.fileExists(atPath: $0) }) else { return }
    let isRun = FileManager.default.fileExists(atPath: file("checkpoints"))
    throw CheckpointError.absent(
      path: path,
      advice: isRun
        ? "it is a run's folder; name one of its checkpoints, such as \(file("checkpoints"))/best"
        : "it holds none of a checkpoint's files")
  }

  /// The file to take weights from: `path` itself, or of a checkpoint, which is verified, the averaged weights where the run
  /// averaged them, else the model's. Throws ``CheckpointError``.
  package static func weightFile(_ path: String) throws -> String {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue
    else { return path }
    let checkpoint = try CheckpointDirectory(existing: path)
    try checkpoint.verify()
    return checkpoint.file(checkpoint.hasAveragedWeights ? averagedFile : modelFile)
  }
}
