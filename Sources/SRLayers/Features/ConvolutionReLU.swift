import SRKernels

/// max(0, Conv(x)). The ReLU is fused into the convolution.
package struct ConvolutionReLU: FeatureLayer {
  private let convolution: Convolution2DPlan

  package init(
    _ name: String, input: ImageShape, outputChannels: Int, kernelSize: Int, stride: Int = 1,
    padding: Int, plan: inout FeatureNetworkPlanner
  ) {
    convolution = Convolution2D(
      name, inputChannels: input.channels, outputChannels: outputChannels, kernelSize: kernelSize,
      stride: stride, padding: padding, in: &plan.layout
    ).plan(height: input.height, width: input.width, in: &plan.layers)
  }

  package var output: ImageShape {
    ImageShape(
      height: convolution.shape.outputHeight, width: convolution.shape.outputWidth,
      channels: convolution.shape.outputChannels)
  }

  /// Floats of one input image.
  var inputCount: Int { convolution.shape.sourceCount }

  package func prepare(parameters: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    convolution.prepare(parameters: parameters, into: prepared, forBackward: true)
  }

  package func forward(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, images: FeatureImages,
    workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    convolution.forward(input, into: output, images: images.count, context: context, activation: .relu)
  }

  package func backward(
    input: UnsafePointer<Float>, output: UnsafePointer<Float>,
    gradientOutput: UnsafeMutablePointer<Float>, gradientInput: UnsafeMutablePointer<Float>,
    images: FeatureImages, workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    context.kernels.reluBackward(
      output: output, gradient: gradientOutput, count: images.count * self.output.count)
    convolution.backward(
      source: input, gradientDestination: gradientOutput, gradientSource: gradientInput,
      images: images.count, context: context)
  }
}
