import SRKernels
import SRLayers

extension FeatureNetwork {
  /// Where the caller writes the image, [height, width, 3], before a forward pass.
  public func image(in workspace: UnsafeMutablePointer<Float>) -> UnsafeMutablePointer<Float> {
    workspace + activations[0]
  }

  /// Computes the features of the image that lies in the workspace; see ``features(_:in:)``.
  public func forward(workspace: UnsafeMutablePointer<Float>) {
    let context = context(workspace)
    for index in layers.indices {
      layers[index].forward(
        workspace + activations[index], into: workspace + activations[index + 1], workspace: workspace,
        context: context)
    }
  }

  /// Computes the features of the image that lies in the workspace, and keeps them through the next forward pass; see
  /// ``keptFeatures(_:in:)``.
  public func forwardKeepingFeatures(workspace: UnsafeMutablePointer<Float>) {
    forward(workspace: workspace)
    for tap in taps {
      (workspace + tap.kept).update(from: features(tap, in: workspace), count: tap.shape.count)
    }
  }

  /// The features of the last forward pass.
  public func features(_ tap: Tap, in workspace: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
    UnsafePointer(workspace + activations[tap.layer + 1])
  }

  /// The features of the last pass that kept them.
  public func keptFeatures(_ tap: Tap, in workspace: UnsafeMutablePointer<Float>) -> UnsafePointer<Float> {
    UnsafePointer(workspace + tap.kept)
  }

  /// The gradient by the image of the last forward pass; it lies in the workspace until the next pass.
  ///
  /// - Parameter addGradient: called for each tap, last one first, to add the gradient by its features.
  public func backward(
    workspace: UnsafeMutablePointer<Float>,
    addGradient: (_ tap: Tap, _ gradient: UnsafeMutablePointer<Float>) -> Void
  ) -> UnsafePointer<Float> {
    let context = context(workspace)
    var gradient = workspace + gradient1
    var gradientInput = workspace + gradient2
    gradient.update(repeating: 0, count: layers[layers.count - 1].output.count)
    var nextTap = taps.count - 1
    for index in layers.indices.reversed() {
      if nextTap >= 0, taps[nextTap].layer == index {
        addGradient(taps[nextTap], gradient)
        nextTap -= 1
      }
      layers[index].backward(
        input: workspace + activations[index], output: workspace + activations[index + 1],
        gradientOutput: gradient, gradientInput: gradientInput, workspace: workspace, context: context)
      swap(&gradient, &gradientInput)
    }
    return UnsafePointer(gradient)
  }

  private func context(_ workspace: UnsafeMutablePointer<Float>) -> LayerContext {
    LayerContext(
      kernels: kernels, parameters: parameters.pointer, prepared: prepared.pointer, gradients: nil,
      scratch: workspace + scratch)
  }
}
