import SRKernels
import SRLayers

/// Largest value of each window, as PyTorch's `nn.MaxPool2d` without padding.
struct MaxPooling: FeatureLayer {
  private let shape: MaxPooling2DShape

  init(_ shape: MaxPooling2DShape) { self.shape = shape }

  var output: FeatureShape {
    FeatureShape(height: shape.outputHeight, width: shape.outputWidth, channels: shape.channels)
  }

  var scratchCount: Int { 0 }

  func prepare(parameters: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {}

  func forward(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, images: Int,
    workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    for image in 0..<images {
      context.kernels.maxPooling2DForward(
        shape, source: input + image * shape.inputHeight * shape.inputWidth * shape.channels,
        destination: output + image * self.output.count)
    }
  }

  func backward(
    input: UnsafePointer<Float>, output: UnsafePointer<Float>,
    gradientOutput: UnsafeMutablePointer<Float>, gradientInput: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    context.kernels.maxPooling2DBackward(
      shape, source: input, destination: output, gradientDestination: gradientOutput,
      gradientSource: gradientInput)
  }
}
