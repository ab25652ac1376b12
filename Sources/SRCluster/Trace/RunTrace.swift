import Foundation
import SRDistributed
import SRFiles

/// Records a run on every rank, and writes one file at the end of the run.
package struct RunTrace: Sendable {
  /// Records this rank.
  package let recorder: TraceRecorder
  private let path: String

  /// Collective.
  ///
  /// A run is long, and the trace is written at its end. So if rank 0 cannot write to `path`, this throws the same error on
  /// every rank.
  package init(path: String, _ communicator: Communicator) throws {
    self.path = path
    try Self.checkAccess(to: path, communicator)
    try communicator.together {
      guard communicator.rank == 0 else { return }
      try DirectoryCalls.createWithParents(DirectoryCalls.parent(of: path))
      _ = try OpenFile(path, O_WRONLY | O_CREAT)
    }
    recorder = try TraceRecorder(communicator)
  }

  /// Throws the same error on every rank if rank 0 could not write a trace to `path`. Writes nothing. Collective.
  package static func checkAccess(to path: String, _ communicator: Communicator) throws {
    try communicator.together { if communicator.rank == 0 { try WriteAccess.checkFile(path) } }
  }

  /// Gathers the spans of all ranks on rank 0, which writes them. Collective.
  ///
  /// - Parameter activity: is told of the progress. There may be hundreds of thousands of spans of each rank.
  /// - Returns: the summary on rank 0, and nil on the other ranks.
  package func finish(_ communicator: Communicator, activity: RankActivity) throws -> TraceSummary? {
    let hosts = try communicator.allGather(communicator.hostName)
    let spans = try gather(communicator, activity)
    return try communicator.together {
      guard let spans else { return nil }
      activity.enter(.checkpoint)
      defer { activity.enter(.ending) }
      try TraceFile(path: path).write(spans, hosts: hosts, progress: activity.mark)
      return TraceSummary(spans, progress: activity.mark)
    }
  }

  /// The spans of all ranks on rank 0, and nil on the others. They travel in pieces, and each piece is a mark of progress.
  private func gather(_ communicator: Communicator, _ activity: RankActivity) throws -> [[TraceSpan]]? {
    let own = recorder.recorded.spans
    let most = try communicator.allGather([Double(own.count)]).map { Int($0[0]) }.max() ?? 0
    var all: [[TraceSpan]]? =
      communicator.rank == 0 ? Array(repeating: [], count: communicator.worldSize) : nil
    for start in stride(from: 0, to: most, by: Self.pieceCount) {
      let piece = own.dropFirst(start).prefix(Self.pieceCount)
      let pieces = try communicator.gather(Array(piece))
      for (rank, piece) in (pieces ?? []).enumerated() { all?[rank] += piece }
      activity.mark()
    }
    return all
  }

  /// Spans of a rank that travel together.
  private static let pieceCount = 4096
}

/// The spans of all ranks as a Chrome trace, which Perfetto and chrome://tracing open. Each rank is a process. It has one
/// track for its phases, and one for the collectives in progress.
///
/// Format: "Trace Event Format", with complete ("X") and nestable asynchronous ("b", "e") events. Times in microseconds.
private struct TraceFile {
  let path: String

  /// Throws ``FileError``.
  func write(_ ranks: [[TraceSpan]], hosts: [String], progress: () -> Void) throws {
    var lines: [String] = []
    for (rank, spans) in ranks.enumerated() {
      let name = ReadableJSON.string("rank \(rank) on \(hosts[rank])")
      lines.append(#"{"name":"process_name","ph":"M","pid":\#(rank),"args":{"name":\#(name)}}"#)
      lines.append(#"{"name":"thread_name","ph":"M","pid":\#(rank),"tid":0,"args":{"name":"main thread"}}"#)
      for (index, span) in spans.enumerated() {
        if index % 1024 == 0 { progress() }
        let common = #""name":"\#(span.name)","pid":\#(rank),"tid":\#(span.lane.rawValue)"#
        let start = microseconds(span.start)
        switch span.lane {
        case .phases:
          let length = microseconds(span.seconds)
          lines.append(
            #"{\#(common),"ph":"X","ts":\#(start),"dur":\#(length),"args":{"step":\#(span.step)}}"#)
        case .exchange:
          let id = #""cat":"exchange","id":"\#(rank).\#(index)""#
          lines.append(#"{\#(common),\#(id),"ph":"b","ts":\#(start),"args":{"step":\#(span.step)}}"#)
          lines.append(#"{\#(common),\#(id),"ph":"e","ts":\#(microseconds(span.end))}"#)
        }
      }
    }
    let text = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n" + lines.joined(separator: ",\n") + "\n]}\n"
    try DurableFileWriter.replace(path, with: text.utf8)
  }

  private func microseconds(_ seconds: Double) -> String { (seconds * 1e6).fixed(1) }
}
