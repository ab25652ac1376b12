/// Hands out places in a buffer that is allocated once, when all of them are known.
package struct WorkspacePlanner: Sendable {
  /// Floats reserved so far.
  package private(set) var count = 0

  package init() {}

  /// Reserves `count` floats, 64-byte aligned, and returns the first one's index.
  package mutating func reserve(_ count: Int) -> Int {
    precondition(count >= 0, "a workspace slot of \(count) floats was asked for")
    defer { self.count += (count + 15) / 16 * 16 }
    return self.count
  }
}
