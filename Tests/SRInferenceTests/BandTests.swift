import SRInference
import SRKernelDispatch
import SRModels
import SRProcess
import Synchronization
import Testing

/// A picture that goes through a network in bands has the bits that it has as a whole.
@Suite struct BandTests {
  struct Size: CustomStringConvertible {
    let height: Int
    let width: Int
    var description: String { "\(height)x\(width)" }
  }

  /// One pixel, less than a tile, odd sizes, the size of training, and sizes at which each tile size of the kernels is chosen.
  static let sizes = [
    Size(height: 1, width: 1), Size(height: 5, width: 7), Size(height: 1, width: 40),
    Size(height: 32, width: 32),
    Size(height: 33, width: 50), Size(height: 127, width: 64),
  ]

  static let models: [ModelDescription] = [
    SampleInference.model(blocks: 3, attention: .squeezeExcitation(reduction: 4)),
    SampleInference.model(scale: 2, features: 32, blocks: 2, attention: .none),
    SampleInference.model(scale: 1, blocks: 1, attention: .squeezeExcitation(reduction: 16)),
    SampleInference.model(scale: 3, blocks: 1, attention: .squeezeExcitation(reduction: 16)),
    SampleInference.compact(scale: 4), SampleInference.compact(scale: 3, features: 32),
    SampleInference.compact(scale: 1), SampleInference.model(scale: 2, channels: 1),
    SampleInference.model(scale: 1, channels: 8), SampleInference.model(scale: 2, channels: 4, 3),
  ]

  @Test(arguments: CPULevel.supported(), sizes)
  func haveTheBitsOfTheWholePicture(level: CPULevel, size: Size) throws {
    for model in Self.models {
      let picture = SampleInference.picture(
        height: size.height, width: size.width, channels: model.inputChannels)
      let sample = SampleInference(model)
      let expected = try sample.wholeImage(picture, height: size.height, width: size.width, level)
      for threads in 1...3 {
        let free = try sample.inference(level, threads: threads)
        #expect(
          try free.enlarge(picture, height: size.height, width: size.width).values == expected,
          "\(model), \(threads) threads")
        let least = free.memoryNeeded(height: size.height, width: size.width)
        for memory in [least, least + least / 8] {
          let tight = try sample.inference(level, threads: threads, memory: memory)
          let (values, strips) = try tight.enlarge(picture, height: size.height, width: size.width)
          #expect(values == expected, "\(model), \(threads) threads, \(memory) bytes")
          #expect(size.height < 100 || strips > 1, "\(model)")
        }
      }
    }
  }

  /// The paper's widths: with 64 features and more, other blocks of the kernels are used.
  @Test(arguments: CPULevel.supported())
  func haveTheBitsOfTheWholePictureAtFullWidth(level: CPULevel) throws {
    let sample = SampleInference(
      SampleInference.model(features: 64, blocks: 1, attention: .squeezeExcitation(reduction: 16)))
    let picture = SampleInference.picture(height: 45, width: 61)
    let expected = try sample.wholeImage(picture, height: 45, width: 61, level)
    let least = try sample.inference(level, threads: 2).memoryNeeded(height: 45, width: 61)
    for memory in [nil, least] {
      let inference = try sample.inference(level, threads: 2, memory: memory)
      #expect(try inference.enlarge(picture, height: 45, width: 61).values == expected)
    }
  }

  /// Most of a network's work is done before the first rows of a picture are complete. A watchdog hears of it meanwhile.
  @Test(arguments: 1...2) func progressIsSaidWithinAPicture(threads: Int) throws {
    let level = try CPULevel.selected()
    let sample = SampleInference(Self.models[0])
    let calls = Atomic(0)
    let inference = NetworkInference(
      sample.model, graph: sample.network.graph, weights: sample.weights, memory: nil,
      kernels: level.kernels, pool: try WorkerPool(count: threads)
    ) { calls.add(1, ordering: .relaxed) }
    var callsBefore: Int?
    try inference.enlarge(SampleInference.picture(height: 40, width: 30), height: 40, width: 30) { _, _ in
      callsBefore = callsBefore ?? calls.load(ordering: .relaxed)
    }
    // Each block has two convolutions.
    #expect(try #require(callsBefore) > 2 * sample.model.blocks)
  }

  /// Weights and maps are kept from picture to picture.
  @Test func picturesOfManySizesFollowEachOther() throws {
    let level = try CPULevel.selected()
    let sample = SampleInference(Self.models[0])
    let inference = try sample.inference(level, threads: 2)
    for (height, width) in [(70, 70), (8, 9), (70, 70), (70, 70), (9, 8)] {
      let picture = SampleInference.picture(height: height, width: width)
      #expect(
        try inference.enlarge(picture, height: height, width: width).values
          == sample.wholeImage(picture, height: height, width: width, level))
    }
  }
}
