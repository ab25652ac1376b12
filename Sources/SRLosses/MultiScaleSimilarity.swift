import SRKernels
import SRTensor

/// Multi-scale structural similarity of an image pair: the mean over channels of
///
///     product over scales j of mean(part_j) ^ weight_j
///
/// Each channel's means are taken over the pixels of a scale. ``SimilarityScales`` has the parts, the weights and the paper.
struct MultiScaleSimilarity {
  private let kernels: any KernelSet
  private let scales: SimilarityScales
  private let shape: ImageShape

  init(_ shape: ImageShape, kernels: any KernelSet) {
    self.shape = shape
    self.kernels = kernels
    scales = SimilarityScales(shape)
  }

  /// Each scale has the slopes. Each scale but the first has both images and the gradient.
  var scratchCount: Int {
    (0..<scales.count).reduce(0) { sum, scale in
      let shape = scales.shape(at: scale)
      return sum + Self.aligned(kernels.channelSimilaritiesScratchCount(shape))
        + (scale == 0 ? 0 : 3 * Self.aligned(shape.count))
    }
  }

  /// The similarity of a pair. Adds `weight` times its gradient, if the pair asks for one.
  func evaluate(_ pair: ImagePair, weight: Double, scratch: UnsafeMutablePointer<Float>) -> Double {
    var free = scratch
    func take(_ count: Int) -> UnsafeMutablePointer<Float> {
      defer { free += Self.aligned(count) }
      return free
    }
    var levels: [Level] = []
    for scale in 0..<scales.count {
      let shape = scales.shape(at: scale)
      var (superRes, highRes, gradient) = (pair.superRes, pair.highRes, pair.gradient)
      if let finer = levels.last {
        let halves = (take(shape.count), take(shape.count))
        kernels.halve(finer.superRes, finer.shape, destination: halves.0)
        kernels.halve(finer.highRes, finer.shape, destination: halves.1)
        (superRes, highRes) = (UnsafePointer(halves.0), UnsafePointer(halves.1))
        let memory = take(shape.count)
        memory.update(repeating: 0, count: shape.count)
        gradient = pair.gradient == nil ? nil : memory
      }
      let slopes = take(kernels.channelSimilaritiesScratchCount(shape))
      levels.append(
        Level(
          shape: shape, superRes: superRes, highRes: highRes, gradient: gradient, slopes: slopes,
          means: kernels.channelSimilarities(
            superRes: superRes, highRes: highRes, shape: shape, part: scales.part(at: scale),
            keepsSlopes: gradient != nil, scratch: slopes)))
    }

    let channels = shape.channels
    var products = [Double](repeating: 1, count: channels)
    for (scale, level) in levels.enumerated() {
      for channel in 0..<channels {
        products[channel] *= Elementary.power(
          max(level.means[channel], SimilarityScales.smallestMean), scales.weight(of: scale))
      }
    }
    for (scale, level) in levels.enumerated().reversed() {
      guard let gradient = level.gradient else { break }
      var factors = [Float](repeating: 0, count: channels)
      for channel in 0..<channels where level.means[channel] > SimilarityScales.smallestMean {
        let slope = products[channel] * scales.weight(of: scale) / level.means[channel]
        factors[channel] = Float(weight * slope / Double(channels))
      }
      kernels.addSimilarityGradient(
        superRes: level.superRes, highRes: level.highRes, shape: level.shape, factors: factors,
        gradient: gradient, scratch: level.slopes)
      guard scale > 0, let finer = levels[scale - 1].gradient else { break }
      kernels.halveBackward(gradient, levels[scale - 1].shape, addingTo: finer)
    }
    return products.reduce(0, +) / Double(channels)
  }

  private struct Level {
    let shape: ImageShape
    let superRes: UnsafePointer<Float>
    let highRes: UnsafePointer<Float>
    let gradient: UnsafeMutablePointer<Float>?
    let slopes: UnsafeMutablePointer<Float>
    /// Of each channel.
    let means: [Double]
  }

  /// Whole cache lines.
  private static func aligned(_ count: Int) -> Int { (count + 15) / 16 * 16 }
}
