import Foundation
import SRCheckpoint
import SRFiles
import SRReport
import SRTestSupport
import Testing

/// What is durable before what. The calls of a real run are recorded, and replayed on a disk that loses its power at every one of
/// them. The run that resumes from what is left must end like the run that was never disturbed.
@Suite(
  .serialized,
  .enabled(if: RecordedCalls.canRecord, "SKIPPED: strace is not installed, or may not trace (Debian: strace)")
)
struct PowerLossTests {
  private let folder: TemporaryFolder
  /// The folder in which the recorded run makes its own.
  private let work: String

  init() throws {
    folder = try TemporaryFolder()
    try SmallPairs.write(to: folder)
    try folder.makeFolder("work")
    work = URL(fileURLWithPath: folder.file("work")).resolvingSymlinksInPath().path
  }

  /// Two epochs of two steps. The second epoch is better than the first.
  private func arguments(_ work: String, _ more: [String] = []) -> [String] {
    [
      "train", "--model", "vanilla", "--features", "16", "--blocks", "1", "--loss", "mse=1", "--data",
      folder.path,
      "--batch-size", "6", "--epochs", "2", "--learning-rate", "1e-5", "--threads",
      "1", "--samples", "1",
      "--weights-dir", folder.path, "--output", "\(work)/runs/run",
    ] + more
  }

  /// One checkpoint precedes the validation of an epoch, and another follows it.
  private let keepOne = ["--checkpoint-every", "2", "--keep-checkpoints", "1"]
  private let keepAll = ["--checkpoint-every", "1", "--keep-checkpoints", "9"]

  /// A run trusts a checkpoint, and whatever came before the checkpoint.
  @Test func aCheckpointGetsItsNameAfterEverythingBeforeIt() throws {
    let recorded = try RecordedCalls(of: "srdist", arguments(work, keepOne), below: work)
    let disk = SimulatedDisk()
    let place = "runs/run/checkpoints/"
    var unflushed: String?
    var names: [String] = []
    for call in recorded.calls {
      if case .rename(let temporary, let path) = call, path.hasPrefix(place), !path.contains(".") {
        let before = disk.files(after: .contentsAndNames).filter { !$0.key.hasPrefix(place) }
        let all = disk.files(after: .nothing)
        let own = disk.files(after: .contents).filter { $0.key.hasPrefix(temporary) }
        #expect(own == all.filter { $0.key.hasPrefix(temporary) }, "\(path) has its name before its content")
        let state = try #require(own["\(temporary)/state.json"] ?? nil)
        let steps = try ReadableJSON.decode(CheckpointState.self, from: state)
        for (name, content) in all where !name.hasPrefix(place) && !name.hasSuffix("/.lock") {
          #expect(before[name] == content, "\(path) has its name before \(name) is on the disk")
        }
        let log = String(decoding: try #require(before["runs/run/metrics.jsonl"] ?? nil), as: UTF8.self)
        #expect(log.components(separatedBy: #""kind":"step""#).count - 1 == steps.step)
        #expect(log.components(separatedBy: #""kind":"epoch""#).count - 1 == steps.completedEpochs)
        names.append(path)
        unflushed = path
      }
      try disk.apply(call)
      if case .flush("runs/run/checkpoints") = call, let path = unflushed {
        #expect(disk.files(after: .contentsAndNames)["\(path)/state.json"] != nil, "\(path) can be lost")
        unflushed = nil
      }
    }
    #expect(names.count == 2 * 3 && unflushed == nil)
  }

  @Test func aRunThatLosesPowerEndsLikeOneThatDoesNot() async throws {
    let recorded = try RecordedCalls(of: "srdist", arguments(work, keepOne), below: work)
    let expected = try Ending(of: "\(work)/runs/run")
    // Otherwise the last epoch's best checkpoint, from which a run can resume, would be missing here.
    #expect(expected.checkpoints["best"]?.state.step == 4)
    try await replay(recorded, on: SimulatedDisk(), keepOne, expecting: expected)
  }

  /// The run goes back to its first epoch: it removes later checkpoints, and cuts the log.
  @Test func aRunThatLosesPowerWhileItGoesBackEndsLikeOneThatDoesNot() async throws {
    let first = try ProgramRun("srdist", arguments(work, keepAll))
    try #require(first.status == 0, "\(first.errors)")
    let expected = try Ending(of: "\(work)/runs/run")
    let disk = try SimulatedDisk(copying: work)
    let back = ["--resume", "\(work)/runs/run/checkpoints/step-00000002", "--max-steps", "3"]
    let recorded = try RecordedCalls(of: "srdist", arguments(work, keepAll + back), below: work)
    try await replay(recorded, on: disk, keepAll, expecting: expected)
  }

  private struct State: Sendable {
    let when: String
    let files: SimulatedDisk.Files
  }

  /// Lets the disk lose its power after each call, in each way, and resumes the run from each state that differs from others.
  private func replay(
    _ recorded: RecordedCalls, on disk: SimulatedDisk, _ more: [String], expecting expected: Ending
  ) async throws {
    var states: [State] = []
    var seen: Set<Int> = []
    for (index, call) in recorded.calls.enumerated() {
      try disk.apply(call)
      // Of a series of writes, the last one matters.
      if index + 1 < recorded.calls.count, recorded.calls[index + 1].isWrite { continue }
      for loss in SimulatedDisk.Loss.allCases {
        let files = disk.files(after: loss)
        guard seen.insert(essence(of: files)).inserted else { continue }
        states.append(State(when: "call \(index), \(call.summary), loss of \(loss)", files: files))
      }
    }
    #expect(states.count > 20)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for half in 0..<2 {
        group.addTask { [states] in
          for index in stride(from: half, to: states.count, by: 2) {
            try check(states[index], more, expecting: expected)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private func check(_ state: State, _ more: [String], expecting expected: Ending) throws {
    let place = try TemporaryFolder()
    try place.write(state.files)
    let run = try ProgramRun("srdist", arguments(place.path, more))
    #expect(run.status == 0, "\(state.when): \(run.errors)")
    guard run.status == 0 else { return }
    let differences = try Ending(of: place.file("runs/run")).differences(from: expected)
    #expect(differences == [], "\(state.when)")
  }

  /// A number that is the same for states that a run cannot tell apart: of a checkpoint that is not complete or that is being
  /// removed, only its presence counts.
  private func essence(of files: SimulatedDisk.Files) -> Int {
    var hasher = Hasher()
    for (name, content) in files.sorted(by: { $0.key < $1.key }) {
      let parts = name.split(separator: "/")
      let temporary = parts.firstIndex { $0.contains(".tmp-") }
      if let temporary, temporary < parts.count - 1 { continue }
      hasher.combine(name)
      if temporary == nil { hasher.combine(content) }
    }
    return hasher.finalize()
  }
}

extension RecordedCalls.Call {
  fileprivate var isWrite: Bool { if case .write = self { true } else { false } }

  fileprivate var summary: String {
    if case .write(let path, let bytes) = self { return "write of \(bytes.count) bytes to \(path)" }
    return "\(self)"
  }
}

/// Everything that a run leaves, without times.
private struct Ending: Sendable {
  struct Checkpoint: Equatable, Sendable {
    let weights: String
    let moments: String
    let state: CheckpointState

    init(_ path: String) throws {
      let checkpoint = CheckpointDirectory(path: path)
      var state = try checkpoint.verify()
      state.epochSums["seconds"] = nil
      state.configuration = ""
      // A run that goes back has no best epoch at first.
      if !path.hasSuffix("/best") { state.best = nil }
      self.state = state
      weights = try FileDigest(ofFile: checkpoint.file(CheckpointDirectory.modelFile)).sha256
      moments = try FileDigest(ofFile: checkpoint.file(CheckpointDirectory.optimizerFile)).sha256
    }
  }

  let log: [MetricsLine]
  let table: [[String]]
  let configuration: [Substring]
  let pictures: [String: String]
  let events: [String: [EventReader.Value]]
  let checkpoints: [String: Checkpoint]
  /// The names that are neither a run's nor what an interrupted write of a single file left.
  let strayNames: [String]

  init(of run: String) throws {
    log = try MetricsFile.read("\(run)/metrics.jsonl").map { line in
      switch line {
      case .step(var record):
        record.imagesPerSecond = 0
        // The last step of each start has it.
        record.weightsSHA256 = nil
        return .step(record)
      case .epoch(var record):
        record.seconds = 0
        return .epoch(record)
      case .other: return .other
      }
    }
    let rows = try String(contentsOfFile: "\(run)/metrics.csv", encoding: .utf8).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let seconds = rows.first?.firstIndex(of: "seconds")
    table = rows.map { row in row.indices.filter { $0 != seconds }.map { row[$0] } }
    configuration = try String(contentsOfFile: "\(run)/config.yaml", encoding: .utf8).split(separator: "\n")
      .filter {
        !$0.hasPrefix("output:")
      }
    pictures = try Dictionary(
      uniqueKeysWithValues: Self.names(in: "\(run)/samples").map {
        ($0, try FileDigest(ofFile: "\(run)/samples/\($0)").sha256)
      })
    let times = ["step/images_per_second", "epoch/seconds"]
    events = try EventReader.values(in: "\(run)/tensorboard").reduce(into: [:]) { events, tag in
      events[tag.key] = tag.value.map {
        times.contains(tag.key) ? $0.withoutBytes : $0
      }
    }
    checkpoints = try Dictionary(
      uniqueKeysWithValues: Self.names(in: "\(run)/checkpoints").map {
        ($0, try Checkpoint("\(run)/checkpoints/\($0)"))
      })
    strayNames = try Self.names(in: run).filter {
      ![".lock", "checkpoints", "config.yaml", "metrics.csv", "metrics.jsonl", "samples", "tensorboard"]
        .contains($0)
    }
  }

  /// Without what an interrupted write of a single file left.
  private static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter {
      $0.hasPrefix(".") || !$0.contains(".tmp-")
    }.sorted()
  }

  /// What is different, in words.
  func differences(from other: Ending) -> [String] {
    var differences: [String] = []
    func compare<Part: Equatable>(_ name: String, _ part: KeyPath<Ending, Part>) {
      if self[keyPath: part] != other[keyPath: part] {
        differences.append("\(name): \(self[keyPath: part]), expected \(other[keyPath: part])")
      }
    }
    compare("metrics.jsonl", \.log)
    compare("metrics.csv", \.table)
    compare("config.yaml", \.configuration)
    compare("samples", \.pictures)
    compare("events", \.events.mapValuesToSteps)
    // While a run goes back, some of the later checkpoints may be gone, and the run may still end from one that is not.
    for (name, checkpoint) in checkpoints where checkpoint != other.checkpoints[name] {
      differences.append("\(name): \(checkpoint), expected \(String(describing: other.checkpoints[name]))")
    }
    for name in ["best", "step-00000004"] where checkpoints[name] == nil {
      differences.append("\(name) is absent")
    }
    compare("names", \.strayNames)
    if differences.isEmpty, events != other.events { differences.append("events have other values") }
    return differences
  }
}

extension [String: [EventReader.Value]] {
  fileprivate var mapValuesToSteps: [String: [Int]] { mapValues { $0.map(\.step) } }
}
