import SRModels
import SRTensor

/// A set of weights and the forms that the convolution kernels use them in.
final class StepWeights: Sendable {
  let parameters: ParameterArena
  let prepared: AlignedBuffer
  private let plan: SRResNetPlan

  init(plan: SRResNetPlan, parameters: ParameterArena) {
    self.plan = plan
    self.parameters = parameters
    prepared = AlignedBuffer(count: plan.preparedCount)
  }

  /// Remakes the prepared forms after the weights have changed.
  func prepare(forBackward: Bool, on pool: WorkerPool) throws {
    try pool.run { [self] worker in
      plan.prepare(
        parameters, into: prepared, forBackward: forBackward, part: worker, of: pool.count)
    }
  }
}
