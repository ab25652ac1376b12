import Foundation

/// A folder on a disk that loses power. It knows what was flushed, and what was not.
package final class SimulatedDisk {
  /// What a power loss does to what was not flushed. File systems promise no more than that flushed things stay.
  package enum Loss: String, CaseIterable, Sendable {
    /// Everything is there, as after a killed process.
    case nothing
    /// Files end where they were flushed last.
    case contents
    /// Files have their length, but zeros in place of what was not flushed.
    case contentsBecomeZeros
    /// Directories have the names that they had when they were flushed last.
    case names
    /// Both contents and names are as they were flushed.
    case contentsAndNames
  }

  /// The contents by path; nil for a directory.
  package typealias Files = [String: [UInt8]?]

  private final class Node {
    var content: [UInt8] = []
    var flushedContent: [UInt8] = []
    /// Nil for a file.
    var entries: [String: Node]?
    var flushedEntries: [String: Node] = [:]

    init(isDirectory: Bool) { entries = isDirectory ? [:] : nil }
  }

  private let root = Node(isDirectory: true)

  package struct Absent: Error {
    package let path: String
  }

  package init() {}

  /// A disk with a copy of a folder. Everything is flushed.
  package init(copying folder: String) throws {
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
    for name in names {
      if let content = FileManager.default.contents(atPath: "\(folder)/\(name)") {
        for call in [.open(name, empties: false), .write(name, Array(content)), .flush(name)]
          as [RecordedCalls.Call]
        {
          try apply(call)
        }
      } else {
        try apply(.makeDirectory(name))
      }
    }
    for name in names + [""] { try apply(.flush(name)) }
  }

  package func apply(_ call: RecordedCalls.Call) throws {
    switch call {
    case .makeDirectory(let path): try set(path, Node(isDirectory: true))
    case .open(let path, let empties):
      let node = (try? node(path)) ?? Node(isDirectory: false)
      if empties { node.content = [] }
      try set(path, node)
    case .write(let path, let bytes): try node(path).content += bytes
    case .flush(let path):
      let node = try node(path)
      node.flushedContent = node.content
      node.flushedEntries = node.entries ?? [:]
    case .rename(let old, let new):
      let moved = try node(old)
      try set(old, nil)
      try set(new, moved)
    case .remove(let path): try set(path, nil)
    }
  }

  /// What is there after a power loss.
  package func files(after loss: Loss) -> Files {
    var files: Files = [:]
    func add(_ directory: Node, _ prefix: String) {
      let losesNames = loss == .names || loss == .contentsAndNames
      for (name, node) in losesNames ? directory.flushedEntries : directory.entries ?? [:] {
        if node.entries == nil {
          let zeros = max(0, node.content.count - node.flushedContent.count)
          let left =
            switch loss {
            case .nothing, .names: node.content
            case .contents, .contentsAndNames: node.flushedContent
            case .contentsBecomeZeros: node.flushedContent + [UInt8](repeating: 0, count: zeros)
            }
          files[prefix + name] = .some(left)
        } else {
          files[prefix + name] = .some(nil)
          add(node, "\(prefix)\(name)/")
        }
      }
    }
    add(root, "")
    return files
  }

  private func node(_ path: String) throws -> Node {
    try path.split(separator: "/").reduce(root) { node, name in
      guard let next = node.entries?[String(name)] else { throw Absent(path: path) }
      return next
    }
  }

  private func set(_ path: String, _ node: Node?) throws {
    var names = path.split(separator: "/").map(String.init)
    let last = names.removeLast()
    try self.node(names.joined(separator: "/")).entries?[last] = node
  }
}

extension TemporaryFolder {
  package func write(_ files: SimulatedDisk.Files) throws {
    for (name, content) in files.sorted(by: { $0.key < $1.key }) {
      if let content { try write(content, as: name) } else { try makeFolder(name) }
    }
  }
}
