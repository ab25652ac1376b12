/// Bicubic resizing as by MATLAB's `imresize(A, [h w], 'bicubic')`, in double precision.
///
/// The kernel is Keys' with a = -0.5. Downscaling stretches the kernel by the scale (antialiasing), and weights are normalised.
/// Beyond the edges the picture is mirrored, with the edge's pixel repeated. There are two passes. The dimension with the
/// smaller scale comes first; if both scales are the same, the height does. The result alone is rounded to integers,
/// halves away from zero; floats are not rounded.
///
/// Keys: "Cubic convolution interpolation for digital image processing" (1981); MATLAB, `imresize.m`.
package struct MatlabResize: Sendable {
  private let columns: Contributions
  private let rows: Contributions

  /// Prepares the weights for one pair of sizes. They serve any number of pictures. Precondition: sizes are positive.
  package init(fromWidth: Int, height fromHeight: Int, toWidth: Int, height toHeight: Int) {
    precondition(
      fromWidth > 0 && fromHeight > 0 && toWidth > 0 && toHeight > 0,
      "resizing \(fromWidth) x \(fromHeight) to \(toWidth) x \(toHeight)")
    columns = Contributions(from: fromWidth, to: toWidth)
    rows = Contributions(from: fromHeight, to: toHeight)
  }

  /// The bytes that a resize allocates: the picture between the passes, in doubles, and the result in doubles and in its format. If
  /// they are too many for an integer, the largest one.
  package static func workingBytes(
    _ format: PixelFormat = .rgb8, fromWidth: Int, height fromHeight: Int, toWidth: Int, height toHeight: Int
  ) -> Int {
    let perPixel = format.channels * MemoryLayout<Double>.stride
    // One of the two lies between the passes.
    let between = max(
      product(toHeight, fromWidth, perPixel), product(fromHeight, toWidth, perPixel))
    let (sum, overflow) = between.addingReportingOverflow(
      product(toHeight, toWidth, perPixel + format.bytesPerPixel))
    return overflow ? .max : sum
  }

  private static func product(_ factors: Int...) -> Int {
    factors.reduce(1) { product, factor in
      let (result, overflow) = product.multipliedReportingOverflow(by: factor)
      return overflow ? .max : result
    }
  }

  /// The resized picture. Precondition: there are as many bytes of RGB as in a picture of the size that the resize was made for.
  package func callAsFunction(_ pixels: UnsafeBufferPointer<UInt8>) -> RGBImage {
    RGBImage(width: columns.outputCount, height: rows.outputCount, pixels: self(pixels, channels: 3))
  }

  /// The values of the resized picture. Precondition: there are as many values as in a picture of the size that the resize was made
  /// for.
  func callAsFunction<Value: ResizedValue>(
    _ pixels: UnsafeBufferPointer<Value>, channels: Int
  ) -> [Value] {
    precondition(
      pixels.count == columns.inputCount * rows.inputCount * channels,
      "\(pixels.count) values given to a resize from \(columns.inputCount) x \(rows.inputCount) pixels of \(channels)"
    )
    let (width, height) = (columns.outputCount, rows.outputCount)
    let values: [Double]
    if rows.scale <= columns.scale {
      let between = resizeHeight(pixels, width: columns.inputCount, channels)
      values = between.withUnsafeBufferPointer { resizeWidth($0, height: height, channels) }
    } else {
      let between = resizeWidth(pixels, height: rows.inputCount, channels)
      values = between.withUnsafeBufferPointer { resizeHeight($0, width: width, channels) }
    }
    return values.map { Value(nearest: $0) }
  }

  /// Gives rows of the input's width the output's width.
  private func resizeWidth<Value: PixelValue>(
    _ source: UnsafeBufferPointer<Value>, height: Int, _ channels: Int
  ) -> [Double] {
    let (inputWidth, width, taps) = (columns.inputCount, columns.outputCount, columns.taps)
    guard channels == 3 else {
      return [Double](unsafeUninitializedCapacity: width * height * channels) { result, count in
        for y in 0..<height {
          for x in 0..<width {
            for channel in 0..<channels {
              var sum = 0.0
              for tap in x * taps..<(x + 1) * taps {
                let pixel = (y * inputWidth + columns.inputs[tap]) * channels
                sum += columns.weights[tap] * source[pixel + channel].double
              }
              result[(y * width + x) * channels + channel] = sum
            }
          }
        }
        count = width * height * channels
      }
    }
    return [Double](unsafeUninitializedCapacity: width * height * 3) { result, count in
      for y in 0..<height {
        for x in 0..<width {
          var (red, green, blue) = (0.0, 0.0, 0.0)
          for tap in x * taps..<(x + 1) * taps {
            let (weight, pixel) = (columns.weights[tap], (y * inputWidth + columns.inputs[tap]) * 3)
            red += weight * source[pixel].double
            green += weight * source[pixel + 1].double
            blue += weight * source[pixel + 2].double
          }
          let output = (y * width + x) * 3
          (result[output], result[output + 1], result[output + 2]) = (red, green, blue)
        }
      }
      count = width * height * 3
    }
  }

  /// Gives columns of the input's height the output's height.
  private func resizeHeight<Value: PixelValue>(
    _ source: UnsafeBufferPointer<Value>, width: Int, _ channels: Int
  ) -> [Double] {
    let (stride, height, taps) = (width * channels, rows.outputCount, rows.taps)
    return [Double](unsafeUninitializedCapacity: stride * height) { result, count in
      result.initialize(repeating: 0)
      for y in 0..<height {
        let output = y * stride
        for tap in y * taps..<(y + 1) * taps {
          let (weight, input) = (rows.weights[tap], rows.inputs[tap] * stride)
          for i in 0..<stride { result[output + i] += weight * source[input + i].double }
        }
      }
      count = stride * height
    }
  }
}

/// A value before or between the passes.
protocol PixelValue {
  var double: Double { get }
}

/// A value of a picture.
protocol ResizedValue: PixelValue {
  /// The nearest value of the type.
  init(nearest value: Double)
}

extension Double: PixelValue {
  var double: Double { self }
}

extension UInt8: ResizedValue {
  var double: Double { Double(self) }
  init(nearest value: Double) {
    self = UInt8(Swift.min(Swift.max(value, 0), 255).rounded(.toNearestOrAwayFromZero))
  }
}

extension UInt16: ResizedValue {
  var double: Double { Double(self) }
  init(nearest value: Double) {
    self = UInt16(Swift.min(Swift.max(value, 0), 65535).rounded(.toNearestOrAwayFromZero))
  }
}

extension Float: ResizedValue {
  var double: Double { Double(self) }
  init(nearest value: Double) { self = Float(value) }
}

/// The inputs of each output position along one axis, and their weights: MATLAB's `contributions`.
private struct Contributions: Sendable {
  let inputCount: Int
  let outputCount: Int
  let scale: Double
  /// Inputs of each output.
  let taps: Int
  /// ``taps`` for each output, one output after the other.
  private(set) var weights: [Double] = []
  private(set) var inputs: [Int] = []

  private static let kernelWidth = 4.0

  init(from inputCount: Int, to outputCount: Int) {
    self.inputCount = inputCount
    self.outputCount = outputCount
    scale = Double(outputCount) / Double(inputCount)
    let shrink = min(scale, 1)
    let width = Self.kernelWidth / shrink
    taps = Int(width.rounded(.up)) + 2
    for output in 1...outputCount {
      // In MATLAB's coordinates, pixel 1 is the first and its centre is at 1.
      let center = Double(output) / scale + 0.5 * (1 - 1 / scale)
      let left = (center - width / 2).rounded(.down)
      let positions = (0..<taps).map { left + Double($0) }
      let kernel = positions.map { shrink * Self.kernel(shrink * (center - $0)) }
      let sum = kernel.reduce(0, +)
      weights += kernel.map { $0 / sum }
      inputs += positions.map { Self.mirrored(Int($0) - 1, inputCount) }
    }
  }

  /// The index of a picture's pixel that lies at any index of the mirrored picture: 0, 1, ... n - 1, n - 1, ... 0, and so on.
  private static func mirrored(_ index: Int, _ count: Int) -> Int {
    let period = 2 * count
    let place = ((index % period) + period) % period
    return place < count ? place : period - 1 - place
  }

  /// Keys' cubic with a = -0.5, in MATLAB's order of operations.
  private static func kernel(_ position: Double) -> Double {
    let x = abs(position)
    let (square, cube) = (x * x, x * x * x)
    if x <= 1 { return 1.5 * cube - 2.5 * square + 1 }
    if x <= 2 { return -0.5 * cube + 2.5 * square - 4 * x + 2 }
    return 0
  }
}
