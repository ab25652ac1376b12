import SRKernels

/// SqueezeNet's module: s = ReLU(1x1(x)), then the channels of ReLU(1x1(s)) followed by the channels of ReLU(3x3(s)).
///
/// Its parameters are `NAME.squeeze`, `NAME.expand1x1` and `NAME.expand3x3`, each with `.weight` and `.bias`.
package struct Fire: FeatureLayer {
  private let squeeze: ConvolutionReLU
  private let expand1x1: ConvolutionReLU
  private let expand3x3: ConvolutionReLU

  /// Places in the workspace: the three outputs, pair after pair.
  private let squeezed: Int
  private let expanded1x1: Int
  private let expanded3x3: Int
  /// The gradients with respect to the three outputs, for one image at a time.
  private let gradientSqueezed: Int
  private let gradientSqueezed3x3: Int
  private let gradientExpanded1x1: Int
  private let gradientExpanded3x3: Int

  package init(
    _ name: String, input: ImageShape, squeezeChannels: Int, expandChannels: Int,
    plan: inout FeatureNetworkPlanner
  ) {
    func convolution(_ part: String, inputs: Int, outputs: Int, kernelSize: Int) -> ConvolutionReLU {
      ConvolutionReLU(
        "\(name).\(part)", input: ImageShape(height: input.height, width: input.width, channels: inputs),
        outputChannels: outputs, kernelSize: kernelSize, padding: kernelSize / 2, plan: &plan)
    }
    squeeze = convolution("squeeze", inputs: input.channels, outputs: squeezeChannels, kernelSize: 1)
    expand1x1 = convolution("expand1x1", inputs: squeezeChannels, outputs: expandChannels, kernelSize: 1)
    expand3x3 = convolution("expand3x3", inputs: squeezeChannels, outputs: expandChannels, kernelSize: 3)
    squeezed = plan.workspace.reserve(plan.pairs * squeeze.output.count)
    expanded1x1 = plan.workspace.reserve(plan.pairs * expand1x1.output.count)
    expanded3x3 = plan.workspace.reserve(plan.pairs * expand3x3.output.count)
    gradientSqueezed = plan.workspace.reserve(squeeze.output.count)
    gradientSqueezed3x3 = plan.workspace.reserve(squeeze.output.count)
    gradientExpanded1x1 = plan.workspace.reserve(expand1x1.output.count)
    gradientExpanded3x3 = plan.workspace.reserve(expand3x3.output.count)
  }

  package var output: ImageShape {
    ImageShape(
      height: squeeze.output.height, width: squeeze.output.width,
      channels: expand1x1.output.channels + expand3x3.output.channels)
  }

  package func prepare(parameters: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    for convolution in [squeeze, expand1x1, expand3x3] {
      convolution.prepare(parameters: parameters, into: prepared)
    }
  }

  /// The three outputs of a pair's last image.
  private struct Parts {
    let squeezed: UnsafeMutablePointer<Float>
    let expanded1x1: UnsafeMutablePointer<Float>
    let expanded3x3: UnsafeMutablePointer<Float>
  }

  private func parts(of pair: Int, in workspace: UnsafeMutablePointer<Float>) -> Parts {
    Parts(
      squeezed: workspace + squeezed + pair * squeeze.output.count,
      expanded1x1: workspace + expanded1x1 + pair * expand1x1.output.count,
      expanded3x3: workspace + expanded3x3 + pair * expand3x3.output.count)
  }

  package func forward(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, images: FeatureImages,
    workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    for image in 0..<images.count {
      let pair = images.pair(of: image)
      let (parts, one) = (parts(of: pair, in: workspace), FeatureImages(count: 1, pairs: pair..<pair + 1))
      squeeze.forward(
        input + image * squeeze.inputCount, into: parts.squeezed, images: one, workspace: workspace,
        context: context)
      expand1x1.forward(
        parts.squeezed, into: parts.expanded1x1, images: one, workspace: workspace, context: context)
      expand3x3.forward(
        parts.squeezed, into: parts.expanded3x3, images: one, workspace: workspace, context: context)
      context.kernels.concatenateChannels(
        parts.expanded1x1, channels: expand1x1.output.channels, parts.expanded3x3,
        channels: expand3x3.output.channels, destination: output + image * self.output.count,
        pixels: self.output.pixels)
    }
  }

  package func backward(
    input: UnsafePointer<Float>, output: UnsafePointer<Float>,
    gradientOutput: UnsafeMutablePointer<Float>, gradientInput: UnsafeMutablePointer<Float>,
    images: FeatureImages, workspace: UnsafeMutablePointer<Float>, context: LayerContext
  ) {
    for image in 0..<images.count {
      let pair = images.pair(of: image)
      let (parts, one) = (parts(of: pair, in: workspace), FeatureImages(count: 1, pairs: pair..<pair + 1))
      context.kernels.splitChannels(
        gradientOutput + image * self.output.count, left: workspace + gradientExpanded1x1,
        channels: expand1x1.output.channels, right: workspace + gradientExpanded3x3,
        channels: expand3x3.output.channels, pixels: self.output.pixels)
      expand1x1.backward(
        input: parts.squeezed, output: parts.expanded1x1, gradientOutput: workspace + gradientExpanded1x1,
        gradientInput: workspace + gradientSqueezed, images: one, workspace: workspace, context: context)
      expand3x3.backward(
        input: parts.squeezed, output: parts.expanded3x3, gradientOutput: workspace + gradientExpanded3x3,
        gradientInput: workspace + gradientSqueezed3x3, images: one, workspace: workspace, context: context)
      context.kernels.accumulate(
        workspace + gradientSqueezed3x3, into: workspace + gradientSqueezed, count: squeeze.output.count)
      squeeze.backward(
        input: input + image * squeeze.inputCount, output: parts.squeezed,
        gradientOutput: workspace + gradientSqueezed,
        gradientInput: gradientInput + image * squeeze.inputCount, images: one, workspace: workspace,
        context: context)
    }
  }
}
