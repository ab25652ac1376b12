import SRModels
import SRTensor
import Testing

/// Images that go through the network together.
@Suite struct NetworkGroupTests {
  /// The results of a group's passes.
  private struct Results: Equatable {
    var superRes: [[Float]] = []
    var gradients: [[Float]] = []
    /// For each image, the offsets that were reported as final, in the order of the reports.
    var final: [[Int]] = []
  }

  @Test(
    arguments: ModelDescription.Architecture.srresnet.scales.map {
      SampleNetwork.model(scale: $0, attention: .squeezeExcitation(reduction: 16))
    } + ModelDescription.Architecture.compact.scales.map { SampleNetwork.compact(scale: $0) }
      + SampleNetwork.otherChannels)
  func haveTheBitsThatTheyHaveAlone(description: ModelDescription) throws {
    let model = try SampleNetwork(description, height: 8, width: 6)
    let parameters = model.parameters(seed: 5)
    let prepared = model.prepared(parameters)
    let images = (0..<3).map {
      SampleNetwork.image(seed: UInt64($0), count: 8 * 6 * description.inputChannels)
    }

    let together = run(model, parameters, prepared, images)
    for (index, image) in images.enumerated() {
      let alone = run(model, parameters, prepared, [image])
      #expect(alone.superRes[0] == together.superRes[index])
      #expect(alone.gradients[0] == together.gradients[index])
      #expect(alone.final[0] == together.final[index])
    }
    for tails in 2...3 {
      #expect(run(model, parameters, prepared, images, tails: tails) == together)
    }
    #expect(together.gradients[0] != together.gradients[1])
    for final in together.final {
      #expect(final == final.sorted(by: >) && final.last == 0)
    }
  }

  /// Buckets can be sent early only if gradients that are reported as final do not change any more.
  @Test(arguments: [
    SampleNetwork.model(scale: 4, features: 64), SampleNetwork.compact(scale: 4, features: 64),
  ])
  func leaveFinalGradientsAlone(description: ModelDescription) throws {
    let model = try SampleNetwork(description, height: 8, width: 8)
    let parameters = model.parameters(seed: 6)
    let prepared = model.prepared(parameters)
    var atReport: [[Float]] = [[], []]
    let images = (0..<2).map { SampleNetwork.image(seed: UInt64($0), count: 8 * 8 * 3) }
    let results = run(model, parameters, prepared, images) { image, from, leaf in
      let known = atReport[image].count
      let end = leaf.count - known
      atReport[image].insert(contentsOf: leaf[from..<end], at: 0)
    }
    #expect(atReport == results.gradients)
  }

  /// The image is so wide that one row of tiles is more than a kernel's block. The gradient of an SRResNet is taken with respect
  /// to what lies below the second upsampling, or below the output if there is none.
  @Test(arguments: [
    (SampleNetwork.model(scale: 1, features: 16, blocks: 1), "conv3.weight"),
    (SampleNetwork.model(scale: 3, features: 16, blocks: 1), "upsample.0.block.2.weight"),
    (SampleNetwork.model(scale: 4, features: 16, blocks: 1), "upsample.0.block.2.weight"),
    (SampleNetwork.model(scale: 8, features: 16, blocks: 1), "upsample.0.block.2.weight"),
    (SampleNetwork.compact(scale: 1, features: 16), "body.8.bias"),
    (SampleNetwork.compact(scale: 3, features: 32), "body.8.bias"),
    (SampleNetwork.compact(scale: 4, features: 64), "body.8.bias"),
    (SampleNetwork.model(scale: 1, features: 16, blocks: 1).with(channels: 1), "conv3.weight"),
    (SampleNetwork.model(scale: 2, features: 32, blocks: 1).with(channels: 8), "conv3.weight"),
    (SampleNetwork.model(scale: 2, features: 32, blocks: 1).with(channels: 4, 3), "conv3.weight"),
    (SampleNetwork.compact(scale: 2, features: 32).with(channels: 1), "body.8.bias"),
    (SampleNetwork.compact(scale: 3, features: 32).with(channels: 5), "body.8.bias"),
  ])
  func gradientsAreTheSlopeOfTheOutput(description: ModelDescription, end: String) throws {
    let model = try SampleNetwork(description, height: 4, width: 140)
    let plan = model.plan
    let parameters = model.parameters(seed: 8)
    // The output's gradient lies in the upper quarter, where a second block begins within a row. It is uneven along the rows.
    let (top, right) = (plan.highResHeight / 4, plan.highResWidth * 85 / 100)
    let gradient = AlignedBuffer(count: plan.highResShape.count)
    let channels = description.outputChannels
    for index in 0..<gradient.count where index / (channels * plan.highResWidth) < top {
      gradient.pointer[index] = index / channels % plan.highResWidth < right ? 1 : 0.25
    }
    let lowRes = SampleNetwork.image(seed: 3, count: 4 * 140 * description.inputChannels)
    func output(_ parameters: ParameterArena) -> (sum: Double, gradient: [Float]) {
      let results = run(
        model, parameters, model.prepared(parameters), [lowRes], gradientSuperRes: gradient)
      let sum = zip(results.superRes[0], gradient.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      return (sum, results.gradients[0])
    }
    let below = try #require(model.layout.entry(named: end)).offset
    let direction = output(parameters).gradient.prefix(below)
    let norm = direction.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    func moved(_ distance: Double) -> Double {
      let moved = ParameterArena(layout: model.layout)
      moved.buffer.copy(from: parameters.buffer)
      for (index, slope) in direction.enumerated() {
        moved.pointer[index] += Float(distance * Double(slope) / norm)
      }
      return output(moved).sum
    }
    let slope = (moved(1e-3) - moved(-1e-3)) / 2e-3
    #expect(abs(slope / norm - 1) <= 2e-3)
  }

  private func run(
    _ model: SampleNetwork, _ parameters: ParameterArena, _ prepared: AlignedBuffer,
    _ images: [AlignedBuffer],
    tails: Int = 1, gradientSuperRes: AlignedBuffer? = nil,
    whenFinal: (_ image: Int, _ from: Int, _ leaf: [Float]) -> Void = { _, _, _ in }
  ) -> Results {
    let plan = model.plan
    let workspace = NetworkWorkspace(for: plan, images: images.count, tails: tails)
    let leaves = images.map { _ in ParameterArena(layout: model.layout) }
    let passes = images.indices.map {
      plan.pass(
        image: $0, lowRes: images[$0].pointer, parameters: parameters, prepared: prepared,
        gradients: leaves[$0].pointer, workspace: workspace)
    }
    let count = plan.highResShape.count
    let gradient = gradientSuperRes ?? SampleNetwork.image(seed: 77, count: count)
    var results = Results(final: images.map { _ in [] })
    plan.forwardBody(passes)
    for first in stride(from: 0, to: passes.count, by: tails) {
      let indices = first..<min(first + tails, passes.count)
      let superRes = indices.map { plan.forwardTail(passes[$0]) }
      for (index, superRes) in zip(indices, superRes) {
        results.superRes.append(Array(UnsafeBufferPointer(start: superRes, count: count)))
        plan.backwardTail(passes[index], gradientSuperRes: gradient.pointer) {
          results.final[index].append($0)
          whenFinal(index, $0, leaves[index].buffer.values)
        }
      }
    }
    plan.backwardBody(passes) {
      results.final[$0].append($1)
      whenFinal($0, $1, leaves[$0].buffer.values)
    }
    results.gradients = leaves.map(\.buffer.values)
    return results
  }
}
