import Foundation
import SRCheckpoint
import SRFiles
import SRLosses
import SRModels
import SRTensor

/// The folder of the perceptual networks' weights: safetensors under torchvision's and the `lpips` package's names.
struct PerceptualWeights: Sendable {
  let directory: String

  /// A weight file and its metadata.
  struct File: Sendable {
    let path: String
    let metadata: [String: String]

    var name: String { URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent }

    /// Such as `vgg16-caffe-features (origin: ...; input: ...)`. It shows which trunk a loss value comes from.
    var summary: String {
      let facts = ["origin", "input"].compactMap { key in metadata[key].map { "\(key): \($0)" } }
      return facts.isEmpty ? name : "\(name) (\(facts.joined(separator: "; ")))"
    }
  }

  /// A network's convolutions.
  struct Trunk: Sendable {
    let file: File
    /// Whether these are torchvision's weights. The paper's losses use them, and LPIPS's linear layers were calibrated for them.
    let isTorchvisions: Bool
  }

  func trunk(_ net: LPIPSNet) throws -> Trunk {
    switch net {
    case .vgg:
      // The paper's trunk is preferred to its replacement.
      if let file = try find("vgg16-torchvision-features") { return Trunk(file: file, isTorchvisions: true) }
      if let file = try find("vgg16-caffe-features") { return Trunk(file: file, isTorchvisions: false) }
      throw missing("vgg16-torchvision-features", or: "vgg16-caffe-features")
    case .alex: return Trunk(file: try require(Self.alexTrunk), isTorchvisions: true)
    case .squeeze: return Trunk(file: try require("squeezenet1_1-torchvision-features"), isTorchvisions: true)
    }
  }

  func linear(_ net: LPIPSNet) throws -> File { try require(Self.linearName(net)) }

  /// The first missing file of LPIPS over AlexNet. Nil if all its files exist, readable or not. Throws ``FileError`` if the
  /// system cannot tell.
  var missingForMetric: String? {
    get throws {
      try [Self.alexTrunk, Self.linearName(.alex)].map(path).first { try PathKind.of($0) == nil }
    }
  }

  private static let alexTrunk = "alexnet-torchvision-features"
  private static func linearName(_ net: LPIPSNet) -> String { "lpips-v0.1-lin-\(net.rawValue)" }

  private func path(_ name: String) -> String { "\(directory)/\(name).safetensors" }

  private func find(_ name: String) throws -> File? {
    guard try PathKind.of(path(name)) != nil else { return nil }
    return File(path: path(name), metadata: try SafetensorsFile(path: path(name)).metadata)
  }

  private func require(_ name: String) throws -> File {
    guard let file = try find(name) else { throw missing(name) }
    return file
  }

  private func missing(_ name: String, or other: String? = nil) -> ConfigurationError {
    let files = ([name] + (other.map { [$0] } ?? [])).map(path).joined(separator: " nor ")
    return ConfigurationError(
      "the loss needs a perceptual network's weights, and there is no \(files). "
        + "`\(WeightFetching.command) --output` with that folder fetches them; --weights-dir or $SRDIST_WEIGHTS names another folder; "
        + "--loss charbonnier=1,ssim=0.1 needs none."
    )
  }
}
