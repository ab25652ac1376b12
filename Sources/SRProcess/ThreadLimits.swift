import Foundation

/// The limits on this process's threads.
enum ThreadLimits {
  /// One text for each limit that is set.
  static var found: [String] { cgroups + resources + kernel }

  /// A control group counts threads as processes. Each group on the path to the root may have a limit.
  private static var cgroups: [String] {
    // Lines such as `0::/user.slice` (version 2) or `8:pids:/docker/1234` (version 1).
    let groups = text("/proc/self/cgroup").split(separator: "\n").compactMap { line -> (String, String)? in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      if parts[1].isEmpty { return ("/sys/fs/cgroup", String(parts[2])) }
      return parts[1].split(separator: ",").contains("pids") ? ("/sys/fs/cgroup/pids", String(parts[2])) : nil
    }
    return groups.flatMap { root, path in
      var found: [String] = []
      var names = path.split(separator: "/").filter { $0 != ".." }[...]
      while true {
        let folder = ([root] + names.map(String.init)).joined(separator: "/")
        if let most = number(text("\(folder)/pids.max")) {
          let current = number(text("\(folder)/pids.current")).map { ", of which \($0) are in use" } ?? ""
          found.append("\(folder)/pids.max is \(most)\(current)")
        }
        if names.popLast() == nil { return found }
      }
    }
  }

  /// Lines such as `Max processes   95816   95816   processes`. The first number is the limit.
  private static var resources: [String] {
    let limits = text("/proc/self/limits").split(separator: "\n")
    return [
      ("Max processes", "RLIMIT_NPROC (ulimit -u)", ""),
      ("Max address space", "RLIMIT_AS (ulimit -v)", " bytes"),
    ].compactMap { title, name, unit in
      let line = limits.first { $0.hasPrefix(title) }?.dropFirst(title.count)
      return line.flatMap { number(String($0.split(separator: " ").first ?? "")) }.map {
        "\(name) is \($0)\(unit)"
      }
    }
  }

  private static var kernel: [String] {
    number(text("/proc/sys/kernel/threads-max")).map { ["kernel.threads-max is \($0)"] } ?? []
  }

  private static func text(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
  }

  /// Nil for `max`, `unlimited`, and files that do not exist.
  private static func number(_ text: String) -> Int? {
    Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
