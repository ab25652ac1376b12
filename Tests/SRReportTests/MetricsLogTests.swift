import Foundation
import SRReport
import SRTestSupport
import Testing

@Suite struct MetricsLogTests {
  /// A log of 3 epochs of 2 steps each.
  private func writeLog(_ path: String) throws {
    let log = try MetricsLog(path: path)
    for epoch in 1...3 {
      for step in [2 * epoch - 1, 2 * epoch] { try log.append(SampleRecords.step(step, epoch: epoch)) }
      try log.append(SampleRecords.epoch(epoch, step: 2 * epoch))
    }
    try log.synchronize()
  }

  private func lines(_ text: String) -> [Substring] { text.split(separator: "\n") }

  @Test func recordsComeBackToTheBit() throws {
    let folder = try TemporaryFolder()
    var step = SampleRecords.step(7, epoch: 1)
    step.weightsSHA256 = "ab"
    step.metrics = ["gradient_norm": 0.1 + 0.2]
    var epoch = SampleRecords.epoch(3, step: 7)
    epoch[.valid, "lpips"] = 0.30000000000000004
    epoch[.valid, "ssim_box"] = 1
    epoch.trainTerms = ["mse": 2.0 / 3.0]
    epoch.validTerms = ["mse": 4.0 / 3.0]
    let log = try MetricsLog(path: folder.file("metrics.jsonl"))
    try log.append(step)
    try log.append(epoch)
    #expect(try MetricsFile.read(folder.file("metrics.jsonl")) == [.step(step), .epoch(epoch)])
  }

  @Test func surveysPassOverWhatIsNoRecord() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m")
    try writeLog(path)
    #expect(
      try MetricsFile.survey(path)
        == .init(epochs: (1...3).map { SampleRecords.epoch($0, step: 2 * $0) }, steps: 6))
    var lines = try folder.text("m").split(separator: "\n").map(String.init)
    lines.insert(contentsOf: ["nonsense", #"{"kind":"epoch","epoch":1}"#, #"{"kind":"other"}"#], at: 3)
    // As if the third epoch had been repeated after a crash.
    lines.append(lines[lines.count - 1].replacing("12.5", with: "99.5"))
    try folder.write(Array((lines.joined(separator: "\n") + "\n{\"kind\"").utf8), as: "m")
    let survey = try MetricsFile.survey(path)
    #expect(survey.damagedLines == [4, 5] && survey.endsWithinLine && survey.steps == 6)
    #expect(survey.epochs.map(\.epoch) == [1, 2, 3] && survey.epochs.last?.seconds == 99.5)
    #expect(throws: MetricsLogError.self) { try MetricsFile.survey(folder.file("absent")) }
  }

  @Test func fieldsHaveTheirPublishedNames() throws {
    let folder = try TemporaryFolder()
    try writeLog(folder.file("m"))
    let objects = try lines(folder.text("m")).map {
      try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
    #expect(
      Set(objects[0].keys)
        == ["kind", "epoch", "step", "loss", "terms", "learning_rate", "images_per_second"])
    #expect(
      Set(objects[2].keys) == [
        "kind", "epoch", "step", "train_loss", "valid_loss", "train_psnr", "valid_psnr", "train_ssim",
        "valid_ssim",
        "valid_mse", "bicubic_psnr", "bicubic_ssim", "seconds",
      ])
    #expect(objects[0]["kind"] as? String == "step" && objects[2]["kind"] as? String == "epoch")
    #expect(try lines(folder.text("m"))[0].contains("\"mse\":0.3333333333333333,"))
  }

  /// The line equals one that version 0.1 wrote, to the byte.
  @Test func epochsOfOlderVersionsAreReadAndWrittenAlike() throws {
    let line = """
      {"bicubic_lpips":0.33,"bicubic_psnr":26.5,"bicubic_ssim":0.75,"bicubic_ssim_box":0.8,"epoch":2,"kind":"epoch",\
      "seconds":12.5,"step":8,"train_loss":0.0625,"train_psnr":27.5,"train_ssim":"NaN","train_terms":{"charbonnier":0.0625},\
      "valid_loss":0.03125,"valid_lpips":0.25,"valid_mse":0.001953125,"valid_psnr":28.25,"valid_ssim":0.8125,\
      "valid_ssim_box":0.875,"valid_terms":{"charbonnier":0.03125},"weights_sha256":"ab"}

      """
    let folder = try TemporaryFolder()
    try line.write(toFile: folder.file("old"), atomically: false, encoding: .utf8)
    let record = try #require(try MetricsFile.epochs(folder.file("old")).first)
    #expect(record[.valid, "psnr"] == 28.25 && record[.bicubic, "lpips"] == 0.33)
    #expect(record[.train, "ssim"]?.isNaN == true && record[.train, "lpips"] == nil)
    try MetricsLog(path: folder.file("new")).append(record)
    #expect(try folder.text("new") == line)
  }

  @Test func notFiniteNumbersStayValidJSONAndComeBack() throws {
    let folder = try TemporaryFolder()
    var record = SampleRecords.step(1, epoch: 1)
    record.loss = .infinity
    record.terms = ["mse": -.infinity, "ssim": .nan]
    try MetricsLog(path: folder.file("m")).append(record)
    _ = try JSONSerialization.jsonObject(with: Data(folder.text("m").utf8))
    guard case .step(let read)? = try MetricsFile.read(folder.file("m")).first else {
      Issue.record("no step record")
      return
    }
    #expect(read.loss == .infinity && read.terms["mse"] == -.infinity && read.terms["ssim"]!.isNaN)
  }

  @Test func logIsContinuedNotOverwritten() throws {
    let folder = try TemporaryFolder()
    try MetricsLog(path: folder.file("m")).append(SampleRecords.step(1, epoch: 1))
    try MetricsLog(path: folder.file("m")).append(SampleRecords.step(2, epoch: 1))
    #expect(try MetricsFile.read(folder.file("m")).count == 2)
  }

  /// The arguments are the checkpoint's step and completed epochs, and the lines of the full log that stay.
  @Test(arguments: [
    (0, 0, []), (1, 0, [0]), (2, 0, [0, 1]), (2, 1, [0, 1, 2]), (3, 1, [0, 1, 2, 3]),
    (4, 1, [0, 1, 2, 3, 4]), (4, 2, [0, 1, 2, 3, 4, 5]), (6, 3, [0, 1, 2, 3, 4, 5, 6, 7, 8]),
  ])
  func cutBackToTheCheckpoint(step: Int, completedEpochs: Int, kept: [Int]) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m")
    try writeLog(path)
    let before = try lines(folder.text("m"))
    _ = try MetricsFile.truncate(path, toStep: step, completedEpochs: completedEpochs)
    let after = try folder.text("m")
    #expect(lines(after) == kept.map { before[$0] })
    #expect(after.isEmpty || after.hasSuffix("\n"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["m"])
  }

  @Test func resumedLogEqualsTheUninterruptedOne() throws {
    let folder = try TemporaryFolder()
    try writeLog(folder.file("whole"))
    try writeLog(folder.file("cut"))
    _ = try MetricsFile.truncate(folder.file("cut"), toStep: 4, completedEpochs: 1)
    let log = try MetricsLog(path: folder.file("cut"))
    try log.append(SampleRecords.epoch(2, step: 4))
    for step in [5, 6] { try log.append(SampleRecords.step(step, epoch: 3)) }
    try log.append(SampleRecords.epoch(3, step: 6))
    #expect(try folder.text("cut") == folder.text("whole"))
  }

  @Test func tornLastLineIsPassedOverAndCutOff() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m")
    try writeLog(path)
    let whole = try folder.text("m")
    try (whole + #"{"epoch":4,"step":7,"#).write(toFile: path, atomically: false, encoding: .utf8)
    #expect(try MetricsFile.read(path).count == 9)
    _ = try MetricsFile.truncate(path, toStep: 6, completedEpochs: 3)
    #expect(try folder.text("m") == whole)
  }

  /// What was written after the last flush. Some file systems leave zeros there, and other blocks behind them.
  @Test func afterAPowerLossTheLogEndsBeforeWhatIsNotReadable() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m")
    try writeLog(path)
    let all = try folder.text("m").split(separator: "\n").map { "\($0)\n" }
    let damaged = all[..<6].joined() + String(repeating: "\0", count: 40) + "\n" + all[7...].joined()
    try damaged.write(toFile: path, atomically: false, encoding: .utf8)
    // The checkpoint's own lines end at the sixth.
    let kept = try MetricsFile.truncate(path, toStep: 4, completedEpochs: 2)
    #expect(try folder.text("m") == all[..<6].joined())
    #expect(kept?.epochs.map(\.epoch) == [1, 2] && kept?.lastStep == SampleRecords.step(4, epoch: 2))
    // Here a line of the checkpoint itself is damaged.
    try damaged.write(toFile: path, atomically: false, encoding: .utf8)
    #expect(throws: MetricsLogError.self) { try MetricsFile.truncate(path, toStep: 5, completedEpochs: 2) }
    #expect(try folder.text("m") == damaged)
  }

  @Test func aLogThatNothingIsCutOffStaysTheSameFile() throws {
    let folder = try TemporaryFolder()
    try writeLog(folder.file("m"))
    func file() throws -> UInt64? {
      try FileManager.default.attributesOfItem(atPath: folder.file("m"))[.systemFileNumber] as? UInt64
    }
    let before = try file()
    #expect(try MetricsFile.truncate(folder.file("m"), toStep: 6, completedEpochs: 3)?.epochs.count == 3)
    #expect(try file() == before)
    _ = try MetricsFile.truncate(folder.file("m"), toStep: 5, completedEpochs: 2)
    #expect(try file() != before)
  }

  /// If it counted as absent, a run would append to lines that it should have cut off.
  @Test func aLogThatCannotBeReadIsNotAbsent() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("m")
    let error = #expect(throws: MetricsLogError.self) {
      try MetricsFile.truncate(folder.file("m"), toStep: 1, completedEpochs: 0)
    }
    #expect(error?.problem == "cannot be read: Is a directory")
  }

  @Test func linesOfOtherProgramsSurviveTheCutUnchanged() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m")
    let text = """
      {"kind":"note",  "text":"kept as it is"}
      {"kind":"step","step":1,"epoch":1,"loss":1,"terms":{},"learning_rate":1,"images_per_second":1,"by":"me"}
      {"kind":"step","step":9,"epoch":1,"loss":1,"terms":{},"learning_rate":1e-3,"images_per_second":1}

      """
    try text.write(toFile: path, atomically: false, encoding: .utf8)
    _ = try MetricsFile.truncate(path, toStep: 1, completedEpochs: 0)
    #expect(try lines(folder.text("m")) == Array(lines(text).prefix(2)))
    #expect(try MetricsFile.read(path).first == .other)
  }

  @Test func brokenLineIsNamed() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m")
    try "{\"kind\":\"note\"}\nnot JSON\n".write(toFile: path, atomically: false, encoding: .utf8)
    let errors = [
      #expect(throws: MetricsLogError.self) { try MetricsFile.read(path) },
      #expect(throws: MetricsLogError.self) {
        try MetricsFile.truncate(path, toStep: 1, completedEpochs: 0)
      },
    ]
    for error in errors {
      #expect(error?.path == path)
      #expect(error?.line == 2)
      #expect(error?.description.contains("not JSON") == true)
    }
  }

  @Test(arguments: ["-1", "0", "4611686018427387904", "1e19", "\"NaN\""], ["epoch", "step"])
  func linesOfImpossibleStepsAreNamedAndStay(value: String, field: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("m")
    let log = try MetricsLog(path: path)
    try log.append(SampleRecords.step(7, epoch: 3))
    let good = try folder.text("m")
    let name = try #require(good.range(of: #""\#(field)":\d+"#, options: .regularExpression))
    let text = good + good.replacingCharacters(in: name, with: "\"\(field)\":\(value)")
    try folder.write(Array(text.utf8), as: "m")
    let errors = [
      #expect(throws: MetricsLogError.self) { try MetricsFile.read(path) },
      #expect(throws: MetricsLogError.self) {
        try MetricsFile.truncate(path, toStep: 9, completedEpochs: 9)
      },
    ]
    for error in errors { #expect(error?.line == 2) }
    #expect(try folder.text("m") == text)
  }

  /// A run that takes such a log for an absent one appends to it what it has already.
  @Test func aLogThatCannotBeLookedAtIsNotAbsent() throws {
    let folder = try TemporaryFolder()
    try TemporaryFolder.makeUnseeable(folder.file("m"))
    #expect(throws: MetricsLogError.self) {
      try MetricsFile.truncate(folder.file("m"), toStep: 1, completedEpochs: 0)
    }
  }

  @Test func absentLogsAndFoldersAreNamed() throws {
    let folder = try TemporaryFolder()
    #expect(try MetricsFile.truncate(folder.file("absent"), toStep: 1, completedEpochs: 0) == nil)
    #expect(!FileManager.default.fileExists(atPath: folder.file("absent")))
    let errors = [
      #expect(throws: MetricsLogError.self) { try MetricsFile.read(folder.file("absent")) },
      #expect(throws: MetricsLogError.self) { try MetricsLog(path: folder.file("absent/m")) },
    ]
    for error in errors { #expect(error?.description.contains("No such file or directory") == true) }
  }

  @Test func fullDiskIsAnErrorThatNamesTheLog() throws {
    // Every write to this device fails with ENOSPC.
    let log = try MetricsLog(path: "/dev/full")
    let error = #expect(throws: MetricsLogError.self) { try log.append(SampleRecords.step(1, epoch: 1)) }
    #expect(error?.description == "/dev/full: cannot be written: No space left on device")
  }
}
