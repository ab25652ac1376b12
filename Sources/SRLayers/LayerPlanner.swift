import SRKernels
import SRTensor

/// Reserves the memory that a network's layers need for their passes over one size of image.
///
/// A layer's *parameters* are the same for every image. They lie in a ``ParameterLayout``, which is made once. A layer's *plan*
/// is for one size of image and one purpose. The plan has the kernel, and the places of prepared weights and activations.
package struct LayerPlanner: Sendable {
  /// What the passes are for.
  package enum Purpose: Sendable {
    /// Forward and backward passes. Activations are kept for the backward pass.
    case training
    /// Forward passes only. A map is kept until the next layers have read it.
    case inference
  }

  package let purpose: Purpose
  package let kernels: any KernelSet
  private var prepared = WorkspacePlanner()
  /// Floats of scratch memory: the most that any layer needs.
  package private(set) var scratchCount = 0

  package init(_ purpose: Purpose, kernels: any KernelSet) {
    self.purpose = purpose
    self.kernels = kernels
  }

  /// Floats of prepared weights.
  package var preparedCount: Int { prepared.count }

  mutating func reservePrepared(_ count: Int) -> Int { prepared.reserve(count) }

  mutating func needScratch(_ count: Int) { scratchCount = max(scratchCount, count) }
}
