import SRKernels
import SRModels

/// Learned perceptual image patch similarity, a distance: sum over the network's taps of the mean over pixels of the
/// weighted squared difference of features scaled to unit length; version 0.1.
///
/// Zhang, Isola, Efros, Shechtman, Wang: "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric"
/// (CVPR 2018).
package struct LPIPSLoss: Loss, PerceptualLoss {
  /// What the scaling layer gets to see of intensities in 0...1.
  package enum Input: String, Sendable, CaseIterable {
    /// The intensities themselves, as in the paper's released code.
    case raw
    /// 2x - 1, in -1...1, as LPIPS is defined and reported.
    case symmetric
  }

  package let name: String
  package let input: Input
  let comparison: FeatureComparison
  private let linear: LPIPSLinear
  private let kernels: any KernelSet

  /// - Precondition: `network` is that of `net`, and `linear` has a weight for each channel of its taps.
  package init(
    _ net: LPIPSNet, network: FeatureNetwork, linear: LPIPSLinear, input: Input = .raw, kernels: any KernelSet
  ) {
    precondition(
      network.architecture == net.architecture,
      "\(net.lossName) needs \(net.architecture.name) and is given \(network.architecture.name)")
    self.init(name: net.lossName, network: network, linear: linear, input: input, kernels: kernels)
  }

  /// LPIPS over any network.
  ///
  /// - Precondition: `linear` has a weight for each channel of the network's taps.
  package init(
    name: String, network: FeatureNetwork, linear: LPIPSLinear, input: Input = .raw, kernels: any KernelSet
  ) {
    precondition(
      network.taps.map(\.shape.channels) == linear.channels,
      "\(name): \(network.architecture.name) is given linear weights of \(linear.channels) channels")
    self.name = name
    self.input = input
    self.linear = linear
    self.kernels = kernels
    comparison = FeatureComparison(
      network: network, kernels: kernels, normalization: input == .raw ? .lpipsRaw : .lpipsSymmetric)
  }

  package func evaluate(
    _ pairs: [ImagePair], height: Int, width: Int, weight: Float, scratch: UnsafeMutablePointer<Float>
  ) -> [Double] {
    comparison.evaluate(pairs, height: height, width: width, scratch: scratch) {
      tap, shape, superFeatures, highFeatures, gradient in
      kernels.unitNormalizedDifference(
        superRes: superFeatures, highRes: highFeatures, weights: linear.weights(tap: tap),
        pixels: shape.pixels, channels: shape.channels, gradientScale: weight / Float(shape.pixels),
        gradient: gradient) / Double(shape.pixels)
    }
  }
}
