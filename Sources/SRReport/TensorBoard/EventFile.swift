import Foundation
import SRData
import SwiftProtobuf

/// Writes a run's numbers and pictures for TensorBoard, into a new file of `RUN/tensorboard` at each start.
///
/// A file only grows. If a run resumes from a checkpoint, its new file names the first step that is no longer valid in older
/// files. TensorBoard then leaves out the older files' steps from that one on.
///
/// One writer at a time (rank 0).
package final class EventFile {
  package let path: String
  private let log: AppendedFile

  /// Starts a new file in `folder`. Creates the folder if it does not exist.
  ///
  /// - Parameter step: the completed steps. Later steps in older files are no longer valid.
  /// - Throws: ``MetricsLogError``.
  package init(folder: String, resumingAfter step: Int, now: Date = Date()) throws {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw MetricsLogError(path: folder, "cannot be created: \(error.localizedDescription)")
    }
    path = Self.newPath(in: folder, now: now)
    log = try AppendedFile(path: path)
    try append(step: 0, now: now) { $0.fileVersion = "brain.Event:2" }
    try append(step: step + 1, now: now) { $0.sessionLog.status = .start }
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

  /// Throws ``MetricsLogError``, ``ImageFileError``.
  package func append(_ picture: RGBImage, step: Int) throws {
    let encoded = try ImageFile.encodePNG(picture, path: path)
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

  private func append(
    step: Int, now: Date = Date(), _ fill: (inout TensorBoardEvent) -> Void
  ) throws {
    var event = TensorBoardEvent()
    event.wallTime = now.timeIntervalSince1970
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

  /// TensorBoard reads a run's files in the order of their names. A name has the seconds since 1970, then a count for starts
  /// within the same second.
  private static func newPath(in folder: String, now: Date) -> String {
    let seconds = "\(folder)/events.out.tfevents.\(Int(now.timeIntervalSince1970))"
    var count = 0
    func path() -> String { "\(seconds).srdist.\(String(format: "%03d", count))" }
    while FileManager.default.fileExists(atPath: path()) { count += 1 }
    return path()
  }
}
