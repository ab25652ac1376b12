import SRKernelDispatch
import SRModels
import SRTensor
import Testing

@Suite struct SRResNetParameterTests {
  /// Counts of the released PyTorch model's state dicts.
  @Test(arguments: [(SRResNetConfiguration.vanilla, 93, 1_545_238), (.attention, 157, 1_554_518)])
  func parametersAreThoseOfTheReleasedModel(_ network: SRResNetConfiguration, tensors: Int, count: Int) throws
  {
    let model = try SRResNet(
      network, lowResHeight: 8, lowResWidth: 8, kernels: CPULevel.selected().kernels)
    #expect(model.layout.entries.count == tensors)
    #expect(model.layout.parameterCount == count)
    #expect(model.layout.entry(named: "upsample.1.block.0.weight")?.shape == [256, 64, 3, 3])
  }

  @Test func initialWeightsFillPyTorchsDefaultRange() throws {
    let model = try SRResNet(
      .attention, lowResHeight: 8, lowResWidth: 8, kernels: CPULevel.selected().kernels)
    let parameters = ParameterArena(layout: model.layout)
    model.initialize(parameters, as: .pytorch, seed: 3)
    let weight = try #require(model.layout.entry(named: "conv2.weight"))
    let largest = parameters.tensor(weight).map(abs).max() ?? 0
    let bound = 1 / Float(64 * 9).squareRoot()
    #expect(largest <= bound && largest > 0.99 * bound)
    let slope = try #require(model.layout.entry(named: "conv1.1.weight"))
    #expect(parameters.tensor(slope) == [0.25])
  }
}
