import Foundation

/// The CPUs and the memory of this host that this process may use.
///
/// Four things limit them: the hardware, the process's CPU affinity, the quotas of its control groups (version 1 and 2), and
/// Slurm's allocation. The smallest limit holds. A container's limits are quotas of control groups.
package struct AvailableResources: Sendable, Equatable, Codable {
  /// The most of something, and what limits it.
  package struct Limit: Sendable, Equatable, Codable {
    package let value: Int
    /// Such as `cgroup quota`; nil if the hardware alone is the limit.
    package let reason: String?

    package init(_ value: Int, _ reason: String? = nil) {
      self.value = value
      self.reason = reason
    }

    /// The smaller one. If both are equal, this one.
    func and(_ other: Limit?) -> Limit {
      guard let other, other.value < value else { return self }
      return other
    }
  }

  /// The hardware threads of the host.
  package let hostCPUs: Int
  /// The numbers of the hardware threads on which this process may run.
  package let allowedCPUs: [Int]
  /// The hardware threads that the process's control group offers; nil if no set of CPUs limits it.
  package let cpuSet: Int?
  /// The CPUs that all processes of the job on this host share.
  package let sharedCPUs: Limit
  /// The CPUs that this process may use.
  package let ownCPUs: Limit
  /// The bytes that all processes of the job on this host share.
  package let memory: Limit
  /// The bytes of ``memory`` that are free. Pages of files count as free if they can be dropped.
  package let memoryAvailable: Int
  /// The bytes of swap space on the host.
  package let swap: Int
  /// The numbers of the memory nodes (NUMA) whose CPUs this process may use; empty if the system does not tell.
  package let memoryNodes: [Int]

  /// Examines the host. A limit that cannot be read is none.
  ///
  /// - Parameters:
  ///   - root: the folder in which `proc` and `sys` lie.
  ///   - environment: has Slurm's variables if Slurm started the process.
  package init(
    root: String = "/", environment: [String: String] = ProcessInfo.processInfo.environment
  ) {
    let system = SystemFiles(root: root)
    let groups = ControlGroups(system)
    func slurm(_ name: String) -> Limit? {
      environment[name].flatMap { Int($0) }.flatMap { $0 > 0 ? Limit($0, "Slurm's \(name)") : nil }
    }

    let online = system.cpus("sys/devices/system/cpu/online")
    hostCPUs = max(1, online?.count ?? ProcessInfo.processInfo.processorCount)
    let allowed = system.field("proc/self/status", "Cpus_allowed_list").flatMap { CPUList.parse($0) }
    allowedCPUs = allowed ?? Array(0..<ProcessInfo.processInfo.activeProcessorCount)
    let own = Set(allowedCPUs)
    memoryNodes = (system.cpus("sys/devices/system/node/online") ?? []).filter {
      system.cpus("sys/devices/system/node/node\($0)/cpulist").map { !own.isDisjoint(with: $0) } ?? false
    }
    let affinity = Limit(allowedCPUs.count, "CPU affinity")
    // A part of a CPU would make the threads wait for each other, so the quota is rounded down.
    let quota = groups.cpuQuota.map { Limit(max(1, Int($0)), "cgroup quota") }
    cpuSet = groups.cpuSet.map(\.count)
    let set = cpuSet.map { Limit($0, "cgroup cpuset") }
    sharedCPUs = Limit(hostCPUs).and(quota).and(set).and(slurm("SLURM_CPUS_ON_NODE"))
    ownCPUs = sharedCPUs.and(affinity).and(slurm("SLURM_CPUS_PER_TASK"))

    let total = system.kilobytes("proc/meminfo", "MemTotal") ?? Int(ProcessInfo.processInfo.physicalMemory)
    let free = system.kilobytes("proc/meminfo", "MemAvailable") ?? total
    swap = system.kilobytes("proc/meminfo", "SwapTotal") ?? 0
    memory = Limit(total).and(groups.memory.map(\.limit).min().map { Limit($0, "cgroup memory limit") })
    memoryAvailable = max(0, groups.memory.reduce(free) { min($0, $1.limit - $1.used) })
  }

  /// The worker threads of a rank: its share of the host's CPUs, but at most those on which it may run.
  ///
  /// - Parameter ranks: the ranks of the job on this host.
  package func threads(ranksOnHost ranks: Int) -> Int {
    max(1, min(ownCPUs.value, sharedCPUs.value / max(ranks, 1)))
  }

  /// Such as `2 of 64 CPUs: cgroup quota`, or `64 CPUs` if nothing limits them.
  package var cpuSummary: String {
    ownCPUs.reason.map { "\(ownCPUs.value) of \(hostCPUs) CPUs: \($0)" } ?? "\(hostCPUs) CPUs"
  }
}

/// Small files of the kernel. What cannot be read is absent.
private struct SystemFiles {
  let root: String

  func text(_ path: String) -> String? {
    try? String(contentsOfFile: root.hasSuffix("/") ? root + path : "\(root)/\(path)", encoding: .utf8)
  }

  func lines(_ path: String) -> [Substring] { text(path)?.split(separator: "\n") ?? [] }

  /// The words of a file that has one line.
  func words(_ path: String) -> [Substring] { text(path)?.split(whereSeparator: \.isWhitespace) ?? [] }

  /// The value of a line such as `MemTotal:  100 kB` or `inactive_file 100`.
  func field(_ path: String, _ name: String) -> String? {
    for line in lines(path) {
      let parts = line.split(maxSplits: 1) { $0 == ":" || $0 == " " || $0 == "\t" }
      if parts.count == 2, parts[0] == name { return parts[1].trimmingCharacters(in: .whitespaces) }
    }
    return nil
  }

  func kilobytes(_ path: String, _ name: String) -> Int? {
    field(path, name)?.split(separator: " ").first.flatMap { Int($0) }.map { $0 * 1024 }
  }

  func cpus(_ path: String) -> [Int]? { text(path).flatMap { CPUList.parse($0) } }
}

/// A list of CPUs as the kernel writes it, such as `0-3,8`.
private enum CPUList {
  /// Nil if the text is no such list, or an empty one.
  static func parse(_ text: String) -> [Int]? {
    var cpus: [Int] = []
    for part in text.split(separator: ",") {
      let bounds = part.split(separator: "-", omittingEmptySubsequences: false).map {
        Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
      }
      guard bounds.count <= 2, let first = bounds.first ?? nil, let last = bounds.last ?? nil,
        first <= last, last < 1 << 16
      else { return nil }
      cpus += first...last
    }
    return cpus.isEmpty ? nil : cpus
  }
}

/// The limits of the control groups that this process belongs to.
///
/// A group's limit holds for the groups below it. So each limit is the smallest one of the process's own group and of all
/// groups above it, as far as they are visible.
private struct ControlGroups {
  /// CPUs; nil for no quota.
  private(set) var cpuQuota: Double?
  private(set) var cpuSet: [Int]?
  /// Bytes: a group's limit, and what the group uses without the file pages that can be dropped.
  private(set) var memory: [(limit: Int, used: Int)] = []

  init(_ system: SystemFiles) {
    for hierarchy in Self.hierarchies(system) {
      for folder in hierarchy.folders {
        func number(_ name: String) -> Int? { system.words("\(folder)/\(name)").first.flatMap { Int($0) } }
        var quota: [Int?] = []
        var (limit, used, droppable): (Int?, Int?, String)
        if hierarchy.isUnified {
          quota = system.words("\(folder)/cpu.max").map { Int($0) }
          (limit, used) = (number("memory.max"), number("memory.current"))
          droppable = "inactive_file"
        } else {
          quota = [number("cpu.cfs_quota_us"), number("cpu.cfs_period_us")]
          (limit, used) = (number("memory.limit_in_bytes"), number("memory.usage_in_bytes"))
          droppable = "total_inactive_file"
        }
        // Without a quota, the first number is `max` in version 2 and -1 in version 1.
        if quota.count == 2, let time = quota[0], let period = quota[1], time > 0, period > 0 {
          cpuQuota = min(cpuQuota ?? .infinity, Double(time) / Double(period))
        }
        if let limit, limit >= 0 {
          let cache = system.field("\(folder)/memory.stat", droppable).flatMap { Int($0) } ?? 0
          memory.append((limit, max(0, (used ?? 0) - cache)))
        }
        if cpuSet == nil {
          cpuSet =
            system.cpus("\(folder)/cpuset.cpus.effective") ?? system.cpus("\(folder)/cpuset.effective_cpus")
        }
      }
    }
  }

  private struct Hierarchy {
    /// Version 2.
    let isUnified: Bool
    /// The process's own group first, the highest visible one last.
    let folders: [String]
  }

  /// The mounted hierarchies, from `/proc/self/mountinfo` and `/proc/self/cgroup` (see proc(5) and cgroups(7)).
  private static func hierarchies(_ system: SystemFiles) -> [Hierarchy] {
    let memberships = system.lines("proc/self/cgroup").compactMap { line -> (Set<Substring>, String)? in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      return (Set(parts[1].split(separator: ",")), String(parts[2]))
    }
    return system.lines("proc/self/mountinfo").compactMap { line -> Hierarchy? in
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), dash >= 5, fields.count > dash + 3 else { return nil }
      let kind = fields[dash + 1]
      guard kind == "cgroup" || kind == "cgroup2" else { return nil }
      let controllers = Set(fields[dash + 3].split(separator: ","))
      let membership = memberships.first { names, _ in
        kind == "cgroup2" ? names.isEmpty : !names.isDisjoint(with: controllers)
      }
      let folders = folders(
        mountRoot: unescaped(fields[3]), mountPoint: unescaped(fields[4]), group: membership?.1 ?? "/")
      return Hierarchy(isUnified: kind == "cgroup2", folders: folders)
    }
  }

  /// - Parameters:
  ///   - mountRoot: the group that the mount point shows. A container may see its own group there.
  ///   - group: the process's group.
  private static func folders(mountRoot: String, mountPoint: String, group: String) -> [String] {
    let top = String(mountPoint.drop { $0 == "/" })
    let root = mountRoot.split(separator: "/")
    let names = group.split(separator: "/")
    // A group outside what the mount shows has no folder below it.
    guard names.starts(with: root), !names.contains("..") else { return [top] }
    let below = names.dropFirst(root.count)
    return (0...below.count).reversed().map { ([Substring(top)] + below.prefix($0)).joined(separator: "/") }
  }

  /// mountinfo writes a space as `\040`, and likewise tab, newline and backslash.
  private static func unescaped(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3, let code = UInt8(Substring(rest.prefix(3)), radix: 8) {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
