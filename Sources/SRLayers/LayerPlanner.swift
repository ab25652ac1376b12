import SRKernels
import SRTensor

/// Where the layers of a network reserve what their passes over one size of image need.
///
/// A layer's *parameters* are the same for every image: they lie in a ``ParameterLayout``, made once. Its *plan* is for one
/// size of image and one purpose: it has the kernel, and the places of prepared weights and activations.
package struct LayerPlanner: Sendable {
  /// What the passes are for.
  package enum Purpose: Sendable {
    /// Forward and backward: activations are kept for the backward pass.
    case training
    /// Forward alone: a map is kept until the next layers have read it.
    case inference
  }

  package let purpose: Purpose
  package let kernels: any KernelSet
  private var prepared = WorkspacePlanner()
  /// Floats of scratch memory, of the layer that needs most.
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
