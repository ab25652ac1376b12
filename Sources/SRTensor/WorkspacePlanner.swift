/// Hands out places in a buffer. The buffer is allocated once, when all places are known.
package struct WorkspacePlanner: Sendable {
  /// Floats reserved so far.
  package private(set) var count = 0

  package init() {}

  /// Reserves `count` floats, aligned to 64 bytes, and returns the index of the first.
  package mutating func reserve(_ count: Int) -> Int {
    precondition(count >= 0, "a workspace slot cannot have \(count) floats")
    defer { self.count += (count + 15) / 16 * 16 }
    return self.count
  }
}
