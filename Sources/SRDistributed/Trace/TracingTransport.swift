/// Records how long each collective of another transport is in progress.
struct TracingTransport: ExchangeTransport {
  let base: any ExchangeTransport
  let trace: TraceRecorder

  var rank: Int { base.rank }
  var worldSize: Int { base.worldSize }

  func startAllToAll(
    _ type: GradientDataType, sent: WireSegments, received: WireSegments
  ) throws -> any ExchangeRequest {
    let start = trace.now
    return Request(
      base: try base.startAllToAll(type, sent: sent, received: received), name: "all-to-all", start: start,
      trace: trace)
  }

  func startAllGather(_ type: GradientDataType, _ buffer: WireSegments) throws -> any ExchangeRequest {
    let start = trace.now
    return Request(
      base: try base.startAllGather(type, buffer), name: "all-gather", start: start, trace: trace)
  }

  func startAllReduce(_ buffer: UnsafeMutablePointer<Float>, count: Int) throws -> any ExchangeRequest {
    let start = trace.now
    return Request(
      base: try base.startAllReduce(buffer, count: count), name: "allreduce", start: start, trace: trace)
  }

  private final class Request: ExchangeRequest {
    private let base: any ExchangeRequest
    private let name: String
    private let start: Double
    private let trace: TraceRecorder

    init(base: any ExchangeRequest, name: String, start: Double, trace: TraceRecorder) {
      self.base = base
      self.name = name
      self.start = start
      self.trace = trace
    }

    func isComplete() throws -> Bool {
      guard try base.isComplete() else { return false }
      trace.record(name, .exchange, from: start)
      return true
    }
  }
}
