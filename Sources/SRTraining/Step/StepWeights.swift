import SRModels
import SRProcess
import SRTensor

/// A set of weights and the forms in which the convolution kernels use them.
final class StepWeights: Sendable {
  let parameters: ParameterArena
  let prepared: AlignedBuffer
  private let plan: any SuperResolutionPlan

  /// - Parameter other: if given, the prepared forms lie in the memory of `other`. They are valid until `other` prepares its
  ///   own forms again.
  /// - Precondition: `other` has room for the forms.
  init(plan: any SuperResolutionPlan, parameters: ParameterArena, within other: StepWeights? = nil) {
    self.plan = plan
    self.parameters = parameters
    prepared = other?.prepared ?? AlignedBuffer(count: plan.preparedCount)
    precondition(
      plan.preparedCount <= prepared.count,
      "prepared weights of \(plan.preparedCount) floats within \(prepared.count)")
  }

  /// Makes the prepared forms again after the weights have changed.
  func prepare(forBackward: Bool, on pool: WorkerPool) throws {
    try pool.run { [self] worker in
      plan.prepare(
        parameters, into: prepared, forBackward: forBackward, part: worker, of: pool.count)
    }
  }
}
