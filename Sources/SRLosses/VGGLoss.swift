import SRKernels
import SRModels

/// VGG loss: the sum over chosen ReLUs of the mean squared difference of the ReLUs' features.
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

  /// The paper's features: VGG16's relu1_2, relu2_2, relu3_3.
  package static let defaultArchitecture = FeatureArchitecture.vgg16.taking(["relu1_2", "relu2_2", "relu3_3"])

  let comparison: FeatureComparison
  private let kernels: any KernelSet

  /// - Parameter store: keeps targets' features; nil to compute them each time.
  package init(
    network: FeatureNetwork, input: Input = .raw, kernels: any KernelSet,
    store: (any TargetFeatureStore)? = nil
  ) {
    self.kernels = kernels
    comparison = FeatureComparison(
      network: network, kernels: kernels, normalization: input == .raw ? .identity : .imageNet,
      form: .plain, store: store)
  }

  package var name: String { "vgg" }

  package func evaluate(
    _ pairs: [ImagePair], weight: Float, scratch: UnsafeMutablePointer<Float>
  ) -> [Double] {
    comparison.evaluate(pairs, scratch: scratch) { _, shape, superFeatures, highFeatures, _, gradient in
      kernels.squaredDifference(
        superRes: superFeatures, highRes: highFeatures, count: shape.count,
        gradientScale: weight / Float(shape.count), gradient: gradient) / Double(shape.count)
    }
  }
}
