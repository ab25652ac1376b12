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
    let parameters = parameters(of: model, seed: 5)
    let prepared = prepared(parameters, for: model)
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
    let parameters = parameters(of: model, seed: 6)
    let prepared = prepared(parameters, for: model)
    var atReport: [[Float]] = [[], []]
    let images = (0..<2).map { image(seed: UInt64($0), count: 8 * 8 * 3) }
    let results = run(model, parameters, prepared, images) { image, from, leaf in
      let known = atReport[image].count
      let end = leaf.count - known
      atReport[image].insert(contentsOf: leaf[from..<end], at: 0)
    }
    #expect(atReport == results.gradients)
  }

  /// An image so wide that one row of tiles is more than a kernel's block, and the gradient by what lies below the second
  /// upsampling.
  @Test(arguments: [2, 3])
  func gradientsAreTheSlopeOfTheOutput(upsamplings: Int) throws {
    var configuration = SRResNetConfiguration.vanilla
    configuration.channels = 16
    configuration.blocks = 1
    configuration.upsamplings = upsamplings
    let model = try SRResNet(
      configuration, lowResHeight: 4, lowResWidth: 140, kernels: CPULevel.selected().kernels)
    let parameters = parameters(of: model, seed: 8)
    // The output's gradient: its upper quarter, where a second block begins within a row; uneven along the rows.
    let (top, right) = (model.highResHeight / 4, model.highResWidth * 85 / 100)
    let gradient = AlignedBuffer(count: model.highResHeight * model.highResWidth * 3)
    for index in 0..<gradient.count where index / (3 * model.highResWidth) < top {
      gradient.pointer[index] = index / 3 % model.highResWidth < right ? 1 : 0.25
    }
    let lowRes = image(seed: 3, count: 4 * 140 * 3)
    func output(_ parameters: ParameterArena) -> (sum: Double, gradient: [Float]) {
      let results = run(
        model, parameters, prepared(parameters, for: model), [lowRes], gradientSuperRes: gradient)
      let sum = zip(results.superRes[0], gradient.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      return (sum, results.gradients[0])
    }
    let below = try #require(model.layout.entries.first { $0.name == "upsample.0.block.2.weight" }).offset
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

  private func parameters(of model: SRResNet, seed: UInt64) -> ParameterArena {
    let parameters = ParameterArena(layout: model.layout)
    model.initialize(parameters, as: .pytorch, seed: seed)
    return parameters
  }

  private func prepared(_ parameters: ParameterArena, for model: SRResNet) -> AlignedBuffer {
    let prepared = AlignedBuffer(count: model.preparedCount)
    model.prepare(parameters, into: prepared, forBackward: true)
    return prepared
  }

  private func run(
    _ model: SRResNet, _ parameters: ParameterArena, _ prepared: AlignedBuffer, _ images: [AlignedBuffer],
    tails: Int = 1, gradientSuperRes: AlignedBuffer? = nil,
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
    let gradient = gradientSuperRes ?? image(seed: 77, count: count)
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
