import Foundation
import SRCheckpoint
import SRFiles
import SRTestSupport
import Testing

@Suite struct CheckpointDirectoryTests {
  @Test(arguments: [false, true])
  func checkpointSurvivesTheDisk(averaged: Bool) throws {
    let folder = try TemporaryFolder()
    let contents = SampleArenas.contents(step: 1234, averaged: averaged)
    let checkpoint = try CheckpointDirectory.write(contents, to: folder.file("c"))
    let state = try checkpoint.verify()

    var expected = contents.state
    expected.weightsSHA256 = weightsSHA256(contents.weights)
    #expect(state == expected)
    #expect(state.seed == .max)
    #expect(state.learningRate.rate.bitPattern == (0.1 + 0.2).bitPattern)
    #expect(state.epochSums["train_loss"]![2].sign == .minus)

    let loaded = (0..<4).map { SampleArenas.arena(seed: UInt64($0) + 50) }
    try checkpoint.loadWeights(into: loaded[0])
    try checkpoint.loadMoments(first: loaded[1], second: loaded[2])
    #expect(SampleArenas.tensors(loaded[0]) == SampleArenas.tensors(contents.weights))
    #expect(SampleArenas.tensors(loaded[1]) == SampleArenas.tensors(contents.firstMoment))
    #expect(SampleArenas.tensors(loaded[2]) == SampleArenas.tensors(contents.secondMoment))
    #expect(try checkpoint.hasAveragedWeights == averaged)
    if let average = contents.averagedWeights {
      try checkpoint.loadAveragedWeights(into: loaded[3])
      #expect(SampleArenas.tensors(loaded[3]) == SampleArenas.tensors(average))
    } else {
      #expect(throws: CheckpointError.lacks(path: checkpoint.path, file: "ema.safetensors")) {
        try checkpoint.loadAveragedWeights(into: loaded[3])
      }
    }
    #expect(try folder.names() == ["c"])
  }

  /// srdist 0.1.0 wrote a field of the schedule, and left it empty.
  @Test func statesOfEarlierReleasesAreRead() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try CheckpointDirectory.write(SampleArenas.contents(step: 5), to: folder.file("c"))
    let text = try folder.text("c/state.json")
    let old = text.replacingOccurrences(of: #""rate" : "#, with: "\"schedule\" : {}, \"rate\" : ")
    try #require(old != text)
    try folder.write(Array(old.utf8), as: "c/state.json")
    #expect(try checkpoint.state().learningRate.rate == 0.1 + 0.2)
  }

  @Test func momentsCarryPyTorchNames() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try CheckpointDirectory.write(SampleArenas.contents(step: 1), to: folder.file("c"))
    let names = try SafetensorsFile(path: checkpoint.file("optimizer.safetensors")).tensors.map(\.name)
    let parameters = SampleArenas.layout.entries.map(\.name)
    #expect(names == parameters.map { "exp_avg.\($0)" } + parameters.map { "exp_avg_sq.\($0)" })
  }

  /// `checksums.json` may come from anywhere. What it names is read only if it is a file of the checkpoint's folder.
  @Test(arguments: [
    "../secret", "/etc/passwd", "..", ".", "", "a/../../secret", "inner/model.safetensors", "./state.json",
    "a\0b",
  ])
  func namesLeadNowhereElse(name: String) throws {
    let folder = try TemporaryFolder()
    let checkpoint = try CheckpointDirectory.write(SampleArenas.contents(step: 5), to: folder.file("c"))
    try folder.write(Array("secret".utf8), as: "secret")
    var sums =
      try JSONSerialization.jsonObject(with: Data(folder.text("c/checksums.json").utf8)) as! [String: Any]
    var files = sums["files"] as! [String: Any]
    files[name] = ["bytes": 6, "sha256": "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b"]
    sums["files"] = files
    try folder.write(Array(JSONSerialization.data(withJSONObject: sums)), as: "c/checksums.json")
    let report = try #require(checkpoint.fileReports().first { $0.name == name })
    #expect(report.found == nil && report.problem == "is not the name of a file in the checkpoint's folder")
    #expect(throws: CheckpointError.self) { try checkpoint.verify() }
  }

  /// A link to another file of the folder, or to the folder itself, leads nowhere else.
  @Test func linksLeadNowhereElse() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try CheckpointDirectory.write(SampleArenas.contents(step: 5), to: folder.file("c"))
    let files = FileManager.default
    try files.moveItem(atPath: checkpoint.file("model.safetensors"), toPath: folder.file("outside"))
    try files.createSymbolicLink(
      atPath: checkpoint.file("model.safetensors"), withDestinationPath: "../outside")
    let report = try #require(checkpoint.fileReports().first { $0.name == "model.safetensors" })
    #expect(
      report.found == nil && report.problem?.contains("outside, outside the checkpoint's folder") == true)
    #expect(throws: CheckpointError.self) { try checkpoint.verify() }

    try files.removeItem(atPath: checkpoint.file("model.safetensors"))
    try files.moveItem(atPath: folder.file("outside"), toPath: checkpoint.file("weights"))
    try files.createSymbolicLink(atPath: checkpoint.file("model.safetensors"), withDestinationPath: "weights")
    try files.createSymbolicLink(atPath: folder.file("link"), withDestinationPath: "c")
    try CheckpointDirectory(path: folder.file("link")).verify()
  }

  enum Damage: String, CaseIterable {
    case flippedBit, cutShort, emptied, grown, removed

    func strike(_ path: String) throws {
      let url = URL(fileURLWithPath: path)
      var bytes = try Data(contentsOf: url)
      switch self {
      case .flippedBit: bytes[bytes.count - 2] ^= 1
      case .cutShort: bytes.removeLast()
      case .emptied: bytes = Data()
      case .grown: bytes.append(32)
      case .removed: return try FileManager.default.removeItem(at: url)
      }
      try bytes.write(to: url)
    }
  }

  @Test(
    arguments: ["model.safetensors", "optimizer.safetensors", "ema.safetensors", "state.json"],
    Damage.allCases)
  func damageIsFoundAndTheFileNamed(file: String, damage: Damage) throws {
    let folder = try TemporaryFolder()
    let checkpoint = try CheckpointDirectory.write(
      SampleArenas.contents(step: 1, averaged: true), to: folder.file("c"))
    try damage.strike(checkpoint.file(file))
    let error = #expect(throws: CheckpointError.self) { try checkpoint.verify() }
    guard case .damaged(let path, let problems) = error else {
      Issue.record("not reported as damage: \(String(describing: error))")
      return
    }
    #expect(path == checkpoint.path)
    #expect(problems.count == 1 && problems[0].hasPrefix(file))
  }

  @Test(arguments: [Damage.cutShort, .emptied, .removed])
  func damagedChecksumsAreDamage(damage: Damage) throws {
    let folder = try TemporaryFolder()
    let checkpoint = try CheckpointDirectory.write(SampleArenas.contents(step: 1), to: folder.file("c"))
    // Cuts two bytes, so that a brace is lost and not only the last newline.
    if damage == .cutShort { try damage.strike(checkpoint.file("checksums.json")) }
    try damage.strike(checkpoint.file("checksums.json"))
    let error = #expect(throws: CheckpointError.self) { try checkpoint.verify() }
    #expect(error?.description.contains("checksums.json") == true)
  }

  @Test func fileWithoutARecordIsDamage() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try CheckpointDirectory.write(SampleArenas.contents(step: 1), to: folder.file("c"))
    try Data(#"{"files":{}}"#.utf8).write(to: URL(fileURLWithPath: checkpoint.file("checksums.json")))
    let problems = checkpoint.fileReports().filter { $0.problem != nil }.map(\.name)
    #expect(problems == ["model.safetensors", "optimizer.safetensors", "state.json"])
  }

  @Test(arguments: ["../other", "/etc/hostname", "..", ""])
  func recordedNamesDoNotLeaveTheFolder(name: String) throws {
    let folder = try TemporaryFolder()
    let checkpoint = try CheckpointDirectory.write(SampleArenas.contents(step: 1), to: folder.file("c"))
    let path = checkpoint.file("checksums.json")
    var files = try ReadableJSON.decode([String: [String: FileDigest]].self, fromFile: path)
    files["files"]?[name] = FileDigest(bytes: 0, sha256: "")
    try Data(ReadableJSON.encode(files, .indented)).write(to: URL(fileURLWithPath: path))
    let reports = checkpoint.fileReports().filter { $0.problem != nil }
    #expect(reports.map(\.name) == [name] && reports[0].found == nil)
  }

  @Test func newerFormatIsRefusedByItsNumber() throws {
    let folder = try TemporaryFolder()
    var contents = SampleArenas.contents(step: 1)
    contents.state.formatVersion = 99
    let checkpoint = try CheckpointDirectory.write(contents, to: folder.file("c"))
    #expect(throws: CheckpointError.unknownFormat(path: checkpoint.path, version: 99)) {
      try checkpoint.verify()
    }
  }

  @Test func existingCheckpointIsReplacedWhole() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("best")
    _ = try CheckpointDirectory.write(SampleArenas.contents(step: 1, averaged: true), to: path)
    let second = SampleArenas.contents(step: 2, seed: 9)
    let checkpoint = try CheckpointDirectory.write(second, to: path)
    #expect(try checkpoint.verify().step == 2)
    #expect(try !checkpoint.hasAveragedWeights)
    #expect(try folder.names() == ["best"])
  }
}
