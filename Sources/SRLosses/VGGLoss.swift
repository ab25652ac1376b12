import SRKernels
import SRModels

/// VGG loss: the weighted sum over chosen ReLUs of the mean difference of the ReLUs' features.
///
/// Johnson, Alahi, Fei-Fei: "Perceptual Losses for Real-Time Style Transfer and Super-Resolution" (ECCV 2016).
package struct VGGLoss: Loss, PerceptualLoss {
  /// The network's input, computed from intensities in 0...1.
  package enum Input: String, Sendable, CaseIterable {
    /// The intensities themselves.
    case raw
    /// Normalised by ImageNet's mean and standard deviation, as the network was trained.
    case imageNet = "imagenet"
  }

  /// How features are compared.
  package enum Criterion: String, Sendable, CaseIterable {
    /// By the squares of their differences.
    case mse
    /// By their absolute differences.
    case l1
  }

  /// The paper's features: VGG16's relu1_2, relu2_2, relu3_3.
  package static let defaultArchitecture = VGGLayers.standard.architecture

  let comparison: FeatureComparison
  /// Of each tap.
  private let weights: [Float]
  private let criterion: Criterion
  private let kernels: any KernelSet

  /// - Parameters:
  ///   - weights: of each of the network's taps; nil for 1 each.
  ///   - store: keeps targets' features; nil to compute them each time.
  package init(
    network: FeatureNetwork, input: Input = .raw, weights: [Float]? = nil, criterion: Criterion = .mse,
    kernels: any KernelSet, store: (any TargetFeatureStore)? = nil
  ) {
    self.weights = weights ?? network.taps.map { _ in 1 }
    precondition(
      self.weights.count == network.taps.count,
      "\(network.taps.count) features are compared by \(self.weights.count) weights")
    self.criterion = criterion
    self.kernels = kernels
    comparison = FeatureComparison(
      network: network, kernels: kernels, normalization: input == .raw ? .identity : .imageNet,
      form: .plain, store: store)
  }

  package var name: String { "vgg" }

  package func evaluate(
    _ pairs: [ImagePair], weight: Float, scratch: UnsafeMutablePointer<Float>
  ) -> [Double] {
    comparison.evaluate(pairs, scratch: scratch) { tap, shape, superFeatures, highFeatures, _, gradient in
      let (layerWeight, count) = (weights[tap], shape.count)
      let scale = weight * layerWeight / Float(count)
      let sum =
        switch criterion {
        case .mse:
          kernels.squaredDifference(
            superRes: superFeatures, highRes: highFeatures, count: count, gradientScale: scale,
            gradient: gradient)
        case .l1:
          kernels.absoluteDifference(
            superRes: superFeatures, highRes: highFeatures, count: count, gradientScale: scale,
            gradient: gradient)
        }
      return Double(layerWeight) * sum / Double(count)
    }
  }
}
