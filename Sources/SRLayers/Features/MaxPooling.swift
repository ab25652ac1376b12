import SRKernels

/// The largest value of each window, like PyTorch's `nn.MaxPool2d` without padding.
package struct MaxPooling: FeatureLayer {
  private let shape: MaxPooling2DShape

  package init(_ shape: MaxPooling2DShape) { self.shape = shape }

  package var output: ImageShape {
    ImageShape(height: shape.outputHeight, width: shape.outputWidth, channels: shape.channels)
  }

  package func prepare(parameters: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {}

  package func forward(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, images: FeatureImages,
    workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    for image in 0..<images.count {
      context.kernels.maxPooling2DForward(
        shape, source: input + image * shape.sourceCount,
        destination: output + image * self.output.count)
    }
  }

  package func backward(
    input: UnsafePointer<Float>, output: UnsafePointer<Float>,
    gradientOutput: UnsafeMutablePointer<Float>, gradientInput: UnsafeMutablePointer<Float>,
    images: FeatureImages, workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    for image in 0..<images.count {
      let (source, destination) = (image * shape.sourceCount, image * self.output.count)
      context.kernels.maxPooling2DBackward(
        shape, source: input + source, destination: output + destination,
        gradientDestination: gradientOutput + destination, gradientSource: gradientInput + source)
    }
  }
}
