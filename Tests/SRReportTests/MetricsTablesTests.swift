import Foundation
import SRReport
import SRTestSupport
import Testing

@Suite struct MetricsTablesTests {
  @Test func csvHasEveryEpochInFullPrecision() throws {
    let folder = try TemporaryFolder()
    let log = try MetricsLog(path: folder.file("metrics.jsonl"))
    var second = SampleRecords.epoch(2, step: 20)
    second[.valid, "lpips"] = 1.0 / 3.0
    second.trainTerms = ["mse": 0.25]
    second.weightsSHA256 = "ab"
    try log.append(SampleRecords.step(1, epoch: 1))
    try log.append(SampleRecords.epoch(1, step: 10))
    try log.append(second)
    _ = try table(in: folder)
    let rows = try folder.text("metrics.csv").split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(
      rows[0] == [
        "epoch", "step", "train_loss", "valid_loss", "train_psnr", "valid_psnr", "train_ssim", "valid_ssim",
        "valid_mse",
        "bicubic_psnr", "bicubic_ssim", "seconds", "train_terms.mse", "valid_lpips", "weights_sha256",
      ])
    #expect(rows.count == 3 && rows.allSatisfy { $0.count == 15 })
    #expect(rows[1][12...] == ["", "", ""])
    #expect(rows[2][12...] == ["0.25", "0.3333333333333333", "ab"])
    #expect(rows[2][4] == "\(25 + 2.0 / 3)")
  }

  private func table(_ name: String = "metrics.csv", in folder: TemporaryFolder) throws -> MetricsTable {
    let log = folder.file("metrics.jsonl")
    return try MetricsTable(path: folder.file(name), epochs: MetricsFile.epochs(log), logPath: log)
  }

  /// The records differ in their numbers: the table gains columns as it grows.
  @Test func aTableThatGrewEqualsOneOfTheWholeLog() throws {
    let folder = try TemporaryFolder()
    let log = try MetricsLog(path: folder.file("metrics.jsonl"))
    let growing = try table(in: folder)
    #expect(try folder.text("metrics.csv").isEmpty)
    for epoch in 1...6 {
      var record = SampleRecords.epoch(epoch, step: epoch)
      if epoch >= 3 { record[.valid, "lpips"] = 0.25 }
      if epoch == 5 { record.trainTerms = ["mse": 0.5] }
      try log.append(SampleRecords.step(epoch, epoch: epoch))
      try log.append(record)
      try growing.append(record)
      _ = try table("whole.csv", in: folder)
      #expect(try folder.text("metrics.csv") == folder.text("whole.csv"))
    }
  }

  /// So the cost of an epoch does not grow with the length of the run.
  @Test func aRowIsAddedWithoutReadingTheLogOrWritingTheTableAgain() throws {
    let folder = try TemporaryFolder()
    try MetricsLog(path: folder.file("metrics.jsonl")).append(SampleRecords.epoch(1, step: 1))
    let growing = try table(in: folder)
    func file() throws -> UInt64? {
      try FileManager.default.attributesOfItem(atPath: folder.file("metrics.csv"))[.systemFileNumber]
        as? UInt64
    }
    let before = try file()
    try FileManager.default.removeItem(atPath: folder.file("metrics.jsonl"))
    for epoch in 2...4 { try growing.append(SampleRecords.epoch(epoch, step: epoch)) }
    #expect(try file() == before)
    #expect(try folder.text("metrics.csv").split(separator: "\n").count == 5)
  }

  @Test func tableShowsEveryFifthEpochTheLastAndBicubic() {
    let epochs = (1...12).map { SampleRecords.epoch($0, step: $0 * 10) }
    let lines = EpochTable.text(epochs, every: 5).split(separator: "\n")
    #expect(lines.count == 5)
    #expect(lines.dropFirst().map { $0.split(separator: " ")[0] } == ["5", "10", "12", "bicubic"])
    #expect(Set(lines.map(\.count)).count == 1)
    #expect(lines[0].hasSuffix("valid SSIM"))
    #expect(lines[3].split(separator: " ").map(String.init)[4] == "29.10")
    #expect(lines[4].split(separator: " ") == ["bicubic", "24.50", "0.6900"])
  }

  @Test func tableShowsTheMetricsThatSomeEpochHas() {
    var epochs = (1...2).map { SampleRecords.epoch($0, step: $0 * 10) }
    (epochs[1][.valid, "lpips"], epochs[1][.bicubic, "lpips"]) = (0.125, 0.34)
    (epochs[1][.valid, "ssim_box"], epochs[1][.bicubic, "ssim_box"]) = (0.875, 0.89)
    let lines = EpochTable.text(epochs).split(separator: "\n")
    #expect(lines[0].hasSuffix("SSIM (box)   LPIPS"))
    #expect(lines[1].hasSuffix("0.7200                    "))
    #expect(lines[2].hasSuffix("    0.8750  0.1250"))
    #expect(lines[3].hasSuffix("    0.8900  0.3400"))
  }

  @Test func setsOfPicturesHaveColumns() {
    let key = EpochRecord.key(set: "Set5", "psnr")
    let record = EpochRecord(
      epoch: 1, step: 1, trainLoss: 1, validLoss: 1, seconds: 1, train: [:], valid: [:], bicubic: [:],
      sets: [key: 31.5, EpochRecord.key(set: "Set5", "psnr", ofBicubic: true): 28.5])
    let lines = EpochTable.text([record]).split(separator: "\n")
    #expect(
      lines.map { $0.hasSuffix("  Set5 PSNR") || $0.hasSuffix("31.50") || $0.hasSuffix("28.50") } == [
        true, true, true,
      ])
  }
}
