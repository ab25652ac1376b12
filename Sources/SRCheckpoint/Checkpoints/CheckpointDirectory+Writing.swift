import Foundation
import SRFiles

extension CheckpointDirectory {
  /// A directory that is being written or removed, or that makes room for its successor, has a name that begins with a dot.
  static let temporaryMarker = TemporaryName.marker
  static let replacedMarker = ".replaced-"
  private static let probeName = "probe"

  /// Every file that a checkpoint can have.
  private static let fileNames: Set = [modelFile, optimizerFile, averagedFile, stateFile, checksumsFile]

  /// Writes a checkpoint to `path` so that it is there whole or not at all, whatever happens on the way. Files go into a
  /// directory with a temporary name and are flushed, and then the directory is renamed.
  ///
  /// The state's `weightsSHA256` is computed here. A checkpoint that is at `path` already is replaced. If it cannot be removed,
  /// that is no error: `leaving` is told.
  ///
  /// Throws ``CheckpointError/notWritten(path:cause:)``. Then nothing is left of the new one, and what was there stays. Throws
  /// ``CheckpointError/notSettled(path:cause:)`` if the new one is there and its name may not survive a power failure.
  @discardableResult
  package static func write(
    _ contents: CheckpointContents, to path: String, leaving: (Leftover) -> Void = { _ in }
  ) throws -> CheckpointDirectory {
    let folder = DirectoryCalls.parent(of: path)
    var state = contents.state
    state.weightsSHA256 = SRCheckpoint.weightsSHA256(contents.weights)
    let weightFiles = try contents.weightFiles()
    let stateBytes = try ReadableJSON.encode(state, .indented)
    do {
      try DirectoryCalls.createWithParents(folder)
      let temporary = try makeTemporary(for: path)
      var replaced: String?
      do {
        var checksums = CheckpointChecksums()
        for (name, writer) in weightFiles {
          checksums.files[name] = try writer.write(creating: "\(temporary)/\(name)")
        }
        checksums.files[stateFile] = try write(stateBytes, creating: "\(temporary)/\(stateFile)")
        _ = try write(ReadableJSON.encode(checksums, .indented), creating: "\(temporary)/\(checksumsFile)")
        try DirectoryCalls.flush(temporary)
        replaced = try move(temporary, to: path)
      } catch {
        _ = discard(temporary)
        throw error
      }
      try FileError.settling(path) { try DirectoryCalls.flush(folder) }
      if let replaced, let leftover = discard(replaced) { leaving(leftover) }
    } catch let error as FileError where error.operation == .settle {
      throw CheckpointError.notSettled(path: path, cause: error)
    } catch let error as FileError {
      let needed = weightFiles.reduce(stateBytes.count) { $0 + $1.writer.byteCount }
      throw CheckpointError.notWritten(path: path, cause: error.needing(needed))
    }
    return CheckpointDirectory(path: path)
  }

  /// Removes the checkpoint so that it is there whole or not at all: first its name goes, in one move.
  ///
  /// Returns what then could not be removed. Throws ``FileError`` if the checkpoint keeps its name, also because it holds files
  /// that no checkpoint has.
  func remove() throws -> Leftover? {
    for name in try DirectoryCalls.names(in: path) where !Self.fileNames.contains(name) {
      throw FileError(.remove, path, reason: "It holds \(name), which is no checkpoint's file")
    }
    let temporary = Self.besides(path, Self.temporaryMarker)
    try DirectoryCalls.rename(path, to: temporary)
    // Otherwise, after a power loss the old name could be there again, without its files.
    try DirectoryCalls.flush(DirectoryCalls.parent(of: path))
    return Self.discard(temporary)
  }

  /// Does everything in `folder` that writing a checkpoint does, with a small file, and undoes it. Returns what could not be
  /// removed. Throws ``FileError``, also if `folder` has no room for `byteCount` bytes.
  static func rehearse(in folder: String, byteCount: Int) throws -> Leftover? {
    try WriteAccess.checkSpace(byteCount, at: folder)
    let temporary = try makeTemporary(for: "\(folder)/\(probeName)")
    let renamed = besides("\(folder)/\(probeName)", temporaryMarker)
    do {
      _ = try write([UInt8](repeating: 0, count: 4096), creating: "\(temporary)/\(stateFile)")
      try DirectoryCalls.flush(temporary)
      try DirectoryCalls.rename(temporary, to: renamed)
      try DirectoryCalls.flush(folder)
    } catch {
      _ = (discard(temporary), discard(renamed))
      throw error
    }
    return discard(renamed)
  }

  /// The folder's entries that interrupted programs left: removes what they were writing or removing, and puts back a checkpoint
  /// that moved aside for one that never came. One that moved aside for a checkpoint that does not verify stays.
  ///
  /// Returns what could not be removed. Throws ``FileError`` if it cannot tell what is there.
  static func recover(in folder: String) throws -> [Leftover] {
    var leftovers: [Leftover?] = []
    for name in try DirectoryCalls.names(in: folder) where name.hasPrefix(".") {
      let path = "\(folder)/\(name)"
      if let original = original(of: name, replacedMarker) {
        let successor = CheckpointDirectory(path: "\(folder)/\(original)")
        if try PathKind.of(successor.path, followingLinks: false) == nil {
          try DirectoryCalls.rename(path, to: successor.path)
          try DirectoryCalls.flush(folder)
          continue
        }
        do {
          try successor.verify()
        } catch {
          leftovers.append(Leftover(path: path, reason: "it is older than \(successor), and \(error)"))
          continue
        }
      } else if original(of: name, temporaryMarker) == nil {
        continue
      }
      leftovers.append(discard(path))
    }
    return leftovers.compactMap { $0 }
  }

  /// The name of the checkpoint that `name` was made of; nil if this program did not make the name.
  private static func original(of name: String, _ marker: String) -> String? {
    guard
      let original = TemporaryName.original(of: name, marker: marker, includingOlder: true)?.dropFirst(),
      original == probeName || CheckpointStore.hasCheckpoint(named: String(original))
    else { return nil }
    return String(original)
  }

  /// A hidden name in the same folder.
  private static func besides(_ path: String, _ marker: String) -> String {
    let name = TemporaryName.random(DirectoryCalls.name(of: path), marker: marker)
    return "\(DirectoryCalls.parent(of: path))/.\(name)"
  }

  private static func makeTemporary(for path: String) throws -> String {
    let temporary = besides(path, temporaryMarker)
    try DirectoryCalls.createNew(temporary)
    return temporary
  }

  private static func write(_ bytes: [UInt8], creating path: String) throws -> FileDigest {
    let file = try DurableFileWriter(creating: path)
    try file.write(bytes)
    return try file.finish()
  }

  /// Renames `temporary` to `path`. Returns where the one that was at `path` lies now.
  ///
  /// A directory cannot be renamed over one that is not empty, so the old one moves aside first. If the program ends in
  /// between, ``recover(in:)`` brings the old one back.
  private static func move(_ temporary: String, to path: String) throws -> String? {
    guard try PathKind.of(path, followingLinks: false) != nil else {
      try DirectoryCalls.rename(temporary, to: path)
      return nil
    }
    let aside = besides(path, replacedMarker)
    try DirectoryCalls.rename(path, to: aside)
    do {
      try DirectoryCalls.rename(temporary, to: path)
    } catch {
      try? DirectoryCalls.rename(aside, to: path)
      throw error
    }
    return aside
  }

  /// Removes a checkpoint's files and their directory, which no longer has a checkpoint's name. Returns it if it stays: it holds
  /// other files, or the file system does not let it go.
  private static func discard(_ path: String) -> Leftover? {
    do {
      switch try PathKind.of(path, followingLinks: false) {
      case nil: return nil
      case .directory:
        for name in fileNames.sorted() { try DirectoryCalls.removeFile("\(path)/\(name)") }
        try DirectoryCalls.removeEmpty(path)
      case .file, .link, .other: try DirectoryCalls.removeFile(path)
      }
      return nil
    } catch {
      return Leftover(path: path, reason: "\(error)")
    }
  }
}

/// Something that should be removed and stays. It does no harm, except that it takes space.
package struct Leftover: Equatable, Sendable, CustomStringConvertible {
  package let path: String
  let reason: String

  package var description: String { "\(path) stays: \(reason)" }
}
