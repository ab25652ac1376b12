import SRKernels
import SRLosses
import SRModels
import SRTensor

/// A loss through a frozen network, which has random weights here: the features of both images, and the backward pass to the
/// super-resolved image. It is verified by the slope along the gradient. The layers are problems of their own.
struct PerceptualLossRun: ProblemRun {
  private let operands: LossOperands

  init(_ kind: LossKind, pairs: Int, kernels: any KernelSet) {
    let side = LossProblem.side
    func network(_ architecture: FeatureArchitecture) -> FeatureNetwork {
      FeatureNetwork(
        architecture, imageHeight: side, imageWidth: side, pairs: pairs, kernels: kernels
      ) { arena in
        var operands = RandomOperands(seed: 3)
        for entry in arena.layout.entries {
          // Keeps the features' size from layer to layer (He et al., 2015).
          let inputs = entry.shape.count == 4 ? entry.shape[1...].reduce(1, *) : 1
          let bound = entry.shape.count == 4 ? (6 / Float(inputs)).squareRoot() : 0.01
          arena.setTensor(entry, to: operands.uniform(entry.count, from: -bound, to: bound).values)
        }
      }
    }
    let loss: any Loss =
      switch kind.source {
      case .pixels: preconditionFailure("\(kind) needs no network")
      case .vgg: VGGLoss(network: network(VGGLoss.defaultArchitecture), kernels: kernels)
      case .lpips(let net):
        LPIPSLoss(
          name: kind.name, network: network(net.architecture), linear: .none(for: net.architecture),
          kernels: kernels)
      }
    operands = LossOperands(loss, pairs: pairs)
  }

  var algorithm: String { "-" }
  var directFLOPs: Int? { nil }
  var bytesMoved: Int? { nil }

  func run() { operands.evaluate(addingGradient: true) }

  func relativeError() -> Double? {
    operands.gradient.zero()
    run()
    return slopeError(gradient: operands.gradient, origin: operands.superRes) {
      operands.evaluate($0, addingGradient: false)
    }
  }
}
