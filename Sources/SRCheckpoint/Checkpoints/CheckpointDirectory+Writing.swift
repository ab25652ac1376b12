import Foundation
import SRFiles

extension CheckpointDirectory {
  /// A directory that is being written, or that makes room for its successor, has a name that begins with a dot.
  static let temporaryMarker = ".tmp-"
  static let replacedMarker = ".replaced-"

  /// Writes a checkpoint to `path` so that it is there whole or not at all, whatever happens on the way. Files go into a
  /// directory with a temporary name and are flushed, and then the directory is renamed.
  ///
  /// The state's `weightsSHA256` is computed here. A checkpoint that is at `path` already is replaced.
  /// Throws ``CheckpointError/notWritten(path:cause:)``. Then nothing is left of the new one, and what was there stays.
  @discardableResult
  package static func write(_ contents: CheckpointContents, to path: String) throws -> CheckpointDirectory {
    let folder = DirectoryCalls.parent(of: path)
    let name = (path as NSString).lastPathComponent
    let temporary = "\(folder)/.\(name)\(temporaryMarker)\(getpid())"
    var state = contents.state
    state.weightsSHA256 = SRCheckpoint.weightsSHA256(contents.weights)
    let weightFiles = try contents.weightFiles()
    let stateBytes = try ReadableJSON.encode(state, .indented)
    do {
      try DirectoryCalls.createWithParents(folder)
      try DirectoryCalls.remove(temporary)
      try DirectoryCalls.create(temporary)
      var checksums = CheckpointChecksums()
      for (name, writer) in weightFiles {
        checksums.files[name] = try writer.write(creating: "\(temporary)/\(name)")
      }
      checksums.files[stateFile] = try write(stateBytes, creating: "\(temporary)/\(stateFile)")
      _ = try write(ReadableJSON.encode(checksums, .indented), creating: "\(temporary)/\(checksumsFile)")
      try DirectoryCalls.flush(temporary)
      try move(temporary, to: path)
      try DirectoryCalls.flush(folder)
    } catch let error as FileError {
      try? DirectoryCalls.remove(temporary)
      let needed = weightFiles.reduce(stateBytes.count) { $0 + $1.writer.byteCount }
      throw CheckpointError.notWritten(path: path, cause: error.needing(needed))
    }
    return CheckpointDirectory(path: path)
  }

  /// Removes the checkpoint so that it is there whole or not at all: first its name goes, in one move.
  func remove() throws {
    let folder = DirectoryCalls.parent(of: path)
    let name = (path as NSString).lastPathComponent
    let temporary = "\(folder)/.\(name)\(Self.temporaryMarker)\(getpid())"
    try DirectoryCalls.remove(temporary)
    try DirectoryCalls.rename(path, to: temporary)
    // Otherwise, after a power loss the old name could be there again, without its files.
    try DirectoryCalls.flush(folder)
    try DirectoryCalls.remove(temporary)
  }

  private static func write(_ bytes: [UInt8], creating path: String) throws -> FileDigest {
    let file = try DurableFileWriter(creating: path)
    try file.write(bytes)
    return try file.finish()
  }

  /// Renames `temporary` to `path`.
  ///
  /// A directory cannot be renamed over one that is not empty, so the old one moves aside first. If the program ends in
  /// between, ``restoreReplaced(in:)`` brings the old one back.
  private static func move(_ temporary: String, to path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else {
      return try DirectoryCalls.rename(temporary, to: path)
    }
    let folder = DirectoryCalls.parent(of: path)
    let name = (path as NSString).lastPathComponent
    let aside = "\(folder)/.\(name)\(replacedMarker)\(getpid())"
    try DirectoryCalls.remove(aside)
    try DirectoryCalls.rename(path, to: aside)
    do {
      try DirectoryCalls.rename(temporary, to: path)
    } catch {
      try? DirectoryCalls.rename(aside, to: path)
      throw error
    }
    try DirectoryCalls.flush(folder)
    try DirectoryCalls.remove(aside)
  }

  /// Removes what interrupted writes left in `folder`. Puts back a checkpoint that moved aside for one that never came. Throws
  /// ``FileError``.
  static func restoreReplaced(in folder: String) throws {
    for name in try DirectoryCalls.names(in: folder) where name.hasPrefix(".") {
      if let marker = name.range(of: replacedMarker) {
        let original = "\(folder)/\(name[..<marker.lowerBound].dropFirst())"
        if !FileManager.default.fileExists(atPath: original) {
          try DirectoryCalls.rename("\(folder)/\(name)", to: original)
          continue
        }
      } else if !name.contains(temporaryMarker) {
        continue
      }
      try DirectoryCalls.remove("\(folder)/\(name)")
    }
  }
}
