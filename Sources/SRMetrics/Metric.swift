import SRKernels
import SRTensor

/// A number that is reported for each image, beside the loss.
package struct Metric: Sendable {
  package let description: MetricDescription
  private let scratchCount: @Sendable (_ shape: ImageShape, _ kernels: any KernelSet) -> Int
  private let value: @Sendable (_ pair: inout MeasuredPair) -> Double

  /// - Parameters:
  ///   - scratchCount: floats of scratch memory that `value` needs.
  ///   - value: the metric of a pair.
  package init(
    _ description: MetricDescription,
    scratchCount: @escaping @Sendable (_ shape: ImageShape, _ kernels: any KernelSet) -> Int = { _, _ in 0 },
    value: @escaping @Sendable (_ pair: inout MeasuredPair) -> Double
  ) {
    self.description = description
    self.scratchCount = scratchCount
    self.value = value
  }

  package var name: String { description.name }

  /// Floats of scratch memory that one evaluation needs.
  package func scratchCount(_ shape: ImageShape, kernels: any KernelSet) -> Int {
    scratchCount(shape, kernels)
  }

  package func evaluate(_ pair: inout MeasuredPair) -> Double { value(&pair) }
}

extension Metric {
  /// The metrics that need the image pair alone, in the order in which they are reported. Intensities are not clamped.
  package static let pixelMetrics: [Metric] = [
    // -10 log10(MSE) decibels, relative to a peak of 1.
    Metric(.psnr) { decibels(meanSquaredError: $0.meanSquaredError()) },
    similarity(.ssim, .gaussian),
    Metric(.mse) { $0.meanSquaredError() },
    similarity(.ssimBox, .box),
    Metric(
      .lowResPSNR, scratchCount: { shape, kernels in kernels.reducedDifferenceScratchCount(shape) }
    ) { decibels(meanSquaredError: $0.lowResMeanSquaredError()) },
  ]

  /// Smaller mean squared errors count as this value, so equal images have 100 dB.
  private static let smallestError = 1e-10

  /// A mean squared error in decibels.
  private static func decibels(meanSquaredError: Double) -> Double {
    -10 * Elementary.log10(max(meanSquaredError, smallestError))
  }

  private static func similarity(_ description: MetricDescription, _ window: SSIMWindow) -> Metric {
    Metric(
      description,
      scratchCount: { shape, kernels in
        window.checkFit(shape)
        return kernels.structuralSimilarityScratchCount(shape)
      }
    ) { $0.structuralSimilarity(window) }
  }
}

extension [Metric] {
  /// Floats of scratch memory that the metrics need. The metrics use the memory one after the other.
  package func scratchCount(_ shape: ImageShape, kernels: any KernelSet) -> Int {
    map { $0.scratchCount(shape, kernels: kernels) }.max() ?? 0
  }

  /// Writes a pair's values of the metrics, in the metrics' order.
  package func evaluate(_ pair: inout MeasuredPair, into values: UnsafeMutablePointer<Double>) {
    for (index, metric) in enumerated() { values[index] = metric.evaluate(&pair) }
  }
}

/// An image pair that is being measured. A quantity that several metrics need is computed once.
package struct MeasuredPair {
  package let pair: ImagePair
  /// As many floats as the metrics need, 64-byte aligned and private to the calling thread.
  package let scratch: UnsafeMutablePointer<Float>
  private let kernels: any KernelSet
  private var squaredError: Double?
  private var gaussianSSIM: Double?

  /// - Parameter gaussianSSIM: the structural similarity over the Gaussian window, if it is already known.
  package init(
    _ pair: ImagePair, scratch: UnsafeMutablePointer<Float>, kernels: any KernelSet,
    gaussianSSIM: Double? = nil
  ) {
    self.pair = pair.withoutGradient
    self.scratch = scratch
    self.kernels = kernels
    self.gaussianSSIM = gaussianSSIM
  }

  /// mean over elements of (superRes - highRes)^2
  package mutating func meanSquaredError() -> Double {
    if let squaredError { return squaredError }
    let count = pair.shape.count
    let sum = kernels.squaredDifference(
      superRes: pair.superRes, highRes: pair.highRes, count: count, gradientScale: 0, gradient: nil)
    squaredError = sum / Double(count)
    return sum / Double(count)
  }

  /// mean over elements of (d(superRes) - lowRes)^2, where d makes the image smaller; see ``BicubicReduction``.
  ///
  /// Lugmayr, Danelljan, Timofte: "NTIRE 2021 Learning the Super-Resolution Space Challenge" (CVPR Workshops 2021) reports its
  /// PSNR.
  ///
  /// - Precondition: the pair has its low-resolution image.
  package func lowResMeanSquaredError() -> Double {
    guard let lowRes = pair.lowRes else {
      preconditionFailure("the LR-PSNR of a pair without its low-resolution image")
    }
    return kernels.reducedDifference(
      superRes: pair.superRes, lowRes: lowRes, shape: pair.shape, gradientScale: 0, gradient: nil,
      scratch: scratch) / Double(pair.shape.count / (lowRes.scale * lowRes.scale))
  }

  /// Mean over pixels and channels of the structural similarity over an 11 x 11 window: 1 for equal images.
  ///
  /// Wang, Bovik, Sheikh, Simoncelli: "Image Quality Assessment: From Error Visibility to Structural Similarity"
  /// (IEEE TIP 2004).
  ///
  /// - Precondition: neither side is below the window's ``SSIMWindow/smallestSide``.
  package mutating func structuralSimilarity(_ window: SSIMWindow) -> Double {
    if window == .gaussian, let gaussianSSIM { return gaussianSSIM }
    window.checkFit(pair.shape)
    let sum = kernels.structuralSimilarity(
      superRes: pair.superRes, highRes: pair.highRes, shape: pair.shape, window: window, gradientScale: 0,
      gradient: nil, scratch: scratch)
    let similarity = sum / Double(pair.shape.count)
    if window == .gaussian { gaussianSSIM = similarity }
    return similarity
  }
}
