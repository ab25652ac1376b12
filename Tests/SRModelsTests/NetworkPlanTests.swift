import SRModels
import SRTensor
import Testing

/// One network's plans for several purposes and places in an arena.
@Suite struct NetworkPlanTests {
  private static let models =
    ModelDescription.Architecture.srresnet.scales.flatMap { scale in
      [
        SampleNetwork.model(scale: scale, blocks: 3),
        SampleNetwork.model(scale: scale, blocks: 4, attention: .squeezeExcitation(reduction: 8)),
        SampleNetwork.model(scale: scale, blocks: 1, attention: .squeezeExcitation(reduction: 16)),
      ]
    }
    + ModelDescription.Architecture.compact.scales.flatMap { scale in
      [1, 4].map { SampleNetwork.compact(scale: scale, blocks: $0) }
    } + SampleNetwork.otherChannels

  @Test(arguments: models)
  func inferenceHasTheBitsOfTrainingAndTakesLessMemory(_ model: ModelDescription) throws {
    let training = try SampleNetwork(model, height: 10, width: 14)
    let inference = try SampleNetwork(model, height: 10, width: 14, purpose: .inference)
    let parameters = training.parameters(seed: 4)
    let lowRes = SampleNetwork.image(seed: 2, count: 10 * 14 * model.inputChannels)
    #expect(inference.superRes(of: lowRes, parameters) == training.superRes(of: lowRes, parameters))
    #expect(inference.plan.preparedCount < training.plan.preparedCount)
    #expect(
      NetworkWorkspace.floatCount(for: inference.plan, images: 1, tails: 1)
        < NetworkWorkspace.floatCount(for: training.plan, images: 1, tails: 1))
  }

  /// The memory that inference needs for the body does not grow with the number of blocks.
  @Test(
    arguments: [
      { SampleNetwork.model(scale: 2, blocks: $0) }, { SampleNetwork.compact(scale: 2, blocks: $0) },
    ] as [@Sendable (Int) -> ModelDescription])
  func inferenceReusesTheMapsOfBlocks(model: @Sendable (Int) -> ModelDescription) throws {
    let counts = try [2, 16].map { blocks in
      let plan = try SampleNetwork(model(blocks), height: 8, width: 8, purpose: .inference).plan
      return NetworkWorkspace.floatCount(for: plan, images: 1, tails: 1)
    }
    #expect(counts[0] == counts[1])
  }

  @Test(arguments: [
    SampleNetwork.model(scale: 2, attention: .squeezeExcitation(reduction: 16)),
    SampleNetwork.compact(scale: 3),
  ])
  func aNetworkBehindAnotherIsTheSameNetwork(_ model: ModelDescription) throws {
    let alone = try SampleNetwork(model, height: 6, width: 5)
    var others = ParameterLayout()
    _ = SampleNetwork.model(scale: 1).network(in: &others)
    let behind = try SampleNetwork(model, height: 6, width: 5, behind: others, prefix: "second.")

    let parameters = alone.parameters(seed: 9)
    let shared = behind.parameters(seed: 9)
    let range = behind.network.parameterRange
    #expect(range.lowerBound == others.arenaCount && alone.network.parameterRange.lowerBound == 0)
    #expect(
      Array(shared.buffer.values[range]) == Array(parameters.buffer.values[alone.network.parameterRange]))
    #expect(shared.buffer.values[..<range.lowerBound].allSatisfy { $0 == 0 })
    #expect(behind.network.entries.map(\.name) == alone.network.entries.map { "second." + $0.name })

    let lowRes = SampleNetwork.image(seed: 1, count: 6 * 5 * 3)
    #expect(behind.superRes(of: lowRes, shared) == alone.superRes(of: lowRes, parameters))
  }
}
