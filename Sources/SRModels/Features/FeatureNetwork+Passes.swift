import SRKernels
import SRLayers

extension FeatureNetwork {
  /// Where the caller writes an image of the pair, [height, width, 3], before a forward pass.
  public func image(
    _ image: PairedImage, in workspace: UnsafeMutablePointer<Float>
  ) -> UnsafeMutablePointer<Float> {
    workspace + activations[0] + image.rawValue * imageCount
  }

  /// Computes the features of the two images that lie in the workspace; see ``features(_:of:in:)``.
  ///
  /// Both go through each layer together, so that its weights are read once for the two.
  public func forward(workspace: UnsafeMutablePointer<Float>) {
    let context = context(workspace)
    for index in layers.indices {
      layers[index].forward(
        workspace + activations[index], into: workspace + activations[index + 1],
        images: PairedImage.allCases.count, workspace: workspace, context: context)
    }
  }

  /// The features of the last forward pass.
  public func features(
    _ tap: Tap, of image: PairedImage, in workspace: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    UnsafePointer(workspace + activations[tap.layer + 1] + image.rawValue * tap.shape.count)
  }

  /// The gradient by the super-resolved image of the last forward pass; it lies in the workspace until the next pass.
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
        input: workspace + activations[index] + count(at: index),
        output: workspace + activations[index + 1] + count(at: index + 1),
        gradientOutput: gradient, gradientInput: gradientInput, workspace: workspace, context: context)
      swap(&gradient, &gradientInput)
    }
    return UnsafePointer(gradient)
  }

  /// Floats of one image of the activation before layer `index`.
  private func count(at index: Int) -> Int {
    index == 0 ? imageCount : layers[index - 1].output.count
  }

  private var imageCount: Int { imageHeight * imageWidth * RGBImageShape.channels }

  private func context(_ workspace: UnsafeMutablePointer<Float>) -> LayerContext {
    LayerContext(
      kernels: kernels, parameters: parameters.pointer, prepared: prepared.pointer, gradients: nil,
      scratch: workspace + scratch)
  }
}
