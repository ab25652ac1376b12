import Foundation
import SRDistributed

/// Spans of all ranks as a Chrome trace, which Perfetto and chrome://tracing open: a process per rank, a track for its
/// phases, and one for the collectives under way.
///
/// Format: "Trace Event Format", complete ("X") and nestable asynchronous ("b", "e") events; times in microseconds.
struct TraceFile {
  let path: String

  /// Throws ``RunError`` where the file cannot be written.
  func write(_ ranks: [[TraceSpan]], hosts: [String]) throws {
    var lines: [String] = []
    for (rank, spans) in ranks.enumerated() {
      lines.append(
        #"{"name":"process_name","ph":"M","pid":\#(rank),"args":{"name":"rank \#(rank) on \#(hosts[rank])"}}"#
      )
      lines.append(#"{"name":"thread_name","ph":"M","pid":\#(rank),"tid":0,"args":{"name":"main thread"}}"#)
      for (index, span) in spans.enumerated() {
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
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw RunError("cannot write the trace \(path): \(error.localizedDescription)")
    }
  }

  private func microseconds(_ seconds: Double) -> String { String(format: "%.1f", seconds * 1e6) }
}
