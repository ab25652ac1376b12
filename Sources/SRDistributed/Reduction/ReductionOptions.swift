/// How the ranks' gradients are summed.
package enum ReductionMode: String, Sendable, CaseIterable, Codable {
  /// Along the fixed ``ReductionTree``. The result has the same bits on any number of ranks.
  case tree
  /// Each rank sums its share, and `MPI_Allreduce` sums over the ranks in an order of MPI's choice. The bits depend on the
  /// number of ranks. This is the control that the tree is tested and timed against.
  case mpi
}

/// The type in which gradients travel between ranks.
///
/// With `bfloat16` every value of the reduction tree is rounded: each sample's leaf, each sum of two nodes, and the mean.
/// The tree, not the ranks, decides where values are rounded. So a node can cross the network in 16 bits without loss, and
/// the result has the same bits on any number of ranks. A sum of B samples is rounded ⌈log2 B⌉ + 2 times. The error of
/// each rounding is at most 2^-8 of the rounded value.
package enum GradientDataType: String, Sendable, CaseIterable, Codable {
  case float32
  case bfloat16

  /// Bytes of an element on the network.
  package var byteCount: Int { self == .float32 ? 4 : 2 }
}

/// How gradients are reduced over the samples and exchanged between ranks.
package struct ReductionOptions: Sendable, Equatable {
  package var mode: ReductionMode
  package var dataType: GradientDataType
  /// Whether each bucket's exchange starts as soon as the bucket is ready. Otherwise all start when the last one is ready.
  package var overlapsComputation: Bool

  /// Precondition: `bfloat16` goes with the mode ``ReductionMode/tree`` only.
  package init(
    mode: ReductionMode = .tree, dataType: GradientDataType = .float32, overlapsComputation: Bool = true
  ) {
    precondition(
      mode == .tree || dataType == .float32,
      "gradients of type \(dataType.rawValue) are reduced along the tree, not by --reduction \(mode.rawValue)"
    )
    self.mode = mode
    self.dataType = dataType
    self.overlapsComputation = overlapsComputation
  }
}

/// destination[i] += source[i] for i in 0..<count. The ranges do not overlap.
package typealias VectorAdd =
  @Sendable (
    _ destination: UnsafeMutablePointer<Float>, _ source: UnsafePointer<Float>, _ count: Int
  ) -> Void
