import SRKernels

/// Keeps the features that a frozen network has computed of targets, until the same targets are compared again.
///
/// Threads share a store.
package protocol TargetFeatureStore: Sendable {
  /// Where a pair's target has its features; nil if nothing of it is kept.
  func place(of pair: ImagePair) -> (any TargetFeaturePlace)?
}

/// Where the features of one target are kept, by the index of the network's tap. Features are in the form in which the loss
/// compares them.
package protocol TargetFeaturePlace {
  /// Whether the features of a tap are to be kept, but are not there yet.
  func lacks(_ tap: Int) -> Bool
  /// Whether the features of a tap are there.
  func holds(_ tap: Int) -> Bool
  /// Reads the features of a tap. Returns false if they turn out to be damaged. Then ``holds(_:)`` is false from now on.
  func read(_ tap: Int, into features: UnsafeMutableBufferPointer<Float>) -> Bool
  /// Keeps the features of a tap that it ``lacks(_:)``.
  func write(_ tap: Int, _ features: UnsafeBufferPointer<Float>)
}
