import SRFiles

/// How low-resolution pictures are made from high-resolution ones, with chance: blur, resize, noise and JPEG, in one round or
/// two, and colours in the end.
///
/// Wang et al.: "Real-ESRGAN: training real-world blind super-resolution with pure synthetic data" (2021); Wang et al.: "Towards
/// real-world blind face restoration with generative facial prior" (GFPGAN, 2021). The keys are BasicSR's.
package struct DegradationRecipe: Sendable, Equatable {
  package typealias Interval = ClosedRange<Double>

  /// Something that happens with a probability or a weight.
  package struct Weighted<Value: Sendable & Equatable>: Sendable, Equatable {
    package let value: Value
    package let weight: Double
  }

  package struct Blur: Sendable, Equatable {
    var probability = 1.0
    var sigma: Interval
    var shapes: [Weighted<BlurKernel.Shape>]
    /// Sides are odd. A smaller one than ``largestSide`` is drawn if ``drawsSide``.
    var largestSide: Int
    var drawsSide: Bool
    var generalizedExponent: Interval
    var plateauExponent: Interval
    /// The probability of a low-pass filter instead.
    var lowPassProbability: Double
  }

  package struct Resize: Sendable, Equatable {
    enum Direction: CaseIterable { case up, down, keep }
    var directions: [Weighted<Direction>]
    /// Of factors; those below 1 are for down, those above for up.
    var range: Interval
  }

  package struct Noise: Sendable, Equatable {
    /// The probability of Gaussian noise. Otherwise the noise is Poisson's.
    var gaussianProbability: Double
    var sigma: Interval?
    var poissonScale: Interval?
    var greyProbability: Double
  }

  package struct Round: Sendable, Equatable {
    var blur: Blur?
    var resize: Resize?
    var noise: Noise?
    var jpegQuality: Interval?
  }

  /// One or two.
  var rounds: [Round] = []
  /// How far GFPGAN's short form reduces the picture before noise and JPEG; nil for the long form.
  var downsample: Interval?
  /// The probability of a low-pass filter at the end.
  var finalLowPassProbability = 0.0
  /// Nil if the colours stay as they are.
  var color: Color?

  /// The largest factor by which a picture is enlarged on its way.
  package var largestFactor: Double {
    let factors = rounds.compactMap(\.resize?.range.upperBound) + [downsample.map { 1 / $0.lowerBound } ?? 1]
    return max(1, factors.max() ?? 1)
  }

  /// The bytes that the degradation of one picture takes at the most.
  package func workingBytes(width: Int, height: Int) -> Int {
    DegradationBuffers.mostBytes(
      width: Double(width) * largestFactor, height: Double(height) * largestFactor,
      reach: rounds.compactMap { $0.blur?.largestSide }.reduce(Self.largestDrawnSide, max) / 2)
  }

  /// Of the kernels of the final filter, and of most others.
  static let largestDrawnSide = 21
}

/// A recipe cannot be used.
package struct DegradationError: Error, CustomStringConvertible, Sendable, Equatable {
  /// Nil if the whole recipe is meant.
  package let key: String?
  package let problem: String

  package var description: String { key.map { "'\($0.onOneLine)': \(problem)" } ?? problem }
}
