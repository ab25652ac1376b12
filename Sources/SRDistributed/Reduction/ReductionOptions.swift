/// How the ranks' gradients are summed.
package enum ReductionMode: String, Sendable, CaseIterable, Codable {
  /// Along the fixed ``ReductionTree``: the same bits on any number of ranks.
  case tree
  /// Each rank sums its share, `MPI_Allreduce` the ranks, in an order of MPI's choice: the bits depend on the
  /// number of ranks. The control that the tree is tested and timed against.
  case mpi
}

/// What a gradient is rounded to before it travels.
///
/// With `bfloat16` every value of the reduction tree is rounded: each sample's leaf, each sum of two nodes and
/// the mean. The places of rounding are fixed by the tree, not by the ranks, so that a node crosses the
/// network in 16 bits without loss wherever it does, and the result has the same bits on any number of ranks.
/// A sum of B samples is rounded ⌈log2 B⌉ + 2 times on the way; the relative error of each rounding is at most
/// 2^-8 of the value rounded.
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
  /// Whether exchanges start as buckets become ready; otherwise all of them start when the last one is.
  package var overlapsComputation: Bool

  /// `bfloat16` is offered along the tree alone.
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

/// destination[i] += source[i] for i in 0..<count; the ranges do not overlap.
package typealias VectorAdd =
  @Sendable (
    _ destination: UnsafeMutablePointer<Float>, _ source: UnsafePointer<Float>, _ count: Int
  ) -> Void
