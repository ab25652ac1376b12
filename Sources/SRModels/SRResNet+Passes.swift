import SRKernels
import SRLayers
import SRTensor

extension SRResNet {
  /// The context of one worker's passes.
  ///
  /// - Parameter gradients: the sample's gradient leaf; nil for forward passes.
  public func context(
    parameters: ParameterArena, prepared: AlignedBuffer, gradients: UnsafeMutablePointer<Float>?,
    workspace: SRResNetWorkspace, observer: (any LayerObserver)? = nil
  ) -> LayerContext {
    LayerContext(
      kernels: kernels, parameters: parameters.pointer, prepared: prepared.pointer,
      gradients: gradients, scratch: workspace.buffer.pointer + slots.scratch, observer: observer)
  }

  /// Super-resolves one image: [h, w, 3] to [4h, 4w, 3], unclamped. The result lies in the workspace and holds
  /// until the worker's next forward pass.
  public func forward(
    lowRes: UnsafePointer<Float>, workspace: SRResNetWorkspace, context: LayerContext
  ) -> UnsafePointer<Float> {
    context.observer?.passBegins()
    let memory = workspace.buffer.pointer
    let featureCount = head.shape.destinationCount
    head.forward(lowRes, into: memory + slots.headFeatures, context: context)
    headActivation.forward(
      memory + slots.headFeatures, into: memory + slots.headOutput, count: featureCount,
      context: context)

    var features = UnsafePointer(memory + slots.headOutput)
    for block in blocks { features = block.forward(features, workspace: memory, context: context) }
    bodyTail.forward(features, into: memory + slots.bodyOutput, context: context)
    kernels.accumulate(
      memory + slots.headOutput, into: memory + slots.bodyOutput, count: featureCount)

    features = UnsafePointer(memory + slots.bodyOutput)
    for upsampling in upsamplings {
      features = upsampling.forward(
        features, temporary: memory + slots.wide, workspace: memory, context: context)
    }
    output.forward(features, into: memory + slots.superRes, context: context)
    return UnsafePointer(memory + slots.superRes)
  }

  /// Writes the sample's gradient leaf, given the gradient by the output of the forward pass just made.
  ///
  /// - Parameter gradientsFinal: called with an arena offset each time all gradients from there to the arena's
  ///   end are final; the last call passes 0.
  public func backward(
    lowRes: UnsafePointer<Float>, gradientSuperRes: UnsafePointer<Float>,
    workspace: SRResNetWorkspace, context: LayerContext, gradientsFinal: (_ from: Int) -> Void
  ) {
    context.observer?.passBegins()
    let memory = workspace.buffer.pointer
    let featureCount = head.shape.destinationCount
    let wideGradient = memory + slots.gradientWide

    output.backward(
      source: upsamplingInput(upsamplings.count, memory), gradientDestination: gradientSuperRes,
      gradientSource: wideGradient, context: context)
    gradientsFinal(output.weight.offset)
    for (index, upsampling) in upsamplings.enumerated().reversed() {
      // The first step down writes to gradient1, from where the next one starts.
      let isLast = index == upsamplings.count - 1
      let gradient = isLast ? wideGradient : memory + slots.gradient1
      let gradientInput =
        index == 0 ? memory + slots.gradientSkip : memory + slots.gradient1
      upsampling.backward(
        input: upsamplingInput(index, memory), gradient: gradient, gradientInput: gradientInput,
        temporary: memory + slots.wide, workspace: memory, context: context)
      gradientsFinal(upsampling.convolution.weight.offset)
    }

    let skip = memory + slots.gradientSkip
    let gradient = memory + slots.gradient1
    bodyTail.backward(
      source: blockInput(blocks.count, memory), gradientDestination: skip, gradientSource: gradient,
      context: context)
    gradientsFinal(bodyTail.weight.offset)
    for (index, block) in blocks.enumerated().reversed() {
      block.backward(
        input: blockInput(index, memory), gradient: gradient,
        temporary1: memory + slots.gradient2, temporary2: memory + slots.gradient3,
        workspace: memory, context: context)
      gradientsFinal(block.firstParameter)
    }
    kernels.accumulate(skip, into: gradient, count: featureCount)
    headActivation.backward(
      source: memory + slots.headFeatures, gradient: gradient, count: featureCount, context: context
    )
    head.backward(
      source: lowRes, gradientDestination: gradient, gradientSource: nil, context: context)
    gradientsFinal(0)
  }

  private func blockInput(
    _ index: Int, _ memory: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    UnsafePointer(index == 0 ? memory + slots.headOutput : blocks[index - 1].output(in: memory))
  }

  private func upsamplingInput(
    _ index: Int, _ memory: UnsafeMutablePointer<Float>
  ) -> UnsafePointer<Float> {
    UnsafePointer(
      index == 0 ? memory + slots.bodyOutput : upsamplings[index - 1].output(in: memory))
  }
}
