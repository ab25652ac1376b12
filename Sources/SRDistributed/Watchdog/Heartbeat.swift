import CMPIShim

/// What a rank's watchdog regularly tells the others.
package struct Heartbeat: Equatable, Sendable {
  package var phase: RunPhase
  package var step: Int
  /// Seconds since the rank's last sign of progress.
  package var stalledSeconds: Double

  package init(phase: RunPhase, step: Int, stalledSeconds: Double) {
    self.phase = phase
    self.step = step
    self.stalledSeconds = stalledSeconds
  }

  /// The fields on the wire: phase, step, milliseconds.
  static let fieldCount = 3

  var fields: [Int64] { [Int64(phase.rawValue), Int64(step), Int64(stalledSeconds * 1000)] }
}

extension Heartbeat {
  init(fields: [Int64]) {
    phase = RunPhase(rawValue: Int(fields[0])) ?? .starting
    step = Int(fields[1])
    stalledSeconds = Double(fields[2]) / 1000
  }
}

/// Carries heartbeats between rank 0 and every other rank, on a communicator of its own. One thread uses it.
///
/// Nothing here waits. A rank that is stopped receives nothing. As long as one heartbeat to it is in progress, later ones are
/// left out.
final class HeartbeatLine {
  private let handle: CommunicatorHandle
  private let rank: Int
  private let peers: [Int]
  /// By peer. They are allocated once and never freed: MPI may still read them when the process ends.
  private let outboxes: [UnsafeMutablePointer<Int64>]
  private var requests: [OpaquePointer?]
  private let inbox = UnsafeMutablePointer<Int64>.allocate(capacity: Heartbeat.fieldCount)
  private static let tag: CInt = 77

  /// Collective. Nil for a rank that is alone.
  init?(_ communicator: Communicator) throws(MPIError) {
    guard let world = communicator.handle, communicator.worldSize > 1 else { return nil }
    rank = communicator.rank
    handle = try world.duplicate(rank: communicator.rank)
    peers = communicator.rank == 0 ? Array(1..<communicator.worldSize) : [0]
    outboxes = peers.map { _ in .allocate(capacity: Heartbeat.fieldCount) }
    requests = peers.map { _ in nil }
    inbox.initialize(repeating: 0, count: Heartbeat.fieldCount)
  }

  func send(_ heartbeat: Heartbeat) throws(MPIError) {
    for (index, peer) in peers.enumerated() {
      if requests[index] != nil {
        var isComplete = false
        try MPIError.check(srdist_mpi_test(&requests[index], &isComplete), "MPI_Test", rank: rank)
        if !isComplete { continue }
      }
      outboxes[index].update(from: heartbeat.fields, count: Heartbeat.fieldCount)
      try MPIError.check(
        srdist_mpi_start_send(
          handle.pointer, outboxes[index], Self.byteCount, CInt(peer), Self.tag, &requests[index]),
        "MPI_Isend", rank: rank)
    }
  }

  /// The next heartbeat that has arrived, and the rank that sent it.
  func receive() throws(MPIError) -> (heartbeat: Heartbeat, rank: Int)? {
    var source: CInt = -1
    try MPIError.check(
      srdist_mpi_receive_available(handle.pointer, inbox, Self.byteCount, Self.tag, &source),
      "MPI_Improbe", rank: rank)
    guard source >= 0 else { return nil }
    let fields = (0..<Heartbeat.fieldCount).map { inbox[$0] }
    return (Heartbeat(fields: fields), Int(source))
  }

  private static let byteCount = Int64(Heartbeat.fieldCount * MemoryLayout<Int64>.stride)
}
