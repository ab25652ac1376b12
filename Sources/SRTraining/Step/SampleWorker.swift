import SRKernels
import SRLayers
import SRLosses
import SRModels
import SRTensor

/// One worker's memory and its pass over one sample: load, forward, loss, backward.
///
/// Everything is allocated when the worker is made.
final class SampleWorker: Sendable {
  private let model: SRResNet
  private let loss: WeightedSum
  private let workspace: SRResNetWorkspace
  private let lowRes: AlignedBuffer
  private let highRes: AlignedBuffer
  private let gradientSuperRes: AlignedBuffer
  private let scratch: AlignedBuffer
  /// Where the Gaussian SSIM stands among the loss's terms.
  private let ssimTerm: Int?

  init(model: SRResNet, loss: WeightedSum, metrics: [ImageMetrics]) {
    self.model = model
    self.loss = loss
    ssimTerm = loss.names.firstIndex(of: LossTerm.Kind.ssim.rawValue)
    let (height, width) = (model.highResHeight, model.highResWidth)
    workspace = SRResNetWorkspace(for: model)
    lowRes = AlignedBuffer(count: model.lowResHeight * model.lowResWidth * 3)
    highRes = AlignedBuffer(count: height * width * 3)
    gradientSuperRes = AlignedBuffer(count: height * width * 3)
    scratch = AlignedBuffer(
      count: (metrics.map { $0.scratchCount(height: height, width: width) }
        + [loss.scratchCount(height: height, width: width)]).max() ?? 0)
  }

  /// Floats that a worker holds.
  static func floatCount(model: SRResNet, loss: WeightedSum, metrics: [ImageMetrics]) -> Int {
    let (height, width) = (model.highResHeight, model.highResWidth)
    let scratch =
      (metrics.map { $0.scratchCount(height: height, width: width) }
      + [loss.scratchCount(height: height, width: width)]).max() ?? 0
    return model.workspaceCount + model.lowResHeight * model.lowResWidth * 3 + 2 * height * width * 3
      + scratch
  }

  typealias Load = (_ lowRes: UnsafeMutablePointer<Float>, _ highRes: UnsafeMutablePointer<Float>) -> Void

  /// The training pass of one sample; writes its gradient leaf and its row of values.
  ///
  /// - Parameter gradientsFinal: see ``SRResNet/backward(lowRes:gradientSuperRes:workspace:context:gradientsFinal:)``.
  func train(
    load: Load, weights: StepWeights, metrics: ImageMetrics, gradients: UnsafeMutablePointer<Float>,
    values: UnsafeMutablePointer<Double>, observer: (any LayerObserver)?,
    gradientsFinal: (_ from: Int) -> Void
  ) {
    load(lowRes.pointer, highRes.pointer)
    let context = model.context(
      parameters: weights.parameters, prepared: weights.prepared, gradients: gradients,
      workspace: workspace, observer: observer)
    let superRes = model.forward(lowRes: lowRes.pointer, workspace: workspace, context: context)
    gradientSuperRes.zero()
    evaluate(superRes, gradient: gradientSuperRes.pointer, metrics: metrics, values: values)
    model.backward(
      lowRes: lowRes.pointer, gradientSuperRes: gradientSuperRes.pointer, workspace: workspace,
      context: context, gradientsFinal: gradientsFinal)
  }

  /// The forward pass of one sample and its row of values. The returned image holds until the next pass.
  @discardableResult
  func validate(
    load: Load, weights: StepWeights, metrics: ImageMetrics, values: UnsafeMutablePointer<Double>,
    observer: (any LayerObserver)? = nil
  ) -> UnsafePointer<Float> {
    load(lowRes.pointer, highRes.pointer)
    let context = model.context(
      parameters: weights.parameters, prepared: weights.prepared, gradients: nil, workspace: workspace,
      observer: observer)
    let superRes = model.forward(lowRes: lowRes.pointer, workspace: workspace, context: context)
    evaluate(superRes, gradient: nil, metrics: metrics, values: values)
    return superRes
  }

  private func evaluate(
    _ superRes: UnsafePointer<Float>, gradient: UnsafeMutablePointer<Float>?, metrics: ImageMetrics,
    values: UnsafeMutablePointer<Double>
  ) {
    let (height, width) = (model.highResHeight, model.highResWidth)
    values[0] = loss.evaluate(
      superRes: superRes, highRes: highRes.pointer, height: height, width: width, gradient: gradient,
      scratch: scratch.pointer, termValues: values + 1)
    metrics.evaluate(
      superRes: superRes, highRes: highRes.pointer, height: height, width: width,
      knownSSIM: ssimTerm.map { 1 - values[1 + $0] }, scratch: scratch.pointer,
      into: values + 1 + loss.terms.count)
  }
}
