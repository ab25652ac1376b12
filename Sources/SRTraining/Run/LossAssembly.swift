import SRKernels
import SRLosses

/// Turns the configuration's loss into losses with their networks.
struct LossAssembly {
  let configuration: TrainingConfiguration
  let kernels: any KernelSet
  let height: Int
  let width: Int

  /// - Throws: ``ConfigurationError`` where the loss cannot be read, or what the perceptual weights' files throw.
  func makeLoss() throws -> WeightedSum {
    let terms = try LossTerm.parse(configuration.loss)
    return WeightedSum(
      try terms.map { term in
        WeightedSum.Term(try makeTerm(term.kind), weight: term.weight)
      })
  }

  private func makeTerm(_ kind: LossTerm.Kind) throws -> any Loss {
    if let loss = kind.pixelLoss(kernels: kernels) { return loss }
    throw ConfigurationError("the loss term \(kind.rawValue) needs a network")
  }
}
