import SRKernels
import SRLosses
import SRModels
import SRTensor

/// Value and gradient of a loss over a frozen network, whose weights are random here: features of both images, and the
/// way back to the super-resolved one.
struct PerceptualLossProblem: Problem {
  let kind: LossTerm.Kind

  static var all: [any Problem] {
    [LossTerm.Kind.vgg, .lpipsVGG, .lpipsAlex, .lpipsSqueeze].map { PerceptualLossProblem(kind: $0) }
  }

  var subject: String { "loss \(kind.rawValue)" }
  var size: String { "\(PixelLossProblem.side)x\(PixelLossProblem.side) RGB" }
  var pass: String { "value and gradient" }
  /// Of a slope measured in single precision over many kinks.
  var tolerance: Double { 1e-2 }

  func makeRun(kernels: any KernelSet) -> any ProblemRun { PerceptualLossRun(kind, kernels: kernels) }
}

/// Verified by the slope along the gradient; the layers are problems of their own.
private struct PerceptualLossRun: ProblemRun {
  private let loss: any Loss
  private let superRes: AlignedBuffer
  private let highRes: AlignedBuffer
  private let gradient: AlignedBuffer
  private let scratch: AlignedBuffer

  init(_ kind: LossTerm.Kind, kernels: any KernelSet) {
    let side = PixelLossProblem.side
    func network(_ architecture: FeatureArchitecture) -> FeatureNetwork {
      FeatureNetwork(architecture, imageHeight: side, imageWidth: side, kernels: kernels) { arena in
        var operands = RandomOperands(seed: 3)
        for entry in arena.layout.entries {
          // Keeps the features' size from layer to layer (He et al., 2015).
          let inputs = entry.shape.count == 4 ? entry.shape[1...].reduce(1, *) : 1
          let bound = entry.shape.count == 4 ? (6 / Float(inputs)).squareRoot() : 0.01
          arena.setTensor(entry, to: operands.uniform(entry.count, from: -bound, to: bound).values)
        }
      }
    }
    func lpips(_ net: LPIPSNet) -> any Loss {
      LPIPSLoss(
        net, network: network(net.architecture), linear: .none(for: net.architecture), kernels: kernels)
    }
    loss =
      switch kind {
      case .vgg: VGGLoss(network: network(VGGLoss.defaultArchitecture), kernels: kernels)
      case .lpipsVGG: lpips(.vgg)
      case .lpipsAlex: lpips(.alex)
      case .lpipsSqueeze: lpips(.squeeze)
      case .mse, .charbonnier, .ssim, .ssimBox, .edge:
        preconditionFailure("\(kind.rawValue) needs no network")
      }
    var operands = RandomOperands(seed: 2)
    superRes = operands.uniform(side * side * 3, from: 0, to: 1)
    highRes = operands.uniform(side * side * 3, from: 0, to: 1)
    gradient = AlignedBuffer(count: side * side * 3)
    scratch = AlignedBuffer(count: loss.scratchCount(height: side, width: side))
  }

  var algorithm: String { "-" }
  var directFLOPs: Int? { nil }
  var bytesMoved: Int? { nil }

  func run() { evaluate(superRes, gradient: gradient) }

  @discardableResult
  private func evaluate(_ image: AlignedBuffer, gradient: AlignedBuffer?) -> Double {
    loss.evaluate(
      superRes: image.pointer, highRes: highRes.pointer, height: PixelLossProblem.side,
      width: PixelLossProblem.side, weight: 1, gradient: gradient?.pointer, scratch: scratch.pointer)
  }

  func relativeError() -> Double? {
    gradient.zero()
    evaluate(superRes, gradient: gradient)
    return slopeError(gradient: gradient, origin: superRes) { evaluate($0, gradient: nil) }
  }
}
