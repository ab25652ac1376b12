import Foundation
import SRData
import SRFiles
import SwiftProtobuf

/// Writes a run's numbers and pictures for TensorBoard, into a new file of `RUN/tensorboard` at each start.
///
/// A file only grows. If a run resumes from a checkpoint, its new file names the first step that is no longer valid in older
/// files. TensorBoard then leaves out the older files' steps from that one on.
///
/// TensorBoard reads the files in the order of their names, which have seconds since 1970. The machine's clock may have been
/// set back since the last start, or another host's clock may be behind. So a new file's name follows all others, and no event
/// has an earlier time than the last one of the files before.
///
/// One writer at a time (rank 0).
package final class EventFile {
  package let path: String
  private let log: AppendedFile
  /// Seconds since 1970 when the file was started. Later times add what has passed since.
  private let startTime: Double
  private let started = ContinuousClock.now

  /// Starts a new file in `folder`. Creates the folder if it does not exist.
  ///
  /// - Parameters:
  ///   - step: the completed steps. Later steps in older files are no longer valid.
  ///   - now: the machine's clock.
  /// - Throws: ``MetricsLogError``.
  package init(folder: String, resumingAfter step: Int, now: Date = Date()) throws {
    let earlier = try MetricsLogError.translating("cannot be created") {
      try DirectoryCalls.createWithParents(folder)
      return try DirectoryCalls.names(in: folder).filter { $0.hasPrefix(Self.namePrefix) }
    }
    // A lazy `compactMap` would read the file twice, and could not bear that only one of the two succeeds.
    var lastTime: Double?
    for name in earlier.reversed() where lastTime == nil { lastTime = Self.lastTime(of: "\(folder)/\(name)") }
    startTime = max(now.timeIntervalSince1970, lastTime ?? 0)
    let seconds = max(Int(startTime), (earlier.compactMap(Self.seconds(in:)).max() ?? -1) + 1)
    let digits = String(seconds)
    // Names sort as text, so all have as many digits as the seconds of today.
    path =
      "\(folder)/\(Self.namePrefix)" + String(repeating: "0", count: max(0, 10 - digits.count)) + digits
      + ".srdist"
    log = try AppendedFile(path: path)
    try append(step: 0) { $0.fileVersion = "brain.Event:2" }
    try append(step: step + 1) { $0.sessionLog.status = .start }
  }

  /// Throws ``MetricsLogError``.
  package func append(_ record: StepRecord) throws {
    var scalars = [("step/loss", record.loss), ("step/learning_rate", record.learningRate)]
    scalars.append(("step/images_per_second", record.imagesPerSecond))
    scalars += record.terms.sorted { $0.key < $1.key }.map { ("step/\($0.key)", $0.value) }
    try append(step: record.step, scalars)
  }

  /// Throws ``MetricsLogError``.
  package func append(_ record: EpochRecord) throws {
    var scalars = record.leadingNumbers.compactMap { name, value in value.map { ("epoch/\(name)", $0) } }
    for (prefix, values) in [
      ("epoch/train_terms/", record.trainTerms), ("epoch/valid_terms/", record.validTerms),
      ("epoch/", record.furtherMetrics),
    ] {
      scalars += values.sorted { $0.key < $1.key }.map { (prefix + $0.key, $0.value) }
    }
    try append(step: record.step, scalars)
  }

  /// Throws ``MetricsLogError``.
  ///
  /// - Parameter encoded: the picture as PNG.
  package func append(_ picture: RGBImage, encoded: [UInt8], step: Int) throws {
    try append(step: step) { event in
      var value = TensorBoardSummary.Value()
      value.tag = "samples"
      value.image.width = Int32(picture.width)
      value.image.height = Int32(picture.height)
      value.image.colorspace = 3
      value.image.encodedImageString = Data(encoded)
      event.summary.value = [value]
    }
  }

  /// Waits until all events are on the disk. Throws ``MetricsLogError``.
  package func synchronize() throws { try log.synchronize() }

  private func append(step: Int, _ scalars: [(tag: String, value: Double)]) throws {
    try append(step: step) { event in
      event.summary.value = scalars.map { scalar in
        var value = TensorBoardSummary.Value()
        value.tag = scalar.tag
        value.simpleValue = Float(scalar.value)
        return value
      }
    }
  }

  private func append(step: Int, _ fill: (inout TensorBoardEvent) -> Void) throws {
    var event = TensorBoardEvent()
    event.wallTime = startTime + (ContinuousClock.now - started) / .seconds(1)
    event.step = Int64(step)
    fill(&event)
    let data: [UInt8]
    do {
      data = try event.serializedBytes()
    } catch {
      throw MetricsLogError(path: path, "cannot be encoded: \(error)")
    }
    try log.append(EventRecord.framed(data))
  }

  private static let namePrefix = "events.out.tfevents."
  /// The end of the year 9999. A later time comes from a damaged file.
  private static let latestTime = 253_402_300_799.0

  /// The seconds in a file's name; nil if it is not a name that TensorFlow or this program gives.
  private static func seconds(in name: String) -> Int? {
    Int(name.dropFirst(namePrefix.count).prefix { $0 != "." }).flatMap {
      (0...Int(latestTime)).contains($0) ? $0 : nil
    }
  }

  /// The latest time of the file's events; nil if it has no event or cannot be read. Steps are not lost then; only their times
  /// may go back.
  private static func lastTime(of path: String) -> Double? {
    try? MappedFile(path: path).withBytes { bytes in
      EventRecord.all(in: bytes).compactMap { record in
        // The time is the first field. The key of a field of 8 bytes with the number 1 is 9.
        guard record.count >= 9, record.first == 9 else { return nil }
        let bits = bytes.loadUnaligned(fromByteOffset: record.startIndex + 1, as: UInt64.self)
        let time = Double(bitPattern: bits.littleEndian)
        return (0...latestTime).contains(time) ? time : nil
      }.max()
    }
  }
}
