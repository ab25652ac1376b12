import SRKernels
import SRLayers

// One worker's passes over a group of images, in this order:
//
//     forwardBody(group); for some images at a time: forwardTail, loss, backwardTail; backwardBody(group)

extension SRResNet {
  /// The forward pass of a group up to the input of the last upsampling.
  package func forwardBody(_ group: [ImagePass]) {
    group.first?.context.observer?.passBegins()
    let slots = imageSlots
    let featureCount = head.shape.destinationCount
    for image in group {
      head.forward(image.lowRes, into: image.memory + slots.headFeatures, context: image.context)
      headActivation.forward(
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

  /// The rest of one image's forward pass: returns its super-resolved image, [4h, 4w, 3], unclamped, which holds until
  /// the worker has begun as many further tails as its workspace has room for.
  package func forwardTail(_ image: ImagePass) -> UnsafePointer<Float> {
    let superRes = image.tail + tailSlots.superRes
    tailUpsampling.forward(tailInput(image), workspace: image.tail, context: image.context)
    output.forward(tailUpsampling.output(in: image.tail), into: superRes, context: image.context)
    return UnsafePointer(superRes)
  }

  /// The tail's backward pass, while what its forward pass left still holds, given the gradient by its output.
  ///
  /// - Parameter gradientsFinal: called with an arena offset each time all of the image's gradients from there to the
  ///   arena's end are final.
  package func backwardTail(
    _ image: ImagePass, gradientSuperRes: UnsafePointer<Float>, gradientsFinal: (_ from: Int) -> Void
  ) {
    image.context.observer?.passBegins()
    let shared = image.shared
    output.backward(
      source: tailUpsampling.output(in: image.tail), gradientDestination: gradientSuperRes,
      gradientSource: shared + sharedSlots.gradientWide, context: image.context)
    gradientsFinal(output.firstParameter)
    tailUpsampling.backward(
      input: tailInput(image), gradient: shared + sharedSlots.gradientWide,
      gradientInput: bodyUpsamplings.isEmpty ? gradientSkip(image) : gradient(image), context: image.context)
    gradientsFinal(tailUpsampling.convolution.firstParameter)
  }

  /// The body's backward pass, after the tails of all images.
  ///
  /// - Parameter gradientsFinal: as in ``backwardTail(_:gradientSuperRes:gradientsFinal:)``, for the image at a position
  ///   of the group; the last call for each image passes 0.
  package func backwardBody(
    _ group: [ImagePass], gradientsFinal: (_ position: Int, _ from: Int) -> Void
  ) {
    group.first?.context.observer?.passBegins()
    let featureCount = head.shape.destinationCount
    for (index, upsampling) in bodyUpsamplings.enumerated().reversed() {
      for (position, image) in group.enumerated() {
        // Not in place: a kernel's next block still reads what its last one would have overwritten.
        let gradientInput = index == 0 ? gradientSkip(image) : image.shared + sharedSlots.gradientWide
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
      gradientsFinal(position, bodyTail.weight.offset)
    }
    for (index, block) in blocks.enumerated().reversed() {
      for image in group {
        block.backwardSecond(
          gradient: gradient(image), gradientFeatures: image.memory + imageSlots.gradientFeatures,
          temporary: image.shared + sharedSlots.temporary, workspace: image.memory, context: image.context)
      }
      for (position, image) in group.enumerated() {
        block.backwardFirst(
          input: blockInput(index, image),
          gradientFeatures: image.memory + imageSlots.gradientFeatures, gradient: gradient(image),
          temporary: image.shared + sharedSlots.temporary, context: image.context)
        gradientsFinal(position, block.firstParameter)
      }
    }
    for (position, image) in group.enumerated() {
      kernels.accumulate(gradientSkip(image), into: gradient(image), count: featureCount)
      headActivation.backward(
        source: image.memory + imageSlots.headFeatures, gradient: gradient(image), count: featureCount,
        context: image.context)
      head.backward(
        source: image.lowRes, gradientDestination: gradient(image), gradientSource: nil,
        context: image.context)
      gradientsFinal(position, 0)
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

  private func gradient(_ image: ImagePass) -> UnsafeMutablePointer<Float> {
    image.memory + imageSlots.gradient
  }

  private func gradientSkip(_ image: ImagePass) -> UnsafeMutablePointer<Float> {
    image.memory + imageSlots.gradientSkip
  }
}
