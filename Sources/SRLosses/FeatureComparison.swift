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
/// activations. Features of targets that the store holds are read and not computed. Their bits are the same.
struct FeatureComparison: Sendable {
  /// What is compared of a target's features, and therefore kept.
  enum TargetForm: String, Sendable {
    /// The features themselves.
    case plain
    /// Each pixel's features, scaled to unit length.
    case unitLength = "unit length"
  }

  let network: FeatureNetwork
  let kernels: any KernelSet
  /// Turns intensities into the network's input.
  let normalization: ImageNormalization
  let form: TargetForm
  let store: (any TargetFeatureStore)?

  func scratchCount(_ shape: ImageShape) -> Int {
    checkFit(shape)
    return network.workspaceCount
  }

  /// For each pair, the sum of `distance` over the taps. If the argument `gradient` is not nil, `distance` also adds the
  /// distance's weighted gradient with respect to the super-resolved image's features to `gradient`.
  ///
  /// - Parameter distance: `highResHasForm` tells whether the target's features are in the comparison's form already. If not,
  ///   they are plain.
  func evaluate(
    _ pairs: [ImagePair], scratch: UnsafeMutablePointer<Float>,
    distance: (
      _ tap: Int, _ shape: ImageShape, _ superRes: UnsafePointer<Float>, _ highRes: UnsafePointer<Float>,
      _ highResHasForm: Bool, _ gradient: UnsafeMutablePointer<Float>?
    ) -> Double
  ) -> [Double] {
    let targets = pairs.map { KeptTarget(place: store?.place(of: $0), taps: network.taps.count) }
    let pass = passReadingWhatIsKept(of: targets, scratch: scratch)
    for (index, pair) in pairs.enumerated() {
      checkFit(pair.shape)
      for (image, source) in [(FeatureNetwork.PairedImage.highRes, pair.highRes), (.superRes, pair.superRes)]
      where image == .superRes || pass.targetTaps[index] > 0 {
        kernels.normalizeRGB(
          source, scales: normalization.scales, offsets: normalization.offsets,
          destination: pass.image(image, of: index), pixels: pair.shape.pixels)
      }
    }
    pass.forward()
    let haveForm = targets.indices.map { keepWhatIsLacking(of: targets[$0], $0, from: pass) }

    // The backward pass reaches the last tap first. The sums follow this order without a gradient too, for the same bits.
    var totals = Array(repeating: 0.0, count: pairs.count)
    func add(_ tap: Int, _ pair: Int, _ gradient: UnsafeMutablePointer<Float>?) {
      totals[pair] += distance(
        tap, network.taps[tap].shape, pass.features(tap, of: .superRes, in: pair),
        pass.features(tap, of: .highRes, in: pair), haveForm[pair][tap], gradient)
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

  /// What a store keeps of a pair's target.
  private struct KeptTarget {
    let place: (any TargetFeaturePlace)?
    let taps: Int

    /// The number of taps at which features must be computed: up to the last one that is not there.
    var computedTaps: Int {
      guard let place else { return taps }
      return (0..<taps).last { !place.holds($0) }.map { $0 + 1 } ?? 0
    }
  }

  /// A pass whose targets have the features that their places hold.
  private func passReadingWhatIsKept(
    of targets: [KeptTarget], scratch: UnsafeMutablePointer<Float>
  ) -> FeaturePass {
    while true {
      let computed = targets.map(\.computedTaps)
      let pass = FeaturePass(network, targetTaps: computed, workspace: scratch)
      let isComplete = targets.indices.allSatisfy { pair in
        (computed[pair]..<network.taps.count).allSatisfy { tap in
          targets[pair].place?.read(tap, into: features(tap, of: pair, in: pass)) == true
        }
      }
      if isComplete { return pass }
      // Some features are damaged. The pass must compute them, so its images lie in other places.
    }
  }

  /// Brings the features that a target's place lacks into the comparison's form, and gives them to the place. Returns, by tap,
  /// whether the target's features have the form.
  private func keepWhatIsLacking(of target: KeptTarget, _ pair: Int, from pass: FeaturePass) -> [Bool] {
    guard let place = target.place else { return Array(repeating: form == .plain, count: target.taps) }
    let computed = pass.targetTaps[pair]
    return (0..<target.taps).map { tap in
      guard tap < computed else { return true }
      guard place.lacks(tap) else { return form == .plain }
      let features = features(tap, of: pair, in: pass)
      let shape = network.taps[tap].shape
      if form == .unitLength, let start = features.baseAddress {
        kernels.normalizeToUnitLength(start, pixels: shape.pixels, channels: shape.channels)
      }
      place.write(tap, UnsafeBufferPointer(features))
      return true
    }
  }

  private func features(
    _ tap: Int, of pair: Int, in pass: FeaturePass
  ) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      start: pass.features(tap, of: .highRes, in: pair), count: network.taps[tap].shape.count)
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
