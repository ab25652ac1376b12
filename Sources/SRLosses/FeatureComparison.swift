import SRKernels
import SRModels

/// A distance of two images as a sum of distances of their features in a frozen network.
///
/// Target and super-resolved image go through the network together; the backward pass reads what the latter left.
struct FeatureComparison: Sendable {
  let network: FeatureNetwork
  let kernels: any KernelSet
  /// The network's input is scales[c] * intensity + offsets[c].
  let normalization: ImageNormalization

  func scratchCount(height: Int, width: Int) -> Int {
    checkSize(height: height, width: width)
    return network.workspaceCount
  }

  /// Sum over the taps of `distance`, which also adds the distance's weighted gradient by the super-resolved image's
  /// features to `gradient` where that is not nil.
  func evaluate(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, height: Int, width: Int,
    gradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>,
    distance: (
      _ tap: Int, _ shape: FeatureShape, _ superRes: UnsafePointer<Float>, _ highRes: UnsafePointer<Float>,
      _ gradient: UnsafeMutablePointer<Float>?
    ) -> Double
  ) -> Double {
    checkSize(height: height, width: width)
    let pixels = height * width
    for (image, source) in [(FeatureNetwork.PairedImage.highRes, highRes), (.superRes, superRes)] {
      kernels.normalizeRGB(
        source, scales: normalization.scales, offsets: normalization.offsets,
        destination: network.image(image, in: scratch), pixels: pixels)
    }
    network.forward(workspace: scratch)

    // Last tap first, as the backward pass meets them, so that the sum has the same bits with and without gradient.
    var total = 0.0
    var index = network.taps.count
    func add(_ tap: FeatureNetwork.Tap, _ gradient: UnsafeMutablePointer<Float>?) {
      index -= 1
      total += distance(
        index, tap.shape, network.features(tap, of: .superRes, in: scratch),
        network.features(tap, of: .highRes, in: scratch),
        gradient)
    }
    if let gradient {
      let gradientImage = network.backward(workspace: scratch) { add($0, $1) }
      kernels.normalizeRGBBackward(
        gradientImage, scales: normalization.scales, addingTo: gradient, pixels: pixels)
    } else {
      for tap in network.taps.reversed() { add(tap, nil) }
    }
    return total
  }

  private func checkSize(height: Int, width: Int) {
    precondition(
      height == network.imageHeight && width == network.imageWidth,
      "\(network.architecture.name) was made for images of \(network.imageHeight)x\(network.imageWidth), "
        + "and is given one of \(height)x\(width)")
  }
}
