import Foundation
import SRDistributed
import SRFiles

/// Records a run on every rank and writes one file at its end.
struct RunTrace: Sendable {
  let recorder: TraceRecorder
  private let path: String

  /// Collective. Throws the same ``FileError`` on every rank where rank 0 cannot write to `path`: a run is long, and the trace
  /// is written at its end.
  init(path: String, _ communicator: Communicator) throws {
    self.path = path
    try communicator.together {
      guard communicator.rank == 0 else { return }
      try DirectoryCalls.createWithParents(DirectoryCalls.parent(of: path))
      _ = try OpenFile(path, O_WRONLY | O_CREAT)
    }
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
