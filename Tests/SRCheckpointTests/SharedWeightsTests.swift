import SRCheckpoint
import SRTestSupport
import Testing

/// Weight files of real networks.
@Suite(
  .enabled(
    if: !SharedData.weightNames.isEmpty,
    "no real weight files: point SRDIST_SHARED_DATA at a folder that holds weights/"))
struct SharedWeightsTests {
  @Test(arguments: SharedData.weightNames)
  func everyTensorIsReadAndFinite(name: String) throws {
    let file = try SafetensorsFile(path: "\(SharedData.weights)/\(name)")
    #expect(!file.tensors.isEmpty)
    for tensor in file.tensors {
      let values = try file.floats(tensor)
      #expect(values.count == tensor.shape.reduce(1, *))
      let areFinite = values.allSatisfy { $0.isFinite }
      #expect(areFinite)
      let areZero = values.allSatisfy { $0 == 0 }
      #expect(!areZero)
    }
  }
}
