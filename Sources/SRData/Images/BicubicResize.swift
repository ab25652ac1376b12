/// Bicubic resizing of 8-bit RGB, equal byte for byte to Pillow's `Image.resize((w, h), Image.BICUBIC)`.
///
/// Keys' kernel with a = -0.5. Downscaling stretches the kernel by the scale (antialiasing). Two passes,
/// horizontal then vertical, each in fixed point with 22 fractional bits and an 8-bit result in between: the
/// rounding of that middle picture is part of what is reproduced.
///
/// Keys: "Cubic convolution interpolation for digital image processing" (1981); Pillow, `Resample.c`.
package struct BicubicResize: Sendable {
  private let columns: ResamplingWeights
  private let rows: ResamplingWeights

  /// Prepares the weights of one pair of sizes, which may serve any number of pictures. Sizes are positive.
  package init(fromWidth: Int, height fromHeight: Int, toWidth: Int, height toHeight: Int) {
    precondition(
      fromWidth > 0 && fromHeight > 0 && toWidth > 0 && toHeight > 0,
      "resizing \(fromWidth) x \(fromHeight) to \(toWidth) x \(toHeight)")
    columns = ResamplingWeights(from: fromWidth, to: toWidth)
    rows = ResamplingWeights(from: fromHeight, to: toHeight)
  }

  /// The resized picture. `image` has the size that was given at first.
  package func callAsFunction(_ image: RGBImage) -> RGBImage {
    precondition(
      image.width == columns.inputCount && image.height == rows.inputCount,
      "a picture of \(image.width) x \(image.height) given to a resize from "
        + "\(columns.inputCount) x \(rows.inputCount)")
    let narrowed = resizeRows(of: image)
    return resizeColumns(of: narrowed)
  }

  private func resizeRows(of image: RGBImage) -> RGBImage {
    guard !columns.isIdentity else { return image }
    let (width, height) = (columns.outputCount, image.height)
    let pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { result, count in
      image.pixels.withUnsafeBufferPointer { source in
        columns.weights.withUnsafeBufferPointer { weights in
          for y in 0..<height {
            let row = y * image.width * 3
            for x in 0..<width {
              let taps = columns.taps(at: x)
              var (red, green, blue) = (Self.half, Self.half, Self.half)
              for t in 0..<taps.count {
                let weight = weights[taps.firstWeight + t]
                let pixel = row + (taps.firstInput + t) * 3
                red &+= Int32(source[pixel]) &* weight
                green &+= Int32(source[pixel + 1]) &* weight
                blue &+= Int32(source[pixel + 2]) &* weight
              }
              let output = (y * width + x) * 3
              result[output] = Self.byte(red)
              result[output + 1] = Self.byte(green)
              result[output + 2] = Self.byte(blue)
            }
          }
        }
      }
      count = width * height * 3
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  private func resizeColumns(of image: RGBImage) -> RGBImage {
    guard !rows.isIdentity else { return image }
    let (stride, height) = (image.width * 3, rows.outputCount)
    let pixels = [UInt8](unsafeUninitializedCapacity: stride * height) { result, count in
      image.pixels.withUnsafeBufferPointer { source in
        rows.weights.withUnsafeBufferPointer { weights in
          for y in 0..<height {
            let taps = rows.taps(at: y)
            for i in 0..<stride {
              var sum = Self.half
              for t in 0..<taps.count {
                sum &+= Int32(source[(taps.firstInput + t) * stride + i]) &* weights[taps.firstWeight + t]
              }
              result[y * stride + i] = Self.byte(sum)
            }
          }
        }
      }
      count = stride * height
    }
    return RGBImage(width: image.width, height: height, pixels: pixels)
  }

  private static let half: Int32 = 1 << (ResamplingWeights.fractionBits - 1)

  private static func byte(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: min(max(sum >> ResamplingWeights.fractionBits, 0), 255))
  }
}
