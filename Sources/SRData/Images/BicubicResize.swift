/// Bicubic resizing of 8-bit RGB, byte for byte as Pillow's `Image.resize((w, h), Image.BICUBIC)`.
///
/// The kernel is Keys' with a = -0.5. Downscaling stretches the kernel by the scale (antialiasing). There are two passes,
/// first horizontal, then vertical, in fixed point with 22 fractional bits. The picture between the passes has 8 bits: its
/// rounding is part of what is reproduced.
///
/// Keys: "Cubic convolution interpolation for digital image processing" (1981); Pillow, `Resample.c`.
package struct BicubicResize: Sendable {
  private let columns: ResamplingWeights
  private let rows: ResamplingWeights

  /// Prepares the weights for one pair of sizes. They serve any number of pictures. Precondition: sizes are positive.
  package init(fromWidth: Int, height fromHeight: Int, toWidth: Int, height toHeight: Int) {
    precondition(
      fromWidth > 0 && fromHeight > 0 && toWidth > 0 && toHeight > 0,
      "resizing \(fromWidth) x \(fromHeight) to \(toWidth) x \(toHeight)")
    columns = ResamplingWeights(from: fromWidth, to: toWidth)
    rows = ResamplingWeights(from: fromHeight, to: toHeight)
  }

  /// The bytes that a resize allocates: the picture between the passes, and the result. If they are too many for an integer,
  /// the largest one.
  package static func workingBytes(fromHeight: Int, toWidth: Int, height toHeight: Int) -> Int {
    let (rows, tooManyRows) = fromHeight.addingReportingOverflow(toHeight)
    let (bytesOfRow, rowIsTooLong) = toWidth.multipliedReportingOverflow(by: 3)
    let (bytes, overflow) = rows.multipliedReportingOverflow(by: bytesOfRow)
    return tooManyRows || rowIsTooLong || overflow ? .max : bytes
  }

  /// The resized picture. Precondition: `image` has the size that the resize was made for.
  package func callAsFunction(_ image: RGBImage) -> RGBImage {
    precondition(
      image.width == columns.inputCount && image.height == rows.inputCount,
      "a picture of \(image.width) x \(image.height) given to a resize from "
        + "\(columns.inputCount) x \(rows.inputCount)")
    return image.pixels.withUnsafeBufferPointer { self($0) }
  }

  /// The resized picture. Precondition: there are as many bytes of RGB as in a picture of the size that the resize was made for.
  package func callAsFunction(_ pixels: UnsafeBufferPointer<UInt8>) -> RGBImage {
    precondition(
      pixels.count == columns.inputCount * rows.inputCount * 3,
      "\(pixels.count) bytes given to a resize from \(columns.inputCount) x \(rows.inputCount)")
    let result =
      switch (columns.isIdentity, rows.isIdentity) {
      case (true, true): Array(pixels)
      case (true, false): resizeColumns(of: pixels)
      case (false, true): resizeRows(of: pixels)
      case (false, false): resizeRows(of: pixels).withUnsafeBufferPointer { resizeColumns(of: $0) }
      }
    return RGBImage(width: columns.outputCount, height: rows.outputCount, pixels: result)
  }

  /// Gives each of the input's rows the output's width.
  private func resizeRows(of source: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    let (width, height) = (columns.outputCount, rows.inputCount)
    return [UInt8](unsafeUninitializedCapacity: width * height * 3) { result, count in
      columns.weights.withUnsafeBufferPointer { weights in
        for y in 0..<height {
          let row = y * columns.inputCount * 3
          for x in 0..<width {
            let taps = columns.taps(at: x)
            var (red, green, blue) = (ResamplingWeights.half, ResamplingWeights.half, ResamplingWeights.half)
            for t in 0..<taps.count {
              let weight = weights[taps.firstWeight + t]
              let pixel = row + (taps.firstInput + t) * 3
              red &+= Int32(source[pixel]) &* weight
              green &+= Int32(source[pixel + 1]) &* weight
              blue &+= Int32(source[pixel + 2]) &* weight
            }
            let output = (y * width + x) * 3
            result[output] = ResamplingWeights.byte(red)
            result[output + 1] = ResamplingWeights.byte(green)
            result[output + 2] = ResamplingWeights.byte(blue)
          }
        }
      }
      count = width * height * 3
    }
  }

  /// Gives columns of the input's height the output's height. They have the output's width.
  private func resizeColumns(of source: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    let (stride, height) = (columns.outputCount * 3, rows.outputCount)
    return [UInt8](unsafeUninitializedCapacity: stride * height) { result, count in
      rows.weights.withUnsafeBufferPointer { weights in
        for y in 0..<height {
          let taps = rows.taps(at: y)
          for i in 0..<stride {
            var sum = ResamplingWeights.half
            for t in 0..<taps.count {
              sum &+= Int32(source[(taps.firstInput + t) * stride + i]) &* weights[taps.firstWeight + t]
            }
            result[y * stride + i] = ResamplingWeights.byte(sum)
          }
        }
      }
      count = stride * height
    }
  }
}

/// The inputs of each output position along one axis, and their weights: those of the antialiased bicubic kernel, in fixed
/// point and in double precision.
struct ResamplingWeights: Sendable {
  /// The inputs of one output: `count` neighbours, starting at `firstInput`. Their weights start at `firstWeight`.
  struct Taps: Sendable {
    let firstInput: Int
    let count: Int
    let firstWeight: Int
  }

  /// 32 bits, minus 8 for the pixel, minus 2 for the kernel's overshoot and the sign.
  static let fractionBits: Int32 = 32 - 8 - 2
  private static let support = 2.0

  let inputCount: Int
  let outputCount: Int
  /// The weights of all outputs, one output after the other.
  let weights: [Int32]
  /// The same weights before they are rounded.
  let exact: [Double]
  private let outputs: [Taps]

  var isIdentity: Bool { inputCount == outputCount }

  init(from inputCount: Int, to outputCount: Int) {
    self.inputCount = inputCount
    self.outputCount = outputCount
    let scale = Double(inputCount) / Double(outputCount)
    let stretch = max(scale, 1)
    let reach = Self.support * stretch
    let inverseStretch = 1 / stretch

    var weights = [Int32]()
    var exact = [Double]()
    var outputs = [Taps]()
    for output in 0..<outputCount {
      let center = (Double(output) + 0.5) * scale
      // First truncated towards zero, as by a C cast, then clamped.
      let first = max(Int(center - reach + 0.5), 0)
      let end = min(Int(center + reach + 0.5), inputCount)
      var kernel = (first..<end).map { Self.kernel((Double($0) - center + 0.5) * inverseStretch) }
      let sum = kernel.reduce(0, +)
      if sum != 0 { for i in kernel.indices { kernel[i] /= sum } }
      outputs.append(Taps(firstInput: first, count: kernel.count, firstWeight: weights.count))
      weights += kernel.map(Self.fixedPoint)
      exact += kernel
    }
    self.weights = weights
    self.exact = exact
    self.outputs = outputs
  }

  func taps(at output: Int) -> Taps { outputs[output] }

  /// The most inputs that an output has.
  var mostTaps: Int { outputs.reduce(1) { max($0, $1.count) } }

  /// One half, to which the products of bytes are added, so that the sum is rounded.
  static let half: Int32 = 1 << (fractionBits - 1)

  /// A sum of products of bytes and ``weights`` and of ``half``.
  static func byte(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max(sum >> fractionBits, 0), 255))
  }

  /// Keys' cubic with a = -0.5, in Pillow's order of operations.
  private static func kernel(_ position: Double) -> Double {
    let a = -0.5
    let x = abs(position)
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }

  private static func fixedPoint(_ weight: Double) -> Int32 {
    Int32(weight * Double(1 << fractionBits) + (weight < 0 ? -0.5 : 0.5))
  }
}
