import SRKernels
import SRLayers
import SRModels
import SRProcess
import SRTensor

/// A network that enlarges pictures of any size.
package final class NetworkInference: Sendable {
  /// Over what squeeze-and-excitation takes its means.
  package enum Pooling: String, CaseIterable, Sendable {
    /// The whole picture.
    case global
    /// A window around each pixel, of one and a half times the size of the pictures that the network was trained on.
    case local
  }

  package let model: ModelDescription
  private let network: any SuperResolutionNetwork
  private let weights: ParameterArena
  private let kernels: any KernelSet
  private let pool: WorkerPool

  /// - Parameters:
  ///   - weights: an arena of the network's parameters alone.
  ///   - memory: the bytes that the pictures' maps, the prepared weights and all temporaries may take together; nil for no limit.
  package init(
    _ model: ModelDescription, graph: NetworkGraph, weights: ParameterArena, pooling: Pooling, memory: Int?,
    kernels: any KernelSet, pool: WorkerPool
  ) {
    var layout = ParameterLayout()
    network = model.network(in: &layout)
    self.model = model
    self.weights = weights
    self.kernels = kernels
    self.pool = pool
  }

  /// The least bytes with which a picture can be enlarged.
  package func memoryNeeded(height: Int, width: Int) -> Int {
    let plan = network.plan(
      lowResHeight: height, lowResWidth: width, purpose: .inference, kernels: kernels)
    return 4 * (plan.preparedCount + NetworkWorkspace.floatCount(for: plan, images: 1, tails: 1))
  }

  /// Enlarges one picture.
  ///
  /// - Parameters:
  ///   - picture: [height, width, channels], 0...1.
  ///   - strip: takes rows of the result, [rows, scale * width, channels], unclamped, from the first row to the last. The values
  ///     are valid during the call.
  /// - Throws: ``InferenceMemoryError`` before any work; what `strip` throws.
  package func enlarge(
    _ picture: UnsafePointer<Float>, height: Int, width: Int,
    strip: (_ rows: Range<Int>, _ values: UnsafePointer<Float>) throws -> Void
  ) throws {
    let plan = network.plan(
      lowResHeight: height, lowResWidth: width, purpose: .inference, kernels: kernels)
    let prepared = AlignedBuffer(count: plan.preparedCount)
    try pool.run { [self] worker in
      plan.prepare(weights, into: prepared, forBackward: false, part: worker, of: pool.count)
    }
    let workspace = NetworkWorkspace(for: plan, images: 1)
    let pass = plan.pass(
      lowRes: picture, parameters: weights, prepared: prepared, gradients: nil, workspace: workspace)
    plan.forwardBody([pass])
    try withExtendedLifetime((workspace, prepared)) {
      try strip(0..<plan.highResHeight, plan.forwardTail(pass))
    }
  }
}
