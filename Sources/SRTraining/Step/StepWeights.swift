import SRModels
import SRTensor

/// A set of weights and the forms in which the convolution kernels use them.
final class StepWeights: Sendable {
  let parameters: ParameterArena
  let prepared: AlignedBuffer
  private let plan: SRResNetPlan

  init(plan: SRResNetPlan, parameters: ParameterArena) {
    self.plan = plan
    self.parameters = parameters
    prepared = AlignedBuffer(count: plan.preparedCount)
  }

  /// Makes the prepared forms anew after the weights have changed.
  func prepare(forBackward: Bool, on pool: WorkerPool) throws {
    try pool.run { [self] worker in
      plan.prepare(
        parameters, into: prepared, forBackward: forBackward, part: worker, of: pool.count)
    }
  }
}
