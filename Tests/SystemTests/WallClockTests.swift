import Foundation
import SRTestSupport
import Testing

/// The machine's clock may be set back or forth at any time. So nothing waits by it or measures with it.
struct WallClockTests {
  /// Files that tell people what time it is.
  private let allowed = [
    "SRReport/TensorBoard/EventFile.swift",
    // The name of a folder.
    "SRTraining/Debug/DebugRun.swift",
  ]
  private let readings = [
    "Date()", "Date.now", "timeIntervalSinceNow", "timeIntervalSinceReferenceDate", "CFAbsoluteTime",
    "gettimeofday",
    "CLOCK_REALTIME", "DispatchWallTime", "wallDeadline", "time(nil)", "time(NULL)", "time(0)",
  ]

  @Test func nothingWaitsByTheWallClock() throws {
    let root = Repository.file("Sources")
    let files = try FileManager.default.subpathsOfDirectory(atPath: root).filter { path in
      [".swift", ".c", ".h"].contains { path.hasSuffix($0) } && !allowed.contains(path)
    }
    #expect(files.count > 100)
    for file in files {
      guard let text = try? String(contentsOfFile: "\(root)/\(file)", encoding: .utf8) else { continue }
      for reading in readings {
        #expect(!text.contains(reading), "\(file) reads the wall clock: \(reading)")
      }
    }
  }
}
