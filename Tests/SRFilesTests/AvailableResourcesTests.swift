import Foundation
import SRFiles
import SRTestSupport
import Testing

/// Limits of CPUs and memory, read from trees of files that look like `/proc` and `/sys`.
@Suite struct AvailableResourcesTests {
  private static let unified = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate"
  private static let cpuMount =
    "31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw shared:5 - cgroup cgroup rw,cpu,cpuacct"
  private static let memoryMount = "32 23 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"
  private static let host: [String: String] = [
    "sys/devices/system/cpu/online": "0-63\n",
    "proc/self/status": "Name:\tsrdist\nCpus_allowed:\tff\nCpus_allowed_list:\t0-63\n",
    "proc/meminfo":
      "MemTotal:  104857600 kB\nMemFree: 1 kB\nMemAvailable:   83886080 kB\nSwapTotal: 1024 kB\n",
  ]

  /// A host of 64 CPUs and 100 GiB, with further files.
  private func resources(
    _ files: [String: String] = [:], environment: [String: String] = [:]
  ) throws -> AvailableResources {
    let folder = try TemporaryFolder()
    for (path, text) in Self.host.merging(files, uniquingKeysWith: { $1 }) {
      try folder.makeFolder((path as NSString).deletingLastPathComponent)
      try folder.write(Array(text.utf8), as: path)
    }
    return AvailableResources(root: folder.path, environment: environment)
  }

  @Test func withoutLimitsTheHardwareCounts() throws {
    let found = try resources()
    #expect(found.hostCPUs == 64 && found.allowedCPUs == Array(0..<64))
    #expect(found.cpuSummary == "64 CPUs")
    #expect(found.memory == .init(100 << 30) && found.memoryAvailable == 80 << 30 && found.swap == 1 << 20)
    for (ranks, threads) in [(1, 64), (2, 32), (3, 21), (100, 1)] {
      #expect(found.threads(ranksOnHost: ranks) == threads)
    }
  }

  /// In a namespace of its own, a container sees its group as the root. Elsewhere the process's group lies deeper, and the
  /// smallest limit on the way counts.
  @Test(arguments: [
    ("0::/\n", "", "200000 100000", "8589934592", 2, 8),
    ("0::/a.slice/b.scope\n", "a.slice", "350000 100000", "4294967296", 3, 4),
    ("0::/a.slice/b.scope\n", "a.slice/b.scope", "50000 100000", "2147483648", 1, 2),
    ("0::/a.slice/b.scope\n", "elsewhere", "100000 100000", "1073741824", 64, 100),
    ("0::/\n", "", "max 100000", "max", 64, 100),
    ("0::/../other\n", "", "200000 100000", "8589934592", 2, 8),
  ])
  func quotasOfVersion2(
    member: String, group: String, quota: String, memory: String, cpus: Int, gibibytes: Int
  ) throws {
    var files = [
      "proc/self/cgroup": member, "proc/self/mountinfo": Self.unified,
      "sys/fs/cgroup/a.slice/b.scope/cpu.max": "6400000 100000\n",
      "sys/fs/cgroup/a.slice/b.scope/memory.max": "max\n",
    ]
    let place = group.isEmpty ? "sys/fs/cgroup" : "sys/fs/cgroup/\(group)"
    (files["\(place)/cpu.max"], files["\(place)/memory.max"]) = (quota + "\n", memory + "\n")
    let found = try resources(files)
    #expect(found.sharedCPUs == .init(cpus, cpus == 64 ? nil : "cgroup quota"))
    #expect(found.threads(ranksOnHost: 1) == cpus)
    #expect(found.memory == .init(gibibytes << 30, gibibytes == 100 ? nil : "cgroup memory limit"))
    if cpus == 2 { #expect(found.cpuSummary == "2 of 64 CPUs: cgroup quota") }
  }

  /// `9223372036854771712` is version 1's way to say that there is no limit.
  @Test(arguments: [
    ("", "400000", "9223372036854771712", 4, 100), ("/job/step", "150000", "3221225472", 1, 3),
  ])
  func quotasOfVersion1(group: String, quota: String, memory: String, cpus: Int, gibibytes: Int) throws {
    let found = try resources([
      "proc/self/cgroup": "5:memory:\(group)\n4:cpu,cpuacct:\(group)\n1:name=systemd:/x\n0::/\n",
      "proc/self/mountinfo": [Self.cpuMount, Self.memoryMount].joined(separator: "\n"),
      "sys/fs/cgroup/cpu,cpuacct\(group)/cpu.cfs_quota_us": "\(quota)\n",
      "sys/fs/cgroup/cpu,cpuacct\(group)/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/memory\(group)/memory.limit_in_bytes": "\(memory)\n",
    ])
    #expect(found.sharedCPUs == .init(cpus, "cgroup quota"))
    #expect(found.memory.value == gibibytes << 30)
  }

  @Test func version1WithoutAQuota() throws {
    let found = try resources([
      "proc/self/cgroup": "4:cpu,cpuacct:/\n", "proc/self/mountinfo": Self.cpuMount,
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    ])
    #expect(found.sharedCPUs == .init(64))
  }

  /// An older container sees its own group at the mount point, but the host's name of the group in `/proc/self/cgroup`.
  @Test func theGroupOfAMountIsFound() throws {
    let found = try resources([
      "proc/self/cgroup": "0::/docker/ab c\n",
      "proc/self/mountinfo": #"30 23 0:26 /docker/ab\040c /sys/fs/my\040cgroup ro - cgroup2 cgroup2 rw"#,
      "sys/fs/my cgroup/cpu.max": "200000 100000\n",
    ])
    #expect(found.sharedCPUs == .init(2, "cgroup quota"))
  }

  /// Pages of files that can be dropped do not count as used.
  @Test func memoryThatIsUsedIsNotAvailable() throws {
    let found = try resources([
      "proc/self/cgroup": "0::/\n", "proc/self/mountinfo": Self.unified,
      "sys/fs/cgroup/memory.max": "\(8 << 30)\n", "sys/fs/cgroup/memory.current": "\(6 << 30)\n",
      "sys/fs/cgroup/memory.stat": "anon 5\ninactive_file \(1 << 30)\n",
    ])
    #expect(found.memoryAvailable == 3 << 30)
  }

  @Test func affinityLimitsAProcessAndACPUSetAHost() throws {
    let bound = "Cpus_allowed_list:\t4-5,9\n"
    let affine = try resources(["proc/self/status": bound])
    #expect(affine.allowedCPUs == [4, 5, 9] && affine.cpuSummary == "3 of 64 CPUs: CPU affinity")
    #expect(affine.threads(ranksOnHost: 2) == 3)
    let set = try resources([
      "proc/self/status": bound, "proc/self/cgroup": "0::/\n", "proc/self/mountinfo": Self.unified,
      "sys/fs/cgroup/cpuset.cpus.effective": "4-5,9\n",
    ])
    #expect(set.cpuSummary == "3 of 64 CPUs: cgroup cpuset" && set.threads(ranksOnHost: 2) == 1)
  }

  @Test(arguments: [
    (["SLURM_CPUS_ON_NODE": "8", "SLURM_CPUS_PER_TASK": "3"], 2, 3),
    (["SLURM_CPUS_ON_NODE": "8"], 2, 4), (["SLURM_CPUS_PER_TASK": "16"], 8, 8),
    (["SLURM_CPUS_ON_NODE": "many", "SLURM_CPUS_PER_TASK": "-1"], 1, 64),
  ])
  func slurmsAllocationCounts(environment: [String: String], ranks: Int, threads: Int) throws {
    #expect(try resources(environment: environment).threads(ranksOnHost: ranks) == threads)
  }

  /// Files with other contents than the kernel's limit nothing, and end nothing.
  @Test(arguments: ["", "\n", "-", "max", "99999999999999999999", "0", "-5 -5", "x 100000", "1-0"])
  func unreadableLimitsAreNone(text: String) throws {
    let found = try resources([
      "proc/self/cgroup": "0::/\nnonsense\n", "proc/self/mountinfo": Self.unified + "\nshort - cgroup\n",
      "sys/fs/cgroup/cpu.max": text, "sys/fs/cgroup/memory.max": text == "0" ? "max" : text,
      "sys/fs/cgroup/cpuset.cpus.effective": text == "0" ? "" : text,
      "sys/fs/cgroup/memory.stat": text,
    ])
    #expect(found.sharedCPUs == .init(64))
    #expect(found.threads(ranksOnHost: 1) == 64)
  }
}
