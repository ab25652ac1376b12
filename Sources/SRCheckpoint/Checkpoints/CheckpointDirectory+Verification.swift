import Foundation
import SRFiles

extension CheckpointDirectory {
  /// One file of a checkpoint, compared with `checksums.json`.
  package struct FileReport: Codable, Equatable, Sendable {
    package let name: String
    package let recorded: FileDigest?
    /// Absent if the file could not be read.
    package let found: FileDigest?
    /// `nil` for a sound file.
    package let problem: String?
    /// Whether the problem is that the file was not read: the system could not this time, or it lies elsewhere. It may be sound.
    private(set) var isUnread = false

    enum CodingKeys: String, CodingKey {
      case name, recorded, found, problem
    }
  }

  /// The files that a checkpoint needs for a run to resume from it.
  private static let required = [modelFile, optimizerFile, stateFile]

  /// Reads every file and compares it with its record. Sorted by name.
  package func fileReports() -> [FileReport] {
    let checksums: CheckpointChecksums
    do {
      checksums = try ReadableJSON.decode(
        CheckpointChecksums.self, fromFile: file(Self.checksumsFile))
    } catch {
      return [
        FileReport(
          name: Self.checksumsFile, recorded: nil, found: nil, problem: Self.reason(error),
          isUnread: Self.isUnread(error))
      ]
    }
    let names = Set(checksums.files.keys).union(Self.required).sorted()
    return names.map { report($0, recorded: checksums.files[$0]) }
  }

  /// Why a file of this name is not the checkpoint's own; nil if it is. `checksums.json` may come from anywhere, and names what
  /// is read.
  private func placeProblem(_ name: String) -> String? {
    guard !name.isEmpty, name != ".", name != "..",
      !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 })
    else { return "is not the name of a file in the checkpoint's folder" }
    var status = stat()
    // What is not there has no place. Reading it says so.
    guard lstat(file(name), &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return nil }
    guard let target = realpath(file(name), nil) else { return nil }
    defer { free(target) }
    guard let folder = realpath(path, nil) else { return nil }
    defer { free(folder) }
    let place = DirectoryCalls.parent(of: String(cString: target))
    return place == String(cString: folder)
      ? nil
      : "is a link to \(String(cString: target)), outside the checkpoint's folder; copy the file there instead"
  }

  private func report(_ name: String, recorded: FileDigest?) -> FileReport {
    func report(_ found: FileDigest?, _ problem: String?) -> FileReport {
      FileReport(name: name, recorded: recorded, found: found, problem: problem)
    }
    if let problem = placeProblem(name) {
      return FileReport(name: name, recorded: recorded, found: nil, problem: problem, isUnread: true)
    }
    do {
      let found = try FileDigest(ofFile: file(name))
      guard let recorded else { return report(found, "is not in \(Self.checksumsFile)") }
      guard found.bytes == recorded.bytes else {
        return report(found, "has \(found.bytes) bytes, expected \(recorded.bytes)")
      }
      guard found.sha256 == recorded.sha256 else {
        return report(found, "has SHA-256 \(found.sha256), expected \(recorded.sha256)")
      }
      return report(found, nil)
    } catch {
      return FileReport(
        name: name, recorded: recorded, found: nil, problem: "\(error)", isUnread: Self.isUnread(error))
    }
  }

  /// Whether an error leaves open what is in the file.
  static func isUnread(_ error: any Error) -> Bool {
    (error as? FileError).map { !$0.tellsWhatIsThere } ?? false
  }
}

/// `checksums.json`: size and SHA-256 of every other file of a checkpoint. It is written last.
struct CheckpointChecksums: Codable, Equatable {
  var files: [String: FileDigest] = [:]
}
