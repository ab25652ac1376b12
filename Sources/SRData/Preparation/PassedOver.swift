import SRFiles

/// What a folder of photographs holds beside photographs, and what could not be looked at.
package struct PassedOver: Sendable, Equatable, CustomStringConvertible {
  package enum Reason: Int, Sendable, CaseIterable {
    case notAPicture, unreadableFile, unreadableFolder, brokenLink, repeated, special, hidden, folder

    /// What `count` such entries are called.
    fileprivate func text(_ count: Int) -> String {
      let (s, are) = count == 1 ? ("", "is") : ("s", "are")
      return switch self {
      case .notAPicture: "file\(s) that \(are) no JPEG or PNG"
      case .unreadableFile: "file\(s) that cannot be read"
      case .unreadableFolder: "folder\(s) that cannot be read"
      case .brokenLink: "link\(s) to nothing"
      case .repeated: "link\(s) to what is there already"
      case .special: "device\(s), socket\(s) or named pipe\(s)"
      case .hidden: "hidden file\(s) or folder\(s)"
      case .folder: "folder\(s) that --recursive would search"
      }
    }
  }

  /// How many names are kept of each kind.
  private static let namesShown = 3

  private struct Found: Sendable, Equatable {
    var count = 0
    var names: [BytePath] = []
  }
  private var found: [Reason: Found] = [:]

  /// How many entries were passed over for this reason.
  package func count(_ reason: Reason) -> Int { found[reason]?.count ?? 0 }

  package var isEmpty: Bool { found.isEmpty }

  mutating func add(_ reason: Reason, _ path: BytePath) {
    found[reason, default: Found()].count += 1
    if found[reason]!.names.count < Self.namesShown { found[reason]!.names.append(path) }
  }

  /// Adds what was passed over in a folder. Its names get the folder's path, unless that is empty.
  mutating func add(_ other: PassedOver, below folder: BytePath) {
    for (reason, others) in other.found {
      found[reason, default: Found()].count += others.count
      let room = Self.namesShown - found[reason]!.names.count
      found[reason]!.names += others.names.prefix(room).map(folder.appending)
    }
  }

  /// Such as `2 files that are no JPEG or PNG (a.gif, notes.txt), 1 link to nothing (b.jpg)`.
  package var description: String {
    Reason.allCases.compactMap { reason in
      guard let found = found[reason] else { return nil }
      let shown = found.names.map(\.description) + (found.count > found.names.count ? ["..."] : [])
      return "\(found.count) \(reason.text(found.count)) (\(shown.joined(separator: ", ")))"
    }.joined(separator: ", ")
  }
}
