import SRModels
import SRTensor

/// A set of weights and the forms in which the convolution kernels use them.
final class StepWeights: Sendable {
  let parameters: ParameterArena
  let prepared: AlignedBuffer
  private let model: SRResNet

  init(model: SRResNet, parameters: ParameterArena) {
    self.model = model
    self.parameters = parameters
    prepared = AlignedBuffer(count: model.preparedCount)
  }

  /// Makes the prepared forms anew after the weights have changed.
  func prepare(forBackward: Bool, on pool: WorkerPool) throws {
    try pool.run { [self] worker in
      model.prepare(
        parameters, into: prepared, forBackward: forBackward, part: worker, of: pool.count)
    }
  }
}
