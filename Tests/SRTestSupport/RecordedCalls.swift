import Foundation

/// The calls of a program that change files below one folder, in their order, as strace saw them.
package struct RecordedCalls {
  /// A system call that succeeded. Paths are relative to the folder, whose own path is empty.
  package enum Call: Equatable {
    case makeDirectory(String)
    /// Opened for writing. A file that does not exist is created.
    case open(String, empties: Bool)
    /// Appended.
    case write(String, [UInt8])
    case flush(String)
    case rename(String, to: String)
    case remove(String)
  }

  package let calls: [Call]

  package struct Unexpected: Error, CustomStringConvertible {
    package let description: String
  }

  /// Whether strace is installed and may trace.
  package static let canRecord =
    (try? ChildRun("/usr/bin/env", ["strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "true"]))?.status == 0

  /// Calls that change files in ways that ``Call`` cannot express. If the program makes one of them below the folder, that is
  /// an error.
  private static let unexpected = [
    "creat", "pwrite64", "writev", "pwritev", "ftruncate", "truncate", "fallocate", "link", "linkat",
    "symlink", "symlinkat",
    "copy_file_range", "sendfile", "sync_file_range",
  ]
  private static let expected = [
    "open", "openat", "write", "fsync", "fdatasync", "rename", "renameat", "renameat2", "unlink", "unlinkat",
    "rmdir",
    "mkdir", "mkdirat",
  ]

  /// Runs `product` to its end.
  ///
  /// - Parameter folder: an absolute path without symbolic links.
  /// - Throws: ``Unexpected`` if the program fails.
  package init(of product: String, _ arguments: [String], below folder: String) throws {
    let scratch = try TemporaryFolder()
    let trace = scratch.file("trace")
    let run = try ChildRun(
      "/usr/bin/env",
      [
        "strace", "-f", "-y", "-xx", "-s", "1000000000", "--seccomp-bpf", "-o", trace,
        "-e", "trace=" + (Self.expected + Self.unexpected).map { "?\($0)" }.joined(separator: ","),
        try RunningProgram.productsDirectory().appendingPathComponent(product).path,
      ] + arguments)
    guard run.status == 0 else { throw Unexpected(description: "status \(run.status): \(run.errors)") }
    calls = try Self.calls(in: Data(contentsOf: URL(fileURLWithPath: trace)), below: folder)
  }

  private static func calls(in trace: Data, below folder: String) throws -> [Call] {
    var calls: [Call] = []
    // A call during which another thread makes one is split into two lines.
    var begun: [[UInt8]: [UInt8]] = [:]
    for line in trace.split(separator: UInt8(ascii: "\n")) {
      guard let space = line.firstIndex(of: UInt8(ascii: " ")) else { continue }
      let thread = Array(line[..<space])
      var text = Array(line[space...].drop { $0 == UInt8(ascii: " ") })
      if text.starts(with: Array("<... ".utf8)), let end = text.firstIndex(of: UInt8(ascii: ">")) {
        text = (begun.removeValue(forKey: thread) ?? []) + text[(end + 1)...]
      }
      let unfinished = Array("<unfinished ...>".utf8)
      if text.suffix(unfinished.count).elementsEqual(unfinished) {
        begun[thread] = text.dropLast(unfinished.count)
        continue
      }
      if let call = try TracedCall(text)?.call(below: folder, unexpected: unexpected) { calls.append(call) }
    }
    return calls
  }
}

/// One line of strace's, taken apart.
private struct TracedCall {
  private let name: String
  /// The arguments in quotation marks.
  private var strings: [[UInt8]] = []
  /// The paths of file descriptors.
  private var descriptors: [String] = []
  /// The text without both.
  private var rest = ""
  private let result: Int

  /// Nil if the line is not a call, or if the call failed.
  init?(_ text: [UInt8]) {
    var (index, plain) = (0, [UInt8]())
    func piece(to end: UInt8) -> [UInt8] {
      let start = index + 1
      index = text[start...].firstIndex(of: end) ?? text.endIndex
      return Self.unescaped(text[start..<index])
    }
    while index < text.count {
      switch text[index] {
      case UInt8(ascii: "\""): strings.append(piece(to: UInt8(ascii: "\"")))
      case UInt8(ascii: "<"):
        descriptors.append(String(decoding: piece(to: UInt8(ascii: ">")), as: UTF8.self))
      default: plain.append(text[index])
      }
      index += 1
    }
    rest = String(decoding: plain, as: UTF8.self)
    guard let parenthesis = rest.firstIndex(of: "("), let equals = rest.range(of: " = ", options: .backwards),
      let result = Int(rest[equals.upperBound...].prefix { $0 == "-" || $0.isNumber }), result >= 0
    else { return nil }
    name = String(rest[..<parenthesis])
    self.result = result
  }

  /// Bytes that are written as `\x41`. Other text stays as it is.
  private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
    guard text.first == UInt8(ascii: "\\") else { return Array(text) }
    func digit(_ byte: UInt8) -> UInt8 { byte < 58 ? byte - 48 : byte - 87 }
    return stride(from: text.startIndex, to: text.endIndex - 3, by: 4).map {
      digit(text[$0 + 2]) << 4 | digit(text[$0 + 3])
    }
  }

  func call(below folder: String, unexpected: [String]) throws -> RecordedCalls.Call? {
    func relative(_ path: String) -> String? {
      guard path == folder || path.hasPrefix(folder + "/") else { return nil }
      return path.dropFirst(folder.count).split(separator: "/").joined(separator: "/")
    }
    /// A path among the arguments. The calls whose names end in "at" have a directory for each.
    func path(_ position: Int) -> String? {
      let path = String(decoding: strings[position], as: UTF8.self)
      if path.hasPrefix("/") { return relative(path) }
      return name.contains("at") && position < descriptors.count
        ? relative("\(descriptors[position])/\(path)") : nil
    }
    switch name {
    case "write":
      return descriptors.first.flatMap(relative).map { .write($0, Array(strings[0].prefix(result))) }
    case "fsync", "fdatasync": return descriptors.first.flatMap(relative).map { .flush($0) }
    case "open", "openat":
      guard let path = path(0), rest.contains("O_WRONLY") || rest.contains("O_RDWR") else { return nil }
      return .open(path, empties: rest.contains("O_TRUNC"))
    case "mkdir", "mkdirat": return path(0).map { .makeDirectory($0) }
    case "unlink", "unlinkat", "rmdir": return path(0).map { .remove($0) }
    case "rename", "renameat", "renameat2":
      guard let old = path(0), let new = path(1) else { return nil }
      guard !rest.contains("RENAME_") else {
        throw RecordedCalls.Unexpected(description: "renameat2 with flags: \(rest)")
      }
      return .rename(old, to: new)
    default:
      // Nobody reads a lock's file after a power loss.
      let touched = (strings.indices.compactMap(path) + descriptors.compactMap(relative))
        .filter { $0.split(separator: "/").last != ".lock" }
      guard !unexpected.contains(name) || touched.isEmpty else {
        throw RecordedCalls.Unexpected(description: "\(name) of \(touched)")
      }
      return nil
    }
  }
}
