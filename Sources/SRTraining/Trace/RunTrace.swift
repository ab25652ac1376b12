import Foundation
import SRDistributed

/// Records a run on every rank and writes one file at its end.
struct RunTrace: Sendable {
  let recorder: TraceRecorder
  private let path: String

  /// Collective.
  init(path: String, _ communicator: Communicator) throws {
    self.path = path
    recorder = try TraceRecorder(communicator)
  }

  /// Brings all ranks' spans to rank 0, which writes them. Collective.
  /// - Returns: on rank 0, where the time went.
  func finish(_ communicator: Communicator) throws -> TraceSummary? {
    let recorded = recorder.recorded
    let encoded = Array(try JSONEncoder().encode(recorded.spans))
    let hosts = try communicator.allGather(Array(communicator.hostName.utf8))
      .map { String(decoding: $0, as: UTF8.self) }
    let all = try communicator.gather(encoded)
    return try communicator.together {
      guard let all else { return nil }
      let spans = try all.map { try JSONDecoder().decode([TraceSpan].self, from: Data($0)) }
      try TraceFile(path: path).write(spans, hosts: hosts)
      return TraceSummary(spans)
    }
  }
}
