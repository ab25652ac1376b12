import Foundation
import SRReport
import SRTestSupport
import Testing

/// The framing of TensorBoard's event files; `scripts/test-tensorboard` reads whole runs with TensorBoard itself.
struct EventFileTests {
  /// The examples of RFC 3720, appendix B.4.
  @Test func checksumsAreCastagnolis() {
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(0..<32) == 0x46DD_794E)
    #expect(CRC32C.checksum("123456789".utf8) == 0xE306_9283)
  }

  @Test func recordsAreFramedByMaskedChecks() {
    let record = EventRecord.framed(Array("abc".utf8))
    #expect(record.count == 8 + 4 + 3 + 4)
    #expect(record[0..<8] == [3, 0, 0, 0, 0, 0, 0, 0])
    func number(at offset: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(record[offset + $1]) << UInt32(8 * $1) }
    }
    func unmasked(_ value: UInt32) -> UInt32 {
      let turned = value &- 0xA282_EAD8
      return turned >> 17 | turned << 15
    }
    #expect(unmasked(number(at: 8)) == CRC32C.checksum([3, 0, 0, 0, 0, 0, 0, 0]))
    // The checksum of "abc", as in every table of known answers.
    #expect(unmasked(number(at: 15)) == 0x364B_3FB7)
  }

  @Test func everyStartHasAFileOfItsOwnThatSortsAfterTheOnesBefore() throws {
    let folder = try TemporaryFolder()
    let now = Date(timeIntervalSince1970: 1_700_000_000)
    let paths = try (0..<3).map { try EventFile(folder: folder.path, resumingAfter: 7 * $0, now: now).path }
    #expect(paths == paths.sorted() && Set(paths).count == 3)
    let first = try Data(contentsOf: URL(fileURLWithPath: paths[0]))
    #expect(first.range(of: Data("brain.Event:2".utf8)) != nil)
  }

  /// The clocks of the starts. One is a machine without a battery, whose clock begins with 1970.
  @Test(arguments: [
    [1_700_000_000, 1_600_000_000, 1_700_000_100], [99, 1_700_000_000], [1_700_000_000, 0, 0],
    [1_700_000_000, 1_800_000_000, 1_700_000_000.5],
  ])
  func aClockThatWasSetBackLosesNoSteps(clocks: [Double]) throws {
    let folder = try TemporaryFolder()
    var paths: [String] = []
    for (start, clock) in clocks.enumerated() {
      let events = try EventFile(
        folder: folder.path, resumingAfter: 2 * start, now: Date(timeIntervalSince1970: clock))
      for step in 1...3 { try events.append(SampleRecords.step(2 * start + step, epoch: 1)) }
      paths.append(events.path)
    }
    #expect(paths == paths.sorted() && Set(paths).count == clocks.count)
    let steps = try EventReader.values(in: folder.path)["step/loss"]?.map(\.step)
    #expect(steps == Array(1...(2 * clocks.count + 1)))
    let times = try paths.flatMap(EventReader.times)
    #expect(times == times.sorted())
    #expect(try #require(times.first) >= clocks[0] && #require(times.last) >= clocks.max()!)
  }

  /// A file that lost its end, one without any event, and names that other programs gave.
  @Test func filesThatSayNothingAreNotInTheWay() throws {
    let folder = try TemporaryFolder()
    let now = Date(timeIntervalSince1970: 1_700_000_000)
    let first = try EventFile(folder: folder.path, resumingAfter: 0, now: now)
    try first.append(SampleRecords.step(1, epoch: 1))
    let whole = try Data(contentsOf: URL(fileURLWithPath: first.path))
    try (whole.dropLast(3) + Data(count: 64)).write(to: URL(fileURLWithPath: first.path))
    for name in ["1700000500.srdist", "1700000600.host.17", "99999999999999999999999.x", "x", ""] {
      try folder.write([], as: "events.out.tfevents.\(name)")
    }
    try folder.write([1], as: "notes.txt")
    let second = try EventFile(folder: folder.path, resumingAfter: 1, now: now)
    #expect(second.path == folder.file("events.out.tfevents.1700000601.srdist"))
    #expect(try EventReader.times(inFile: second.path)[0] >= now.timeIntervalSince1970)
  }
}
