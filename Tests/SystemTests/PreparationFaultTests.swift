import Foundation
import SRData
import SRFiles
import SRTestSupport
import Testing

/// `srdist prepare` while others write, when it is killed, and when system calls fail.
@Suite(.serialized) struct PreparationFaultTests {
  private let photographs: Photographs
  private let place: TemporaryFolder

  init() throws {
    photographs = try Photographs(count: 10)
    place = try TemporaryFolder()
  }

  private func arguments(_ output: String, _ more: [String] = []) -> [String] {
    ["prepare", "--input", photographs.directory.path, "--output", output, "--threads", "2"]
      + PrepareCommandTests.small + more
  }

  private func content(_ folder: String) throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    return try Dictionary(
      uniqueKeysWithValues: names.filter { !$0.hasPrefix(".") }.map {
        ($0, try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)")))
      })
  }

  @Test func theSecondProgramSaysWhoIsFirst() throws {
    try place.makeFolder("data")
    let lock = try FolderLock(place.file("data"))
    let second = try ProgramRun("srdist", arguments(place.file("data"), ["--force"]))
    withExtendedLifetime(lock) {}
    #expect(second.status == 1)
    #expect(
      second.errors.contains(
        "process \(getpid()) on \(ProcessInfo.processInfo.hostName) is writing to this folder"),
      "\(second.errors)")
    #expect(try place.names() == ["data"])
  }

  @Test(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
  func oneRankPreparesForAll() throws {
    let run = try ProgramRun(ranks: 3, "srdist", arguments(place.file("ranks")))
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.components(separatedBy: "rank 0 alone prepares the data").count == 2, "\(run.errors)")
    #expect(run.output.components(separatedBy: "6 training and 3 validation pairs").count == 2)
    let alone = try ProgramRun("srdist", arguments(place.file("alone")))
    #expect(alone.status == 0)
    #expect(try content(place.file("ranks")) == content(place.file("alone")))
    let failing = try ProgramRun(ranks: 3, "srdist", arguments(place.file("ranks")))
    #expect(failing.status != 0)
    #expect(failing.errors.components(separatedBy: "not empty").count == 2, "\(failing.errors)")
  }

  /// Killed at each of its changes to folders, the program leaves the old data or the new data, and the next one tidies up.
  @Test(.enabled(if: ProgramRun.strace != nil, "needs strace, and the permission to trace"))
  func killedAtEveryChange() throws {
    let strace = try #require(ProgramRun.strace)
    let (data, reference) = (place.file("data"), place.file("new"))
    let changed = ["--force", "--seed", "3"]
    #expect(try ProgramRun("srdist", arguments(data, ["--keep-full"])).status == 0)
    #expect(try ProgramRun("srdist", arguments(reference, ["--seed", "3"])).status == 0)
    let (old, new) = (try content(data), try content(reference))
    var (points, wereOld) = (0, 0)
    for call in ["mkdir", "rename", "unlink", "unlinkat", "rmdir"] {
      var (isKilled, point) = (true, 0)
      while isKilled {
        point += 1
        try? FileManager.default.removeItem(atPath: data)
        try place.makeFolder("data")
        for (name, bytes) in old { try bytes.write(to: URL(fileURLWithPath: "\(data)/\(name)")) }
        let run = try ProgramRun(
          under: [
            strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
            "inject=\(call):signal=KILL:when=\(point)",
          ], "srdist", arguments(data, changed))
        isKilled = run.status != 0
        let place = "\(call) \(point)"
        do {
          _ = try DatasetSplit.load(directory: data)
          let now = try content(data)
          #expect(now == old || now == new, "\(place): \(now.keys.sorted())")
          wereOld += now == old ? 1 : 0
        } catch PreparationError.exchangeIncomplete {
          // The same command, though it may not replace anything, finishes what is complete.
          let next = try ProgramRun("srdist", arguments(data, ["--seed", "3"]))
          #expect(next.status == 0, "\(place): \(next.errors)")
        }
        if isKilled {
          // The same command again.
          let next = try ProgramRun("srdist", arguments(data, changed))
          #expect(next.status == 0, "\(place): \(next.errors)")
          points += 1
        }
        #expect(try content(data) == new, "\(place)")
        let rest = try FileManager.default.contentsOfDirectory(atPath: data).filter { $0.hasPrefix(".") }
        #expect(rest == [], "\(place)")
      }
    }
    // The staging folder, five files, the exchange, and what is removed.
    #expect(points > 15 && wereOld > 5, "\(points) points, \(wereOld) of which left the old data")
  }

  /// A system call that fails once, anywhere, gives an error and keeps the old data, or does not matter.
  @Test(.enabled(if: ProgramRun.strace != nil, "needs strace, and the permission to trace"))
  func failingCallsLoseNothing() throws {
    let strace = try #require(ProgramRun.strace)
    let (data, reference) = (place.file("data"), place.file("new"))
    #expect(try ProgramRun("srdist", arguments(data)).status == 0)
    #expect(try ProgramRun("srdist", arguments(reference, ["--seed", "3"])).status == 0)
    let (old, new) = (try content(data), try content(reference))
    // The dynamic linker and the runtime make the first of some calls.
    for (call, error, points) in [
      ("getdents64", "EIO", Array(1...8)), ("newfstatat", "ESTALE", Array(stride(from: 50, to: 125, by: 6))),
      ("openat", "EMFILE", Array(stride(from: 120, to: 175, by: 5))), ("mkdir", "EACCES", [1]),
      ("rename", "EIO", Array(1...11)), ("fsync", "EIO", Array(1...14)), ("unlink", "EIO", [1, 2]),
      ("rmdir", "EBUSY", [1]), ("write", "ENOSPC", Array(stride(from: 1, to: 26, by: 3))),
    ] {
      for point in points {
        try? FileManager.default.removeItem(atPath: data)
        try place.makeFolder("data")
        for (name, bytes) in old { try bytes.write(to: URL(fileURLWithPath: "\(data)/\(name)")) }
        let run = try ProgramRun(
          under: [
            strace, "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
            "inject=\(call):error=\(error):when=\(point)",
          ], "srdist", arguments(data, ["--force", "--seed", "3"]))
        #expect(run.status < 128, "\(call) \(point): \(run.errors)")
        let place = "\(call) \(error) at \(point), status \(run.status): \(run.errors)"
        do {
          _ = try DatasetSplit.load(directory: data)
          let now = try content(data)
          #expect(now == new || (now == old && run.status != 0), "\(place)")
        } catch PreparationError.exchangeIncomplete {
          #expect(run.status != 0 && run.errors.contains("are complete"), "\(place)")
          let next = try ProgramRun("srdist", arguments(data, ["--seed", "3"]))
          #expect(next.status == 0, "\(next.errors)")
          #expect(try content(data) == new, "\(place)")
        }
      }
    }
  }

  /// What this user may not read is counted and named. The rest is prepared.
  @Test(.enabled(if: ProgramRun.strace != nil, "needs strace, and the permission to trace"))
  func whatMayNotBeReadIsNamed() throws {
    let strace = try #require(ProgramRun.strace)
    try photographs.directory.makeFolder("private")
    try photographs.directory.write([1, 2, 3], as: "closed")
    try photographs.directory.write([1, 2, 3], as: "notes.txt")
    let run = try ProgramRun(
      under: [
        strace, "-f", "-qq", "-o", "/dev/null", "-P", photographs.directory.file("private"), "-P",
        photographs.directory.file("closed"), "-e", "inject=open,openat:error=EACCES",
      ], "srdist", arguments(place.file("data")))
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.errors
        == "passed over: 1 file that is no JPEG or PNG (notes.txt), 1 file that cannot be read (closed), "
        + "1 folder that cannot be read (private)\n")
  }
}
