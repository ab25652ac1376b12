/// Hands out places in a buffer that is allocated once, when all of them are known.
public struct WorkspacePlanner: Sendable {
  /// Floats reserved so far.
  public private(set) var count = 0

  public init() {}

  /// Reserves `count` floats, 64-byte aligned, and returns the first one's index.
  public mutating func reserve(_ count: Int) -> Int {
    precondition(count >= 0, "a workspace slot of \(count) floats was asked for")
    defer { self.count += (count + 15) / 16 * 16 }
    return self.count
  }
}
