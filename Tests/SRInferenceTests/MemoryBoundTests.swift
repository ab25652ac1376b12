import SRInference
import SRKernelDispatch
import SRModels
import Testing

@Suite struct MemoryBoundTests {
  @Test func aPictureThatDoesNotFitIsRefusedBeforeAnyWork() throws {
    let sample = SampleInference(
      SampleInference.model(features: 64, attention: .squeezeExcitation(reduction: 16)))
    let level = try CPULevel.selected()
    let needed = try sample.inference(level, threads: 1).memoryNeeded(height: 90, width: 80)
    let tight = try sample.inference(level, threads: 1, memory: needed - 1)
    let local = try sample.inference(level, threads: 1, pooling: .local).memoryNeeded(height: 90, width: 80)
    let error = #expect(throws: InferenceMemoryError.self) {
      try tight.enlarge(SampleInference.picture(height: 90, width: 80), height: 90, width: 80) { _, _ in
        Issue.record("the network was run")
      }
    }
    #expect(
      error
        == InferenceMemoryError(
          height: 90, width: 80, needed: needed, available: needed - 1, neededByLocalPooling: local))
    #expect(error?.description.contains("a picture of 80x90 pixels needs ") == true)
  }

  @Test func aNetworkWithoutPoolingNamesNoOtherPooling() throws {
    let sample = SampleInference(SampleInference.model(attention: .none))
    let inference = try sample.inference(try CPULevel.selected(), threads: 1, memory: 1000)
    let error = #expect(throws: InferenceMemoryError.self) {
      try inference.enlarge(SampleInference.picture(height: 9, width: 9), height: 9, width: 9) { _, _ in }
    }
    #expect(error?.neededByLocalPooling == nil)
  }

  /// A photograph of three megapixels needs one map of 64 features, 768 MB, and little more.
  @Test func aPhotographFitsIntoAGibibyte() throws {
    let sample = SampleInference(.attention)
    for level in CPULevel.supported() {
      let inference = try sample.inference(level, threads: 2)
      let needed = inference.memoryNeeded(height: 1500, width: 2000)
      #expect(needed > 768_000_000)
      #expect(needed < 950_000_000)
    }
  }
}
