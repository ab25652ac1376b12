import SRKernels
import SRLayers
import SRModels

/// A distance of two images as a sum of distances of their features in a frozen network.
///
/// Targets and super-resolved images go through the network together; the backward pass reads what the latter left.
struct FeatureComparison: Sendable {
  let network: FeatureNetwork
  let kernels: any KernelSet
  /// The network's input is scales[c] * intensity + offsets[c].
  let normalization: ImageNormalization

  func scratchCount(height: Int, width: Int) -> Int {
    checkSize(height: height, width: width)
    return network.workspaceCount
  }

  /// For each pair the sum over the taps of `distance`, which also adds the distance's weighted gradient by the
  /// super-resolved image's features to `gradient` where that is not nil.
  func evaluate(
    _ pairs: [ImagePair], height: Int, width: Int, scratch: UnsafeMutablePointer<Float>,
    distance: (
      _ tap: Int, _ shape: FeatureShape, _ superRes: UnsafePointer<Float>, _ highRes: UnsafePointer<Float>,
      _ gradient: UnsafeMutablePointer<Float>?
    ) -> Double
  ) -> [Double] {
    checkSize(height: height, width: width)
    let pass = FeaturePass(network, pairs: pairs.count, workspace: scratch)
    for (index, pair) in pairs.enumerated() {
      for (image, source) in [(FeatureNetwork.PairedImage.highRes, pair.highRes), (.superRes, pair.superRes)]
      {
        kernels.normalizeRGB(
          source, scales: normalization.scales, offsets: normalization.offsets,
          destination: pass.image(image, of: index), pixels: height * width)
      }
    }
    pass.forward()

    // Last tap first, as the backward pass meets them, so that the sums have the same bits with and without gradient.
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
          gradientImage, scales: normalization.scales, addingTo: gradient, pixels: height * width)
      }
    } else {
      precondition(pairs.allSatisfy { $0.gradient == nil }, "a gradient is asked for by some pairs alone")
      for tap in network.taps.indices.reversed() {
        for pair in pairs.indices { add(tap, pair, nil) }
      }
    }
    return totals
  }

  private func checkSize(height: Int, width: Int) {
    precondition(
      height == network.imageHeight && width == network.imageWidth,
      "\(network.architecture.name) was made for images of \(network.imageHeight)x\(network.imageWidth), "
        + "and is given one of \(height)x\(width)")
  }
}
