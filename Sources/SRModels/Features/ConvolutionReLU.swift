import SRKernels
import SRLayers

/// max(0, Conv(x)), the ReLU fused into the convolution.
struct ConvolutionReLU: FeatureLayer {
  private let convolution: Convolution2D

  init(_ name: String, shape: Convolution2DShape, plan: inout FeatureNetworkPlan, kernels: any KernelSet) {
    convolution = Convolution2D(
      name, shape: shape, layout: &plan.layout, prepared: &plan.prepared, kernels: kernels)
  }

  var output: FeatureShape {
    FeatureShape(
      height: convolution.shape.outputHeight, width: convolution.shape.outputWidth,
      channels: convolution.shape.outputChannels)
  }

  /// Floats of one input image.
  var inputCount: Int { convolution.shape.sourceCount }

  var scratchCount: Int { convolution.scratchCount }

  func prepare(parameters: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    convolution.prepare(parameters: parameters, into: prepared, forBackward: true)
  }

  func forward(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, images: FeatureImages,
    workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    convolution.forward(input, into: output, images: images.count, context: context, activation: .relu)
  }

  func backward(
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
