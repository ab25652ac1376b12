import SRKernelDispatch
import SRKernels
import SRTestSupport
import SRTensor
import Testing

/// Every kernel has the same bits at every CPU level. A level may choose how it goes through memory, never in which order it
/// adds.
///
/// The sizes are those of the other tests and awkward ones: the ends of vectors, odd numbers of channels, images of one pixel.
@Suite struct OneResultTests {
  static let hasLevels = CPULevel.supported().count > 1

  @Test(.enabled(if: hasLevels, "needs a CPU with AVX-512"), arguments: KernelCase.all)
  func kernelsAgree(_ kernel: KernelCase) {
    let results = CPULevel.supported().map { level in
      var results = ResultBits()
      kernel.run(level.kernels, &results)
      return results.bits
    }
    #expect(!results[0].isEmpty)
    #expect(results.allSatisfy { $0 == results[0] })
  }

  @Test(.enabled(if: hasLevels, "needs a CPU with AVX-512"), arguments: ConvolutionCase.all)
  func convolutionsAgree(_ convolution: ConvolutionCase) {
    let trial = ConvolutionTrial(convolution.shape, slope: convolution.slope, seed: 51)
    let results = CPULevel.supported().map { level in
      let kernel = level.kernels.makeConvolution2D(convolution.shape)
      let passes = trial.run(kernel)
      let together = trial.runAloneAndTogether(kernel).together
      var results = ResultBits()
      for data in [passes.data, together] {
        results.add(data.destination)
        results.add(data.gradientSource)
        results.add([data.gradientSlope ?? 0])
      }
      results.add(passes.gradientWeights)
      results.add(passes.gradientBias)
      results.add(trial.forward(kernel, activation: .relu))
      return results.bits
    }
    #expect(results.allSatisfy { $0 == results[0] })
  }
}

/// A shape, and the slope of the PReLU through which its source is read.
struct ConvolutionCase: CustomTestStringConvertible, Sendable {
  let shape: Convolution2DShape
  let slope: Float?

  var testDescription: String { "\(shape)\(slope == nil ? "" : " through a PReLU")" }

  static let all: [ConvolutionCase] = {
    let tables: [[Convolution2DShape]] = [
      WinogradConvolutionTests.shapes, WinogradConvolutionTests.shuffledShapes,
      NestedWinogradConvolutionTests.shapes, DirectNarrowConvolutionTests.shapes,
      Im2colConvolutionTests.shapes, ConvolutionRowsTests.shapes, awkward,
    ]
    let plain = tables.flatMap { $0 }
    let throughPReLU = PReLUConvolutionTests.shapes + plain.filter(\.readsThroughPReLU)
    return plain.map { ConvolutionCase(shape: $0, slope: nil) }
      + throughPReLU.map { ConvolutionCase(shape: $0, slope: 0.25) }
  }()

  /// Few pixels, any number of channels, and channels that the levels divide into groups of different sizes.
  private static let awkward: [Convolution2DShape] = {
    var shapes: [Convolution2DShape] = []
    for size in 1...17 {
      shapes += [
        shape(size, 18 - size, 16, 16), shape(3, 5, size, 18 - size), shape(1, 1, size, 33, kernel: 1),
        shape(5, size, 3, 32), shape(size, 18 - size, 16, 3, kernel: 9),
      ]
    }
    // Blocks of tiles that the levels cut at different places.
    shapes += [
      shape(43, 67, 128, 192), shape(50, 50, 192, 80), shape(9, 11, 144, 208), shape(64, 64, 16, 16),
    ]
    // Compact networks' last convolution of scale 2 and 3.
    return shapes + [shape(19, 33, 64, 12), shape(19, 33, 64, 27)]
  }()

  private static func shape(
    _ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int, kernel: Int = 3
  ) -> Convolution2DShape {
    Convolution2DShape(
      inputHeight: height, inputWidth: width, inputChannels: inputs, outputChannels: outputs,
      kernelSize: kernel, padding: kernel / 2)
  }
}

/// The bits of results, one after the other.
struct ResultBits {
  private(set) var bits: [UInt64] = []

  mutating func add(_ values: [Float]) { bits += values.map { UInt64($0.bitPattern) } }
  mutating func add(_ values: [Double]) { bits += values.map(\.bitPattern) }

  /// Adds a loss's value without a gradient and with one that is added to `start`, and the gradient.
  mutating func addLoss(from start: [Float], _ loss: (UnsafeMutablePointer<Float>?) -> Double) {
    var values = [loss(nil)]
    add(written(start.count, from: start) { values.append(loss($0)) })
    add(values)
  }
}

/// A kernel that is no convolution, with its operands.
struct KernelCase: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let run: @Sendable (any KernelSet, inout ResultBits) -> Void

  init(_ name: String, _ run: @escaping @Sendable (any KernelSet, inout ResultBits) -> Void) {
    testDescription = name
    self.run = run
  }

  static let all: [KernelCase] = [flat, pixelwise, vectorwise, pooling, pairs].flatMap { $0 }

  private static let counts: [Int] = Array(1...17) + [31, 33, 63, 65, 4095, 4097, 9001]
  /// Sizes of images whose channels need not be whole vectors.
  private static let images: [(Int, Int)] = ends + [(1, 1), (33, 3), (257, 5), (1031, 64)]
  /// 1...17 of one side, where vectors end.
  private static let ends: [(Int, Int)] = (1...17).map { ($0, 18 - $0) }
  /// Sizes of feature maps.
  private static let maps: [(Int, Int)] = [(1, 16), (2, 48), (7, 16), (17, 64), (33, 144), (1031, 512)]
}

extension KernelCase {
  /// Kernels of any number of floats.
  private static let flat: [KernelCase] = [
    KernelCase("accumulate, add, allFinite, sum") { kernels, results in
      for count in counts {
        var operands = KernelOperands(seed: 52)
        let (left, right) = (operands.uniform(count), operands.uniform(count))
        results.add(written(count, from: left) { kernels.accumulate(right, into: $0, count: count) })
        results.add(written(count) { kernels.add(left, right, destination: $0, count: count) })
        results.add([kernels.allFinite(left, count: count) ? 1 : Float(0), kernels.sum(left, count: count)])
      }
    },
    KernelCase("PReLU of one slope, ReLU") { kernels, results in
      for count in counts {
        var operands = KernelOperands(seed: 53)
        let (source, gradient) = (operands.uniform(count), operands.uniform(count))
        results.add(
          written(count) {
            kernels.preluForward(source: source, slope: 0.3, destination: $0, count: count)
          })
        var slope: Float = 0
        results.add(
          written(count) {
            slope = kernels.preluBackward(
              source: source, slope: 0.3, gradientDestination: gradient, gradientSource: $0, count: count)
          })
        results.add([slope])
        results.add(
          written(count, from: gradient) { kernels.reluBackward(output: source, gradient: $0, count: count) })
      }
    },
    KernelCase("scale, accumulate with a factor, sumOfSquares") { kernels, results in
      for count in [16, 48, 1024, 9008] {
        var operands = KernelOperands(seed: 69)
        let (left, right) = (operands.uniform(count), operands.uniform(count))
        results.add(written(count, from: left) { kernels.scale($0, by: 0.3, count: count) })
        results.add(
          written(count, from: left) { kernels.accumulate(right, scaledBy: 0.3, into: $0, count: count) })
        results.add([kernels.sumOfSquares(left, count: count)])
      }
    },
    KernelCase("adam, exponentialMovingAverage") { kernels, results in
      for count in [16, 48, 1024] {
        for scale: Float in [1, 1e-6, 1e-30] {
          var operands = KernelOperands(seed: 54)
          let gradients = operands.uniform(count, from: -scale, to: scale)
          var moments = (operands.uniform(count), operands.uniform(count, from: 0, to: 1))
          let weights = operands.uniform(count)
          results.add(
            written(count, from: weights) {
              kernels.adam(
                parameters: $0, gradients: gradients, firstMoments: &moments.0, secondMoments: &moments.1,
                count: count, stepSize: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8,
                secondCorrectionRoot: 0.7)
            })
          results.add(moments.0 + moments.1)
          results.add(
            written(count, from: weights) {
              kernels.exponentialMovingAverage(
                average: $0, parameters: gradients, count: count, decay: 0.999)
            })
        }
      }
    },
  ]

  /// Kernels of pixels with any number of channels.
  private static let pixelwise: [KernelCase] = [
    KernelCase("PReLU of a slope for each channel") { kernels, results in
      for (pixels, channels) in images {
        var operands = KernelOperands(seed: 55)
        let count = pixels * channels
        let (source, gradient) = (operands.uniform(count), operands.uniform(count))
        let slopes = operands.uniform(channels)
        results.add(
          written(count) {
            kernels.preluForward(
              source: source, slopes: slopes, destination: $0, pixels: pixels, channels: channels)
          })
        var sums = [Float](repeating: .nan, count: channels)
        results.add(
          written(count) {
            kernels.preluBackward(
              source: source, slopes: slopes, gradientDestination: gradient, gradientSource: $0,
              gradientSlopes: &sums, pixels: pixels, channels: channels)
          })
        results.add(sums)
      }
    },
    KernelCase("globalAveragePool, sumOfProducts, scaleAndOffsetChannels") { kernels, results in
      for (pixels, channels) in images {
        var operands = KernelOperands(seed: 56)
        let (left, right) = (operands.uniform(pixels * channels), operands.uniform(pixels * channels))
        let (scales, offsets) = (operands.uniform(channels), operands.uniform(channels))
        results.add(
          written(channels) {
            kernels.globalAveragePool(left, pixels: pixels, channels: channels, means: $0)
          })
        results.add(
          written(channels) {
            kernels.sumOfProducts(left, right, pixels: pixels, channels: channels, sums: $0)
          })
        results.add(
          written(pixels * channels) {
            kernels.scaleAndOffsetChannels(
              image: left, scales: scales, offsets: offsets, destination: $0, pixels: pixels,
              channels: channels)
          })
      }
    },
    KernelCase("shufflePixels, unshufflePixels") { kernels, results in
      for factor in 1...5 {
        let shapes: [ImageShape] = [
          ImageShape(height: 1, width: 1), ImageShape(height: 3, width: 17),
          ImageShape(height: 2, width: 5, channels: 16), ImageShape(height: 4, width: 3, channels: 1),
        ]
        for shape in shapes {
          var operands = KernelOperands(seed: 57)
          let count = shape.count * factor * factor
          let (source, base) = (operands.uniform(count), operands.uniform(shape.count))
          results.add(
            written(count) {
              kernels.shufflePixels(source, factor: factor, addingTo: base, shape, destination: $0)
            })
          results.add(
            written(count) {
              kernels.unshufflePixels(source, factor: factor, shape, gradientSource: $0)
            })
        }
      }
    },
    KernelCase("normalizeRGB, normalizeRGBBackward") { kernels, results in
      for pixels in counts {
        var operands = KernelOperands(seed: 58)
        let (image, start) = (operands.uniform(3 * pixels), operands.uniform(3 * pixels))
        let (scales, offsets) = (operands.uniform(3), operands.uniform(3))
        results.add(
          written(3 * pixels) {
            kernels.normalizeRGB(image, scales: scales, offsets: offsets, destination: $0, pixels: pixels)
          })
        results.add(
          written(3 * pixels, from: start) {
            kernels.normalizeRGBBackward(image, scales: scales, addingTo: $0, pixels: pixels)
          })
      }
    },
    KernelCase("concatenateChannels, splitChannels") { kernels, results in
      for (pixels, left, right) in [(1, 16, 16), (5, 64, 16), (9, 16, 48)] {
        var operands = KernelOperands(seed: 59)
        let (first, second) = (operands.uniform(pixels * left), operands.uniform(pixels * right))
        let joined = written(pixels * (left + right)) {
          kernels.concatenateChannels(
            first, channels: left, second, channels: right, destination: $0, pixels: pixels)
        }
        results.add(joined)
        var rest = [Float](repeating: .nan, count: pixels * right)
        results.add(
          written(pixels * left) {
            kernels.splitChannels(
              joined, left: $0, channels: left, right: &rest, channels: right, pixels: pixels)
          })
        results.add(rest)
      }
    },
  ]

  /// Kernels of pixels whose channels are whole vectors.
  private static let vectorwise: [KernelCase] = [
    KernelCase("scaleChannelsAndAdd, scaleAndAdd, unitNormalizedDifference, normalizeToUnitLength") {
      kernels, results in
      for (pixels, channels) in maps {
        var operands = KernelOperands(seed: 60)
        let count = pixels * channels
        let (image, other) = (operands.uniform(count), operands.uniform(count))
        let (start, weights) = (operands.uniform(count), operands.uniform(channels))
        results.add(
          written(count) {
            kernels.scaleChannelsAndAdd(
              image: image, scales: weights, identity: other, destination: $0, pixels: pixels,
              channels: channels)
          })
        results.add(
          written(count) {
            kernels.scaleAndAdd(image: image, scales: start, identity: other, destination: $0, count: count)
          })
        var total = 0.0
        results.add(
          written(count, from: start) {
            total = kernels.unitNormalizedDifference(
              superRes: image, highRes: other, highResIsUnit: false, weights: weights, pixels: pixels,
              channels: channels, gradientScale: 0.3, gradient: $0)
          })
        results.add([total])
        results.add(
          written(count, from: image) {
            kernels.normalizeToUnitLength($0, pixels: pixels, channels: channels)
          })
      }
    },
    KernelCase("addPixels, moveWindows, windowMeans") { kernels, results in
      for (width, channels) in maps where width <= 33 {
        var operands = KernelOperands(seed: 61)
        let (entering, leaving) = (operands.uniform(width * channels), operands.uniform(width * channels))
        var totals = [Double](repeating: 0, count: channels)
        var sums = [Double](repeating: 0, count: width * channels)
        var means = [Float](repeating: .nan, count: width * channels)
        for group in 0..<channels / 16 {
          kernels.addPixels(entering, pixels: 0..<width, channels: channels, group: group, to: &totals)
          kernels.moveWindows(
            entering: entering, leaving: leaving, width: width, channels: channels, group: group, sums: &sums)
          kernels.windowMeans(
            sums, width: width, channels: channels, group: group, rows: 7, columns: min(5, width),
            means: &means)
        }
        results.add(totals + sums)
        results.add(means)
      }
      results.add([Float(kernels.pixelSumStep)])
    },
    KernelCase("dense") { kernels, results in
      for (pixels, inputs, outputs) in [(1, 1, 16), (4, 3, 32), (13, 20, 48), (17, 64, 16)] {
        var operands = KernelOperands(seed: 62)
        let (source, weights) = (operands.uniform(pixels * inputs), operands.uniform(inputs * outputs))
        let bias = operands.uniform(outputs, from: -30, to: 30)
        for activation in [DenseActivation.identity, .relu, .sigmoid] {
          results.add(
            written(pixels * outputs) {
              kernels.dense(
                source, pixels: pixels, inputs: inputs, outputs: outputs, weights: weights, bias: bias,
                activation: activation, destination: $0)
            })
        }
      }
    },
  ]

  private static let pooling: [KernelCase] = [
    KernelCase("maxPooling2D") { kernels, results in
      let shapes: [(Int, Int, Int, Int, Int, Bool)] = [
        (8, 6, 16, 2, 2, false), (7, 9, 32, 2, 2, false), (9, 12, 16, 3, 2, false), (10, 12, 48, 3, 2, true),
        (3, 3, 16, 3, 2, true), (1, 1, 16, 1, 1, false), (17, 3, 144, 3, 2, true),
      ]
      for (height, width, channels, size, stride, ceilMode) in shapes {
        let shape = MaxPooling2DShape(
          inputHeight: height, inputWidth: width, channels: channels, kernelSize: size, stride: stride,
          ceilMode: ceilMode)
        var operands = KernelOperands(seed: 63)
        // With few levels, a window has several maxima.
        let source = operands.uniform(shape.sourceCount).map { ($0 * 2).rounded() }
        let gradient = operands.uniform(shape.destinationCount)
        let destination = written(shape.destinationCount) {
          kernels.maxPooling2DForward(shape, source: source, destination: $0)
        }
        results.add(destination)
        results.add(
          written(shape.sourceCount) {
            kernels.maxPooling2DBackward(
              shape, source: source, destination: destination, gradientDestination: gradient,
              gradientSource: $0)
          })
      }
    }
  ]

  /// The losses and metrics of image pairs, with and without a gradient.
  private static let pairs: [KernelCase] = [
    KernelCase("squaredDifference, absoluteDifference, charbonnierDifference") { kernels, results in
      for count in counts {
        var operands = KernelOperands(seed: 64)
        let (left, right, start) = (operands.uniform(count), operands.uniform(count), operands.uniform(count))
        results.addLoss(from: start) {
          kernels.squaredDifference(
            superRes: left, highRes: right, count: count, gradientScale: 0.3, gradient: $0)
        }
        results.addLoss(from: start) {
          kernels.absoluteDifference(
            superRes: left, highRes: right, count: count, gradientScale: 0.3, gradient: $0)
        }
        results.addLoss(from: start) {
          kernels.charbonnierDifference(
            superRes: left, highRes: right, count: count, epsilonSquared: 1e-6, gradientScale: 0.3,
            gradient: $0)
        }
      }
    },
    KernelCase("structuralSimilarity") { kernels, results in
      for window in SSIMWindow.allCases {
        for shape in shapes where min(shape.height, shape.width) >= window.smallestSide {
          let scratch = AlignedBuffer(count: kernels.structuralSimilarityScratchCount(shape))
          var operands = KernelOperands(seed: 65)
          let (left, right) = (operands.uniform(shape.count), operands.uniform(shape.count))
          results.addLoss(from: operands.uniform(shape.count)) {
            kernels.structuralSimilarity(
              superRes: left, highRes: right, shape: shape, window: window, gradientScale: 0.3,
              gradient: $0, scratch: scratch.pointer)
          }
        }
      }
    },
    KernelCase("channelSimilarities, addSimilarityGradient") { kernels, results in
      for part in [SimilarityPart.contrastStructure, .whole] {
        for shape in shapes where min(shape.height, shape.width) >= SSIMWindow.gaussian.smallestSide {
          let scratch = AlignedBuffer(count: kernels.channelSimilaritiesScratchCount(shape))
          var operands = KernelOperands(seed: 67)
          let (left, right) = (operands.uniform(shape.count), operands.uniform(shape.count))
          let means = kernels.channelSimilarities(
            superRes: left, highRes: right, shape: shape, part: part, keepsSlopes: true,
            scratch: scratch.pointer)
          results.add(means)
          let factors = (0..<shape.channels).map { Float($0) * 0.7 - 0.3 }
          results.add(
            written(shape.count, from: operands.uniform(shape.count)) {
              kernels.addSimilarityGradient(
                superRes: left, highRes: right, shape: shape, factors: factors, gradient: $0,
                scratch: scratch.pointer)
            })
        }
      }
    },
    KernelCase("halve, halveBackward, reducedDifference") { kernels, results in
      for (height, width) in sides where min(height, width) >= 2 {
        let shape = ImageShape(height: height, width: width)
        let half = (height / 2) * (width / 2) * shape.channels
        var operands = KernelOperands(seed: 68)
        let (image, gradient) = (operands.uniform(shape.count), operands.uniform(half))
        results.add(written(half) { kernels.halve(image, shape, destination: $0) })
        results.add(
          written(shape.count, from: operands.uniform(shape.count)) {
            kernels.halveBackward(gradient, shape, addingTo: $0)
          })
        let whole = ImageShape(height: height / 2 * 2, width: width / 2 * 2)
        let scratch = AlignedBuffer(count: kernels.reducedDifferenceScratchCount(whole))
        gradient.withUnsafeBufferPointer { lowRes in
          results.addLoss(from: operands.uniform(whole.count)) {
            kernels.reducedDifference(
              superRes: image, lowRes: ImagePair.LowRes(lowRes.baseAddress!, scale: 2), shape: whole,
              gradientScale: 0.3, gradient: $0, scratch: scratch.pointer)
          }
        }
      }
    },
    KernelCase("sobelEdgeDifference") { kernels, results in
      for shape in shapes {
        let scratch = AlignedBuffer(count: kernels.sobelEdgeScratchCount(shape))
        var operands = KernelOperands(seed: 66)
        let (left, right) = (operands.uniform(shape.count), operands.uniform(shape.count))
        results.addLoss(from: operands.uniform(shape.count)) {
          kernels.sobelEdgeDifference(
            superRes: left, highRes: right, shape: shape, epsilonSquared: 1e-6, gradientScale: 0.3,
            gradient: $0, scratch: scratch.pointer)
        }
      }
    },
  ]

  private static let sides: [(Int, Int)] = ends + [(1, 1), (6, 6), (16, 16), (7, 33), (40, 49)]
  /// All sides with three channels, and some with other numbers of channels.
  private static let shapes: [ImageShape] =
    sides.map { ImageShape(height: $0, width: $1) }
    + [1, 2, 4, 5, 8, 16, 17].flatMap { channels in
      [(6, 7), (11, 6), (17, 23)].map { ImageShape(height: $0, width: $1, channels: channels) }
    }
}
