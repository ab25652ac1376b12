import SRFiles

/// Values of any `Codable` type between ranks. They travel as JSON.
///
/// A collective has an overload for bytes or numbers if these are many or travel often. All overloads of a name mean the
/// same.
extension Communicator {
  /// Every rank's value, in rank order on every rank. Collective.
  package func allGather<Value: Codable>(_ value: Value) throws -> [Value] {
    try allGather(ReadableJSON.encode(value, .oneLine)).map {
      try ReadableJSON.decode(Value.self, from: $0)
    }
  }

  /// Every rank's value in rank order on `root`, and nil on the others. Collective.
  package func gather<Value: Codable>(_ value: Value, to root: Int = 0) throws -> [Value]? {
    try gather(ReadableJSON.encode(value, .oneLine), to: root)?.map {
      try ReadableJSON.decode(Value.self, from: $0)
    }
  }

  /// `root`'s value on every rank. The values of the other ranks are ignored. Collective.
  package func broadcast<Value: Codable>(_ value: Value, from root: Int = 0) throws -> Value {
    let bytes = rank == root ? try ReadableJSON.encode(value, .oneLine) : []
    return try ReadableJSON.decode(Value.self, from: broadcast(bytes, from: root))
  }
}

extension Communicator {
  /// The values of the ranks of this host, in their order. Collective over all ranks.
  package func allGatherOnHost<Value: Codable>(_ value: Value) throws -> [Value] {
    try allGather(HostValue(firstLocalRank: firstLocalRank, value: value))
      .filter { $0.firstLocalRank == firstLocalRank }.map(\.value)
  }
}

private struct HostValue<Value: Codable>: Codable {
  let firstLocalRank: Int
  let value: Value
}
