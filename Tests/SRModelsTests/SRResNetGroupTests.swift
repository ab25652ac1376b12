import SRKernelDispatch
import SRKernels
import SRModels
import SRTensor
import Testing

/// Images that go through the network together.
@Suite struct SRResNetGroupTests {
  /// What a group's passes leave behind.
  private struct Results: Equatable {
    var superRes: [[Float]] = []
    var gradients: [[Float]] = []
    /// By image: the offsets that were reported as final, in the order of their reports.
    var final: [[Int]] = []
  }

  @Test(arguments: [1, 2, 3])
  func haveTheBitsThatTheyHaveAlone(upsamplings: Int) throws {
    var configuration = SRResNetConfiguration.attention
    configuration.channels = 32
    configuration.blocks = 2
    configuration.upsamplings = upsamplings
    let model = try SRResNet(
      configuration, lowResHeight: 8, lowResWidth: 6, kernels: CPULevel.selected().kernels)
    let parameters = ParameterArena(layout: model.layout)
    model.initialize(parameters, as: .pytorch, seed: 5)
    let prepared = AlignedBuffer(count: model.preparedCount)
    model.prepare(parameters, into: prepared, forBackward: true)
    let images = (0..<3).map { image(seed: UInt64($0), count: 8 * 6 * 3) }

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

  /// Buckets leave early only if gradients that are reported as final are not touched any more.
  @Test func leaveFinalGradientsAlone() throws {
    var configuration = SRResNetConfiguration.vanilla
    configuration.blocks = 2
    let model = try SRResNet(
      configuration, lowResHeight: 8, lowResWidth: 8, kernels: CPULevel.selected().kernels)
    let parameters = ParameterArena(layout: model.layout)
    model.initialize(parameters, as: .pytorch, seed: 6)
    let prepared = AlignedBuffer(count: model.preparedCount)
    model.prepare(parameters, into: prepared, forBackward: true)
    var atReport: [[Float]] = [[], []]
    let images = (0..<2).map { image(seed: UInt64($0), count: 8 * 8 * 3) }
    let results = run(model, parameters, prepared, images) { image, from, leaf in
      let known = atReport[image].count
      let end = leaf.count - known
      atReport[image].insert(contentsOf: leaf[from..<end], at: 0)
    }
    #expect(atReport == results.gradients)
  }

  private func run(
    _ model: SRResNet, _ parameters: ParameterArena, _ prepared: AlignedBuffer, _ images: [AlignedBuffer],
    tails: Int = 1,
    whenFinal: (_ image: Int, _ from: Int, _ leaf: [Float]) -> Void = { _, _, _ in }
  ) -> Results {
    let workspace = SRResNetWorkspace(for: model, images: images.count, tails: tails)
    let leaves = images.map { _ in ParameterArena(layout: model.layout) }
    let passes = images.indices.map {
      model.pass(
        image: $0, lowRes: images[$0].pointer, parameters: parameters, prepared: prepared,
        gradients: leaves[$0].pointer, workspace: workspace)
    }
    let count = model.highResHeight * model.highResWidth * 3
    let gradient = image(seed: 77, count: count)
    var results = Results(final: images.map { _ in [] })
    model.forwardBody(passes)
    for first in stride(from: 0, to: passes.count, by: tails) {
      let indices = first..<min(first + tails, passes.count)
      let superRes = indices.map { model.forwardTail(passes[$0]) }
      for (index, superRes) in zip(indices, superRes) {
        results.superRes.append(Array(UnsafeBufferPointer(start: superRes, count: count)))
        model.backwardTail(passes[index], gradientSuperRes: gradient.pointer) {
          results.final[index].append($0)
          whenFinal(index, $0, leaves[index].buffer.values)
        }
      }
    }
    model.backwardBody(passes) {
      results.final[$0].append($1)
      whenFinal($0, $1, leaves[$0].buffer.values)
    }
    results.gradients = leaves.map(\.buffer.values)
    return results
  }

  private func image(seed: UInt64, count: Int) -> AlignedBuffer {
    var generator = PhiloxGenerator(seed: seed, stream: 9)
    let buffer = AlignedBuffer(count: count)
    for index in 0..<count { buffer.pointer[index] = generator.uniform() }
    return buffer
  }
}
