import Foundation
import SRFiles
import SRTestSupport
import Testing

/// Real limits of this host's kernel: the program sees them.
@Suite(.serialized) struct ResourceLimitTests {
  /// The line of a dry run that tells the threads. `prefix` is put before the program's command.
  private func threads(_ prefix: String) throws -> String {
    let folder = try TemporaryFolder()
    let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let program = (bundle as NSString).deletingLastPathComponent + "/srdist"
    let command =
      "\(prefix) \(ShellWord.quoted(program)) train --dry-run --model vanilla --loss mse=1 --synthetic-train 2 "
      + "--synthetic-valid 2 --weights-dir \(folder.path) --output \(folder.file("run"))"
    let run = try ChildRun("/usr/bin/env", ["bash", "-c", command])
    try #require(run.status == 0, "\(run.errors)")
    return run.output.split(separator: "\n").first { $0.hasPrefix("threads per rank") }.map(String.init) ?? ""
  }

  @Test func affinity() throws {
    let host = AvailableResources()
    try #require(host.sharedCPUs.value > 1, "SKIPPED: there is one CPU")
    let first = try #require(host.allowedCPUs.first)
    let line = try threads("taskset -c \(first)")
    #expect(line.hasSuffix(" 1 (this host: 1 of \(host.hostCPUs) CPUs: CPU affinity)"), "\(line)")
  }

  private static let group = "/sys/fs/cgroup/cpu/srdist-test-\(getpid())"
  private static let canLimit: Bool = {
    let files = FileManager.default
    guard AvailableResources().sharedCPUs.value > 1 else { return false }
    guard (try? files.createDirectory(atPath: group, withIntermediateDirectories: false)) != nil else {
      return false
    }
    defer { rmdir(group) }
    return files.fileExists(atPath: "\(group)/cpu.cfs_quota_us")
  }()

  @Test(
    .enabled(
      if: canLimit,
      "SKIPPED: needs to make a control group (version 1) below /sys/fs/cgroup/cpu, and two CPUs"))
  func quota() throws {
    try FileManager.default.createDirectory(atPath: Self.group, withIntermediateDirectories: false)
    defer { rmdir(Self.group) }
    try "100000".write(toFile: "\(Self.group)/cpu.cfs_quota_us", atomically: false, encoding: .utf8)
    let line = try threads("echo $$ > \(Self.group)/cgroup.procs && exec")
    #expect(
      line.hasSuffix(" 1 (this host: 1 of \(AvailableResources().hostCPUs) CPUs: cgroup quota)"), "\(line)")
  }
}
