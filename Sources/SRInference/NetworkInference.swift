import SRKernels
import SRLayers
import SRModels
import SRProcess
import SRTensor

/// A network that enlarges pictures of any size.
package final class NetworkInference: Sendable {
  package let model: ModelDescription
  private let network: any SuperResolutionNetwork
  private let weights: ParameterArena
  private let kernels: any KernelSet
  private let pool: WorkerPool

  /// - Parameter weights: an arena of the network's parameters alone.
  package init(
    _ model: ModelDescription, weights: ParameterArena, kernels: any KernelSet, pool: WorkerPool
  ) {
    var layout = ParameterLayout()
    network = model.network(in: &layout)
    self.model = model
    self.weights = weights
    self.kernels = kernels
    self.pool = pool
  }

  /// Enlarges one picture.
  ///
  /// - Parameters:
  ///   - picture: [height, width, channels], 0...1.
  ///   - strip: takes rows of the result, [rows, scale * width, channels], unclamped, from the first row to the last. The values
  ///     are valid during the call.
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
