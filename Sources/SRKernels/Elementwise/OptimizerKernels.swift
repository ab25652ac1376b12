/// Flat updates of parameter arenas.
package protocol OptimizerKernels {
  /// One Adam step of a range of parameters (Kingma and Ba, 2015; the form of `torch.optim.Adam`):
  ///
  ///     m = beta1 m + (1 - beta1) g
  ///     v = beta2 v + (1 - beta2) g^2
  ///     p -= stepSize * m / (sqrt(v) / secondCorrectionRoot + epsilon)
  ///
  /// with stepSize = learningRate / (1 - beta1^t) and secondCorrectionRoot = sqrt(1 - beta2^t). `count` is a multiple of
  /// 16.
  /// beta and 1 - beta are each rounded to single precision on their own: 1 - Float(0.999) differs from 0.001 by 5e-5 of
  /// it.
  func adam(
    parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>,
    firstMoments: UnsafeMutablePointer<Float>, secondMoments: UnsafeMutablePointer<Float>, count: Int,
    stepSize: Float, beta1: Double, beta2: Double, epsilon: Float, secondCorrectionRoot: Float)

  /// values[i] *= factor. `count` is a multiple of 16.
  func scale(_ values: UnsafeMutablePointer<Float>, by factor: Float, count: Int)

  /// destination[i] += factor * source[i]. `count` is a multiple of 16.
  func accumulate(
    _ source: UnsafePointer<Float>, scaledBy factor: Float, into destination: UnsafeMutablePointer<Float>,
    count: Int)

  /// sum over i of values[i]^2, in double precision and in an order that every CPU level has. `count` is a multiple of 16.
  func sumOfSquares(_ values: UnsafePointer<Float>, count: Int) -> Double

  /// average[i] += (1 - decay) * (parameters[i] - average[i]). `count` is a multiple of 16. 1 - decay is rounded once, as
  /// in Adam.
  func exponentialMovingAverage(
    average: UnsafeMutablePointer<Float>, parameters: UnsafePointer<Float>, count: Int, decay: Double)
}
