import Foundation
import SRFiles

/// The output folder of a preparation, while one program has it to itself.
///
/// Arrays are made in a staging folder within. When all are complete and on the disk, the staging folder is renamed: from then
/// on, the new data are the folder's data. They are then moved to their places, where they replace earlier ones. If this is
/// interrupted, readers refuse the folder, and the next preparation finishes it. So the folder holds either the old data or
/// the new data at any moment, and the manifest is only there if it describes the arrays beside it.
final class PreparedFolder {
  let path: String
  /// The manifest of data that an interrupted preparation had completed. They are in place now. Nil if there were none.
  private(set) var recovered: PreparationManifest?
  /// The folder to write into, until ``publish(_:)``.
  private(set) var staging: String
  private let createdFolder: Bool
  private var lock: FolderLock?
  private var isPublished = false

  private static let stagingPrefix = ".srdist-prepare-"
  private static let completeName = ".srdist-prepared"
  private static func complete(_ path: String) -> String { "\(path)/\(completeName)" }

  /// Creates the folder if there is none, and takes its lock.
  ///
  /// - Parameter replacesExisting: whether there may be something in the folder already.
  /// - Throws: ``FolderLockError`` if another program writes there, ``PreparationError`` if the folder holds what may not be
  ///   replaced, and ``FileError``.
  init(_ path: String, replacesExisting: Bool) throws {
    self.path = path
    createdFolder = try FileStatus(BytePath(path), followsLinks: true) == nil
    if createdFolder { try DirectoryCalls.createWithParents(path) }
    staging = "\(path)/\(Self.stagingPrefix)\(String(UInt64.random(in: 0 ... .max), radix: 16))"
    // A killed program may take a moment to disappear.
    let lock = try FolderLock(path, patience: .seconds(2))
    self.lock = lock

    recovered = try Self.finishExchange(in: path)
    let names = try DirectoryCalls.entries(of: BytePath(path)).map(\.description)
    let old = names.filter { $0.hasPrefix(Self.stagingPrefix) }
    let others = names.filter { !old.contains($0) && $0 != FolderLock.fileName }
    guard others.isEmpty || replacesExisting || recovered != nil else {
      throw PreparationError.outputNotEmpty(path)
    }
    for name in PreparationManifest.arrayFiles + [PreparationManifest.fileName] {
      let place = "\(path)/\(name)"
      guard let status = try FileStatus(BytePath(place), followsLinks: false) else { continue }
      guard [.file, .link].contains(status.kind) else { throw PreparationError.inTheWay(place) }
    }
    // What killed programs left. Without a lock, it may belong to a program that is still at work.
    if lock.keepsOthersOut {
      for name in old { try? DirectoryCalls.remove("\(path)/\(name)") }
    }
    try DirectoryCalls.createNew(staging)
  }

  deinit {
    if !isPublished { try? DirectoryCalls.remove(staging) }
    lock = nil
    if createdFolder { rmdir(path) }  // only if it is empty
  }

  /// Makes what is in the staging folder the folder's data. Other files in the folder stay. Throws ``FileError`` or
  /// ``PreparationError``.
  func publish(_ manifest: PreparationManifest) throws {
    try manifest.write(to: "\(staging)/\(PreparationManifest.fileName)")
    try DirectoryCalls.flush(staging)
    try DirectoryCalls.rename(staging, to: Self.complete(path))
    isPublished = true
    do {
      try DirectoryCalls.flush(path)
      try Self.exchange(manifest, in: path)
    } catch {
      throw PreparationError.exchangeFailed(path: path, complete: Self.complete(path), reason: "\(error)")
    }
  }

  /// What tells whether the data in a folder are still the same, for readers that open several files.
  struct Snapshot: Equatable {
    fileprivate let manifest: FileStatus?
  }

  /// - Throws: ``PreparationError/exchangeIncomplete(_:)`` if the arrays in the folder may belong to different data, and
  ///   ``FileError``.
  static func snapshot(of path: String) throws -> Snapshot {
    let manifest = try FileStatus(BytePath("\(path)/\(PreparationManifest.fileName)"), followsLinks: true)
    let next = "\(complete(path))/\(PreparationManifest.fileName)"
    guard try FileStatus(BytePath(next), followsLinks: false) == nil else {
      throw PreparationError.exchangeIncomplete(path)
    }
    return Snapshot(manifest: manifest)
  }

  /// Finishes what an interrupted ``publish(_:)`` began. Returns the manifest of the data; nil if there was nothing to do.
  private static func finishExchange(in path: String) throws -> PreparationManifest? {
    let complete = complete(path)
    guard try FileStatus(BytePath(complete), followsLinks: false) != nil else { return nil }
    // Nothing is replaced before all of it is read and verified.
    do {
      let names = try DirectoryCalls.names(in: complete)
      // The manifest is the last to be moved.
      let isMoved = names.isEmpty
      let current = "\(path)/\(PreparationManifest.fileName)"
      if isMoved, try FileStatus(BytePath(current), followsLinks: true) == nil {
        rmdir(complete)
        return nil
      }
      let manifest = try ReadableJSON.decode(
        PreparationManifest.self,
        fromFile: isMoved ? current : "\(complete)/\(PreparationManifest.fileName)")
      guard manifest.arrays.allSatisfy({ PreparationManifest.arrayFiles.contains($0.file) }) else {
        throw NotVerified("its manifest names other files than arrays")
      }
      for array in manifest.arrays {
        let folder = names.contains(array.file) ? complete : path
        guard try FileDigest(ofFile: "\(folder)/\(array.file)").sha256 == array.sha256 else {
          throw NotVerified(
            "\(folder)/\(array.file) is not the file that its manifest names")
        }
      }
      try exchange(manifest, in: path)
      return manifest
    } catch {
      throw PreparationError.exchangeFailed(path: path, complete: complete, reason: "\(error)")
    }
  }

  /// Moves complete data to their places. It may be called again after any interruption.
  private static func exchange(_ manifest: PreparationManifest, in path: String) throws {
    let complete = complete(path)
    let moved = Set(try DirectoryCalls.names(in: complete))
    if moved.contains(PreparationManifest.fileName) {
      try DirectoryCalls.remove("\(path)/\(PreparationManifest.fileName)")
      try DirectoryCalls.flush(path)
      let files = manifest.arrays.map(\.file)
      for file in PreparationManifest.arrayFiles where !files.contains(file) {
        try DirectoryCalls.remove("\(path)/\(file)")
      }
      for file in files + [PreparationManifest.fileName] where moved.contains(file) {
        try DirectoryCalls.rename("\(complete)/\(file)", to: "\(path)/\(file)")
      }
      try DirectoryCalls.flush(path)
    }
    // The data are in place. If the empty folder stays, the next preparation removes it.
    rmdir(complete)
  }
}

/// Data are not what their manifest says.
private struct NotVerified: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
