import SRDistributed
import SRModels
import SRProcess
import SRTensor

/// A set of weights and the forms in which the convolution kernels use them.
final class StepWeights: Sendable {
  let parameters: ParameterArena
  let prepared: AlignedBuffer
  private let plan: any SuperResolutionPlan
  private let sharing: SharedWork

  /// - Parameter other: if given, the prepared forms lie in the memory of `other`. They are valid until `other` prepares its
  ///   own forms again.
  /// - Parameter sharing: the ranks that make a share of the forms each; those of `other` if it is given.
  /// - Precondition: `other` has room for the forms.
  init(
    plan: any SuperResolutionPlan, parameters: ParameterArena, within other: StepWeights? = nil,
    sharing: SharedWork = SharedWork()
  ) {
    self.plan = plan
    self.parameters = parameters
    self.sharing = other?.sharing ?? sharing
    prepared = other?.prepared ?? AlignedBuffer(count: plan.preparedCount, inOwnPages: true)
    precondition(
      plan.preparedCount <= prepared.count,
      "prepared weights of \(plan.preparedCount) floats within \(prepared.count)")
  }

  /// Makes the prepared forms again after the weights have changed. Ranks that share them do so together.
  func prepare(forBackward: Bool, on pool: WorkerPool, _ activity: RankActivity) throws {
    // Another rank may still use the forms that are there.
    try sharing.wait(activity)
    try pool.run { [self] worker in
      let part = sharing.part(worker, of: pool.count)
      plan.prepare(parameters, into: prepared, forBackward: forBackward, part: part.index, of: part.count)
    }
    try sharing.wait(activity)
  }
}
