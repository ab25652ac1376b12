import SRKernels
import SRModels

/// A loss that compares features, for several pairs of images together.
protocol PerceptualLoss: Loss {
  var comparison: FeatureComparison { get }
}

extension PerceptualLoss {
  package var groupSize: Int { comparison.network.pairs }

  package func scratchCount(_ shape: ImageShape) -> Int { comparison.scratchCount(shape) }
}

/// The distance of two images: the sum of the distances of their features in a frozen network.
///
/// Targets and super-resolved images go through the network together. The backward pass reads the super-resolved images'
/// activations.
struct FeatureComparison: Sendable {
  let network: FeatureNetwork
  let kernels: any KernelSet
  /// Turns intensities into the network's input.
  let normalization: ImageNormalization

  func scratchCount(_ shape: ImageShape) -> Int {
    checkFit(shape)
    return network.workspaceCount
  }

  /// For each pair, the sum of `distance` over the taps. If the argument `gradient` is not nil, `distance` also adds the
  /// distance's weighted gradient with respect to the super-resolved image's features to `gradient`.
  func evaluate(
    _ pairs: [ImagePair], scratch: UnsafeMutablePointer<Float>,
    distance: (
      _ tap: Int, _ shape: ImageShape, _ superRes: UnsafePointer<Float>, _ highRes: UnsafePointer<Float>,
      _ gradient: UnsafeMutablePointer<Float>?
    ) -> Double
  ) -> [Double] {
    let pass = FeaturePass(network, pairs: pairs.count, workspace: scratch)
    for (index, pair) in pairs.enumerated() {
      checkFit(pair.shape)
      for (image, source) in [(FeatureNetwork.PairedImage.highRes, pair.highRes), (.superRes, pair.superRes)]
      {
        kernels.normalizeRGB(
          source, scales: normalization.scales, offsets: normalization.offsets,
          destination: pass.image(image, of: index), pixels: pair.shape.pixels)
      }
    }
    pass.forward()

    // The backward pass reaches the last tap first. The sums follow this order without a gradient too, for the same bits.
    var totals = Array(repeating: 0.0, count: pairs.count)
    func add(_ tap: Int, _ pair: Int, _ gradient: UnsafeMutablePointer<Float>?) {
      totals[pair] += distance(
        tap, network.taps[tap].shape, pass.features(tap, of: .superRes, in: pair),
        pass.features(tap, of: .highRes, in: pair), gradient)
    }
    if pairs.allSatisfy({ $0.gradient != nil }) {
      pass.backward { tap, pair, gradient in
        add(tap, pair, gradient)
      } receive: { pair, gradientImage in
        guard let gradient = pairs[pair].gradient else { return }
        kernels.normalizeRGBBackward(
          gradientImage, scales: normalization.scales, addingTo: gradient, pixels: pairs[pair].shape.pixels)
      }
    } else {
      precondition(
        pairs.allSatisfy { $0.gradient == nil }, "some pairs ask for a gradient, and others do not")
      for tap in network.taps.indices.reversed() {
        for pair in pairs.indices { add(tap, pair, nil) }
      }
    }
    return totals
  }

  private func checkFit(_ shape: ImageShape) {
    precondition(
      shape == ImageShape(height: network.imageHeight, width: network.imageWidth),
      "\(network.architecture.name) was made for RGB images of \(network.imageHeight)x\(network.imageWidth), and is given "
        + "an image of \(shape) with \(shape.channels) channels")
  }
}

/// How an intensity x in 0...1 becomes a feature network's input: scales[c] * x + offsets[c].
struct ImageNormalization: Sendable {
  let scales: [Float]
  let offsets: [Float]

  /// x itself.
  static let identity = ImageNormalization(scales: [1, 1, 1], offsets: [0, 0, 0])

  /// (x - mean) / deviation of the ImageNet data set, as torchvision's networks were trained.
  static let imageNet = standardized(mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])

  /// LPIPS's scaling layer, applied to x.
  static let lpipsRaw = standardized(mean: [-0.030, -0.088, -0.188], deviation: [0.458, 0.448, 0.450])

  /// LPIPS's scaling layer, applied to 2x - 1.
  static let lpipsSymmetric = ImageNormalization(
    scales: lpipsRaw.scales.map { 2 * $0 }, offsets: zip(lpipsRaw.offsets, lpipsRaw.scales).map { $0 - $1 })

  private static func standardized(mean: [Double], deviation: [Double]) -> ImageNormalization {
    ImageNormalization(
      scales: deviation.map { Float(1 / $0) }, offsets: zip(mean, deviation).map { Float(-$0 / $1) })
  }
}
