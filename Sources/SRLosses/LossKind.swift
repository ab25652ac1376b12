import SRKernels
import SRModels

/// A loss that options can name: a row of ``all``.
package struct LossKind: Sendable, CustomStringConvertible {
  /// What the loss is computed from.
  package enum Source: Sendable {
    /// The image pair alone.
    case pixels(PixelFormula)
    /// Features of VGG16, with its weights.
    case vgg
    /// Features of one of LPIPS's networks, with the network's weights and the calibrated weights.
    case lpips(LPIPSNet)
  }

  /// The loss's name in options and logs, such as `ssim`.
  package let name: String
  /// What the loss measures, in a few words.
  package let help: String
  package let source: Source

  package var description: String { name }

  /// The row of this name.
  package static func named(_ name: String) -> LossKind? { all.first { $0.name == name } }

  /// Such as `mse, charbonnier, ssim`.
  package static var names: String { all.map(\.name).joined(separator: ", ") }

  /// Every name with its description, in one paragraph.
  package static var helpText: String {
    all.map { "\($0.name) (\($0.help))" }.joined(separator: ", ")
  }

  /// The losses that need no network's weights.
  package static var pixelLosses: [LossKind] { all.filter { $0.formula != nil } }

  /// The formula, if the loss needs the image pair alone.
  package var formula: PixelFormula? {
    if case .pixels(let formula) = source { formula } else { nil }
  }

  /// The loss itself, if it needs the image pair alone.
  package func pixelLoss(kernels: any KernelSet) -> (any Loss)? {
    formula.map { PixelLoss(name: name, formula: $0, kernels: kernels) }
  }

  /// The network whose features the loss compares; nil if it compares none.
  private var architecture: FeatureArchitecture? {
    switch source {
    case .pixels: nil
    case .vgg: VGGLoss.defaultArchitecture
    case .lpips(let net): net.architecture
    }
  }

  /// Whether images may have so many channels: the networks' images are RGB, and others have any number.
  package func takes(channels: Int) -> Bool { architecture == nil || channels == ImageShape.rgbChannels }

  /// Whether the loss compares the result with the low-resolution image.
  package var comparesWithInput: Bool { formula?.comparesWithInput ?? false }

  /// Why the loss cannot compare high-resolution images of this shape; nil if it can.
  package func misfit(_ shape: ImageShape) -> String? {
    let subject = architecture?.name ?? name
    let smallest = architecture?.smallestImageSide ?? formula?.smallestSide ?? 1
    if min(shape.height, shape.width) < smallest {
      return
        "\(subject) needs images of at least \(smallest)x\(smallest), and the high-resolution images are \(shape)"
    }
    if !takes(channels: shape.channels) {
      return
        "\(subject) needs RGB images of \(ImageShape.rgbChannels) channels, and the high-resolution images have "
        + "\(shape.channels)"
    }
    return nil
  }
}

extension LossKind: Hashable {
  /// Names are unique.
  package static func == (left: LossKind, right: LossKind) -> Bool { left.name == right.name }
  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

/// How a loss of the image pair alone is computed.
package struct PixelFormula: Sendable {
  /// Height and width that an image must have at least.
  package let smallestSide: Int
  /// Whether the pair's low-resolution image is compared.
  package let comparesWithInput: Bool
  /// Floats of scratch memory.
  let scratchCount: @Sendable (_ kernels: any KernelSet, _ shape: ImageShape) -> Int
  /// The value of a pair. Adds `weight` times the value's gradient if the pair asks for a gradient.
  let value:
    @Sendable (
      _ kernels: any KernelSet, _ pair: ImagePair, _ weight: Float, _ scratch: UnsafeMutablePointer<Float>
    ) -> Double
  /// The naive twin, with value and gradient in double precision.
  package let twin: @Sendable (ReferencePair) -> ReferenceLoss<Double>

  func fits(_ shape: ImageShape) -> Bool {
    min(shape.height, shape.width) >= smallestSide
  }
}

/// A loss of the image pair alone.
struct PixelLoss: Loss {
  let name: String
  let formula: PixelFormula
  let kernels: any KernelSet

  var groupSize: Int { 1 }

  func scratchCount(_ shape: ImageShape) -> Int {
    checkFit(shape)
    return formula.scratchCount(kernels, shape)
  }

  func evaluate(_ pairs: [ImagePair], weight: Float, scratch: UnsafeMutablePointer<Float>) -> [Double] {
    pairs.map { pair in
      checkFit(pair.shape)
      return formula.value(kernels, pair, weight, scratch)
    }
  }

  private func checkFit(_ shape: ImageShape) {
    precondition(
      formula.fits(shape), "\(name) does not suit images of \(shape) with \(shape.channels) channels")
  }
}
