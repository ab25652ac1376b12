import Foundation
import SRCheckpoint
import SRData
import SRFiles
import SRKernelDispatch
import SRKernels
import SRLosses
import SRModels
import SRTensor
import SRTestSupport
import Testing

/// VGG loss and LPIPS of real photographs through the real networks, against PyTorch in float64.
///
/// The gradient is not continuous. Among millions of units, a few are so near the edge of their ReLU, or so near another
/// maximum, that rounding decides. Each such unit changes the gradient in its neighbourhood, so a tenth of the elements has a
/// wide tolerance. On one picture in three, PyTorch's own float32 is off by up to 1e-2 in norm. The fixtures skip such
/// pictures.
@Suite(
  .enabled(
    if: SharedData.isAvailable, "no shared data: point SRDIST_SHARED_DATA at a folder of faces/ and weights/"),
  .serialized)
struct PerceptualLossTests {
  @Test(arguments: PerceptualLossFixtures.all.faces)
  func agreesWithPyTorch(_ expected: PerceptualLossFixtures.Face) throws {
    let face = try FacePair(expected.file)
    try #require(face.sha256 == expected.sha256, "\(expected.file) was decoded to other pixels")
    let kernels = try #require(CPULevel.supported().last).kernels
    let loss = try makeLoss(expected, kernels)
    #expect(loss.name == expected.loss)

    let run = LossRun(loss, superRes: face.superRes, highRes: face.highRes, shape: face.shape)
    #expect(abs(run.value - expected.value) < 1e-5 * expected.value)
    let error = expected.gradient.error(of: run.gradient)
    #expect(error.nearestElements < 1e-4)
    #expect(error.elements < 3e-2)
    #expect(error.norm < 1e-3)
    let alone = LossRun.value(loss, superRes: face.superRes, highRes: face.highRes, shape: face.shape)
    #expect(alone == run.value)
  }

  @Test func equalImagesHaveNoDistance() throws {
    let face = try FacePair(PerceptualLossFixtures.all.faces[0].file)
    let kernels = try #require(CPULevel.supported().last).kernels
    let network = try loadNetwork(.squeezeNet11, "squeezenet1_1-torchvision-features", kernels)
    let loss = LPIPSLoss(
      name: "lpips_squeeze", network: network, linear: .none(for: .squeezeNet11), input: .symmetric,
      kernels: kernels)
    let run = LossRun(loss, superRes: face.highRes, highRes: face.highRes, shape: face.shape)
    #expect(run.value == 0)
    #expect(run.gradient.allSatisfy { $0 == 0 })
  }

  private func makeLoss(
    _ expected: PerceptualLossFixtures.Face, _ kernels: any KernelSet
  ) throws -> any Loss {
    guard let net = expected.net else {
      let network = try loadNetwork(VGGLoss.defaultArchitecture, "vgg16-caffe-features", kernels)
      let input = try #require(VGGLoss.Input(rawValue: expected.input))
      return VGGLoss(network: network, input: input, kernels: kernels)
    }
    let trunk =
      switch net {
      case .vgg: "vgg16-caffe-features"
      case .alex: "alexnet-torchvision-features"
      case .squeeze: "squeezenet1_1-torchvision-features"
      }
    let network = try loadNetwork(net.architecture, trunk, kernels)
    let linear =
      expected.linear == true
      ? try LPIPSLinear(for: net.architecture) {
        try loadParameters(from: weightsFile("lpips-v0.1-lin-\(net.rawValue)"), into: $0)
      } : .none(for: net.architecture)
    let input = try #require(LPIPSLoss.Input(rawValue: expected.input))
    return LPIPSLoss(
      name: expected.loss, network: network, linear: linear, input: input, kernels: kernels)
  }

  private func loadNetwork(
    _ architecture: FeatureArchitecture, _ name: String, _ kernels: any KernelSet
  ) throws -> FeatureNetwork {
    try FeatureNetwork(
      architecture, imageHeight: FacePair.size, imageWidth: FacePair.size, kernels: kernels
    ) { try loadParameters(from: weightsFile(name), into: $0, ignoringExtra: true) }
  }

  private func weightsFile(_ name: String) -> String { "\(SharedData.weights)/\(name).safetensors" }
}

/// A crop of a photograph, and a coarse version of it: the mean of the crop and of the crop in blocks of 4x4, each block filled
/// with its mean.
private struct FacePair {
  static let size = 128
  private static let origin = 192

  let shape = ImageShape(height: size, width: size)
  let superRes: [Float]
  let highRes: [Float]
  /// SHA-256 of the crop's bytes, in hexadecimal.
  let sha256: String

  init(_ file: String) throws {
    let crop = try ImageFile.read("\(SharedData.faces)/\(file)").cropped(
      x: Self.origin, y: Self.origin, width: Self.size, height: Self.size)
    let hasher = SHA256()
    crop.pixels.withUnsafeBytes { hasher.update($0) }
    sha256 = hasher.finalize()
    highRes = crop.pixels.map { Float($0) / 255 }
    var blended = [Float](repeating: 0, count: crop.pixels.count)
    for y in 0..<Self.size {
      for x in 0..<Self.size {
        for c in 0..<3 {
          var sum: Float = 0
          for i in 0..<16 {
            let pixel = (y / 4 * 4 + i / 4) * Self.size + x / 4 * 4 + i % 4
            sum += Float(crop.pixels[pixel * 3 + c])
          }
          let element = (y * Self.size + x) * 3 + c
          blended[element] = (sum / (16 * 255) + highRes[element]) / 2
        }
      }
    }
    superRes = blended
  }
}
