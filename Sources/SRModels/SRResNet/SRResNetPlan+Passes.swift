import SRKernels
import SRLayers

extension SRResNetPlan {
  /// The forward pass of a group up to the input of the last upsampling.
  func forwardBody(_ group: [ImagePass]) {
    group.first?.context.observer?.passBegins()
    let slots = imageSlots
    let featureCount = head.shape.destinationCount
    for image in group {
      head.forward(image.lowRes, into: image.memory + slots.headFeatures, context: image.context)
      network.headActivation.forward(
        image.memory + slots.headFeatures, into: image.memory + slots.headOutput, count: featureCount,
        context: image.context)
    }
    for (index, block) in blocks.enumerated() {
      for image in group {
        block.forwardFirst(blockInput(index, image), workspace: image.memory, context: image.context)
      }
      for image in group {
        block.forwardSecond(
          blockInput(index, image), workspace: image.memory, context: image.context)
      }
    }
    for image in group {
      let bodyOutput = image.memory + slots.bodyOutput
      bodyTail.forward(blockInput(blocks.count, image), into: bodyOutput, context: image.context)
      kernels.accumulate(image.memory + slots.headOutput, into: bodyOutput, count: featureCount)
    }
    for (index, upsampling) in bodyUpsamplings.enumerated() {
      for image in group {
        upsampling.forward(
          upsamplingInput(index, image), workspace: image.memory, context: image.context)
      }
    }
  }

  func forwardTail(_ image: ImagePass) -> UnsafePointer<Float> {
    let superRes = image.tail + tailSlots.superRes
    tailUpsampling?.forward(tailInput(image), workspace: image.tail, context: image.context)
    output.forward(outputInput(image), into: superRes, context: image.context)
    return UnsafePointer(superRes)
  }

  func backwardTail(
    _ image: ImagePass, gradientSuperRes: UnsafePointer<Float>, gradientsFinal: (_ from: Int) -> Void
  ) {
    image.context.observer?.passBegins()
    let tailGradient = bodyUpsamplings.isEmpty ? gradientSkip(image) : gradient(image)
    let wideGradient = tailUpsampling == nil ? tailGradient : gradientWide(image)
    output.backward(
      source: outputInput(image), gradientDestination: gradientSuperRes, gradientSource: wideGradient,
      context: image.context)
    gradientsFinal(output.firstParameter)
    guard let tailUpsampling else { return }
    tailUpsampling.backward(
      input: tailInput(image), gradient: wideGradient, gradientInput: tailGradient, context: image.context)
    gradientsFinal(tailUpsampling.convolution.firstParameter)
  }

  func backwardBody(
    _ group: [ImagePass], gradientsFinal: (_ position: Int, _ from: Int) -> Void
  ) {
    group.first?.context.observer?.passBegins()
    let featureCount = head.shape.destinationCount
    for (index, upsampling) in bodyUpsamplings.enumerated().reversed() {
      for (position, image) in group.enumerated() {
        // Not in place, because each block of a kernel reads values that the previous block would overwrite.
        let gradientInput = index == 0 ? gradientSkip(image) : gradientWide(image)
        upsampling.backward(
          input: upsamplingInput(index, image), gradient: gradient(image), gradientInput: gradientInput,
          context: image.context)
        if index > 0 {
          gradient(image).update(from: gradientInput, count: upsampling.convolution.shape.sourceCount)
        }
        gradientsFinal(position, upsampling.convolution.firstParameter)
      }
    }
    for (position, image) in group.enumerated() {
      bodyTail.backward(
        source: blockInput(blocks.count, image), gradientDestination: gradientSkip(image),
        gradientSource: gradient(image), context: image.context)
      gradientsFinal(position, bodyTail.firstParameter)
    }
    for (index, block) in blocks.enumerated().reversed() {
      for image in group {
        block.backwardSecond(
          gradient: gradient(image), gradientFeatures: gradientFeatures(image), temporary: temporary(image),
          workspace: image.memory, context: image.context)
      }
      for (position, image) in group.enumerated() {
        block.backwardFirst(
          input: blockInput(index, image), gradientFeatures: gradientFeatures(image),
          gradient: gradient(image), temporary: temporary(image), context: image.context)
        gradientsFinal(position, block.firstParameter)
      }
    }
    for (position, image) in group.enumerated() {
      kernels.accumulate(gradientSkip(image), into: gradient(image), count: featureCount)
      network.headActivation.backward(
        source: image.memory + imageSlots.headFeatures, gradient: gradient(image), count: featureCount,
        context: image.context)
      head.backward(
        source: image.lowRes, gradientDestination: gradient(image), gradientSource: nil,
        context: image.context)
      gradientsFinal(position, head.firstParameter)
    }
  }

  private func blockInput(_ index: Int, _ image: ImagePass) -> UnsafePointer<Float> {
    UnsafePointer(
      index == 0 ? image.memory + imageSlots.headOutput : blocks[index - 1].output(in: image.memory))
  }

  private func upsamplingInput(_ index: Int, _ image: ImagePass) -> UnsafePointer<Float> {
    index == 0
      ? UnsafePointer(image.memory + imageSlots.bodyOutput)
      : bodyUpsamplings[index - 1].output(in: image.memory)
  }

  private func tailInput(_ image: ImagePass) -> UnsafePointer<Float> {
    upsamplingInput(bodyUpsamplings.count, image)
  }

  private func outputInput(_ image: ImagePass) -> UnsafePointer<Float> {
    tailUpsampling?.output(in: image.tail) ?? tailInput(image)
  }

  // MARK: - Gradients

  private func gradient(_ image: ImagePass) -> UnsafeMutablePointer<Float> {
    image.memory + backwardSlots.gradient
  }

  private func gradientFeatures(_ image: ImagePass) -> UnsafeMutablePointer<Float> {
    image.memory + backwardSlots.gradientFeatures
  }

  private func gradientSkip(_ image: ImagePass) -> UnsafeMutablePointer<Float> {
    image.memory + backwardSlots.gradientSkip
  }

  private func gradientWide(_ image: ImagePass) -> UnsafeMutablePointer<Float> {
    image.shared + sharedBackwardSlots.gradientWide
  }

  private func temporary(_ image: ImagePass) -> UnsafeMutablePointer<Float> {
    image.shared + sharedBackwardSlots.temporary
  }

  private var backwardSlots: ImageSlots.Backward {
    guard let slots = imageSlots.backward else { preconditionFailure(Self.noBackward) }
    return slots
  }

  private var sharedBackwardSlots: SharedSlots.Backward {
    guard let slots = sharedSlots.backward else { preconditionFailure(Self.noBackward) }
    return slots
  }

  private static let noBackward = "a plan for inference has no backward pass"
}
