import SRFiles

/// A picture does not fit into the memory that inference may use.
package struct InferenceMemoryError: Error, Equatable, CustomStringConvertible {
  package let height: Int
  package let width: Int
  /// Bytes that the picture needs at least.
  package let needed: Int
  /// Bytes that inference may use.
  package let available: Int
  /// Bytes that the picture would need with local pooling; nil if it pools locally, or if the network does not pool.
  package let neededByLocalPooling: Int?

  package init(height: Int, width: Int, needed: Int, available: Int, neededByLocalPooling: Int?) {
    self.height = height
    self.width = width
    self.needed = needed
    self.available = available
    self.neededByLocalPooling = neededByLocalPooling
  }

  package var description: String {
    let local = neededByLocalPooling.map { "; with local pooling it needs \(ByteCount($0))" } ?? ""
    return
      "a picture of \(width)x\(height) pixels needs \(ByteCount(needed)) of memory, but may use \(ByteCount(available))"
      + local
  }
}
