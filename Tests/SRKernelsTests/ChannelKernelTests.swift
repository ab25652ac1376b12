import SRKernelDispatch
import SRKernels
import Testing

/// Loops over pixels and their channels against their naive twins in double precision.
@Suite struct ChannelKernelTests {
  enum Kernel: String, CaseIterable {
    case scaleChannelsAndAdd, scaleAndOffsetChannels
    case preluForward, preluForwardInPlace, preluBackward, preluBackwardInPlace
  }

  enum RGBKernel: String, CaseIterable {
    case normalizeRGB, normalizeRGBBackward
  }

  /// Feature maps have whole vectors of channels.
  static let sizes: [(pixels: Int, channels: Int)] = [(1, 16), (7, 48), (33, 64), (100, 16)]

  @Test(arguments: Kernel.allCases, CPULevel.supported())
  func agreesWithReference(kernel: Kernel, level: CPULevel) {
    for size in Self.sizes {
      var operands = KernelOperands(seed: 4)
      let count = size.pixels * size.channels
      let (image, other) = (operands.uniform(count), operands.uniform(count))
      let (scales, offsets) = (operands.uniform(size.channels), operands.uniform(size.channels))
      let (result, expected) =
        switch kernel {
        case .scaleChannelsAndAdd:
          (
            written(count) {
              level.kernels.scaleChannelsAndAdd(
                image: image, scales: scales, identity: other, destination: $0, pixels: size.pixels,
                channels: size.channels)
            },
            Reference.scaleChannelsAndAdd(
              image: doubles(image), scales: doubles(scales), identity: doubles(other))
          )
        case .scaleAndOffsetChannels:
          (
            written(count) {
              level.kernels.scaleAndOffsetChannels(
                image: image, scales: scales, offsets: offsets, destination: $0, pixels: size.pixels,
                channels: size.channels)
            },
            Reference.scaleAndOffsetChannels(
              image: doubles(image), scales: doubles(scales), offsets: doubles(offsets))
          )
        case .preluForward, .preluForwardInPlace:
          (
            written(count, from: image) { destination in
              kernel == .preluForwardInPlace
                ? level.kernels.preluForward(
                  source: destination, slopes: scales, destination: destination, pixels: size.pixels,
                  channels: size.channels)
                : level.kernels.preluForward(
                  source: image, slopes: scales, destination: destination, pixels: size.pixels,
                  channels: size.channels)
            },
            Reference.preluForward(source: doubles(image), slopes: doubles(scales))
          )
        case .preluBackward, .preluBackwardInPlace:
          (
            written(count, from: other) { gradient in
              _ = written(size.channels) { sums in
                if kernel == .preluBackwardInPlace {
                  level.kernels.preluBackward(
                    source: image, slopes: scales, gradientDestination: gradient, gradientSource: gradient,
                    gradientSlopes: sums, pixels: size.pixels, channels: size.channels)
                } else {
                  level.kernels.preluBackward(
                    source: image, slopes: scales, gradientDestination: other, gradientSource: gradient,
                    gradientSlopes: sums, pixels: size.pixels, channels: size.channels)
                }
              }
            },
            Reference.preluBackward(
              source: doubles(image), slopes: doubles(scales), gradientDestination: doubles(other)
            ).source
          )
        }
      #expect(relativeError(result, expected) <= 2e-7, "\(kernel) of \(size)")
    }
  }

  /// Each slope's gradient is one sum. Its error is judged by the size of the terms.
  @Test(arguments: CPULevel.supported())
  func gradientsOfSlopesAgreeWithReference(level: CPULevel) {
    for size in Self.sizes + [(pixels: 1031, channels: 64)] {
      var operands = KernelOperands(seed: 7)
      let count = size.pixels * size.channels
      let (source, gradient) = (operands.uniform(count), operands.uniform(count))
      let slopes = operands.uniform(size.channels)
      let result = written(size.channels) { sums in
        _ = written(count) {
          level.kernels.preluBackward(
            source: source, slopes: slopes, gradientDestination: gradient, gradientSource: $0,
            gradientSlopes: sums, pixels: size.pixels, channels: size.channels)
        }
      }
      let expected = Reference.preluBackward(
        source: doubles(source), slopes: doubles(slopes), gradientDestination: doubles(gradient)
      ).slopes
      for channel in 0..<size.channels {
        let terms = stride(from: channel, to: count, by: size.channels).reduce(0.0) {
          $0 + abs(Double(source[$1]) * Double(gradient[$1]))
        }
        #expect(abs(Double(result[channel]) - expected[channel]) <= 1e-6 * terms, "\(channel) of \(size)")
      }
    }
  }

  /// A sum of two numbers and a copy: the bits are the same.
  @Test(arguments: [1, 2, 3, 4, 8], CPULevel.supported())
  func shufflesPixelsAsReference(factor: Int, level: CPULevel) {
    for shape in [
      ImageShape(height: 1, width: 1, channels: 3), ImageShape(height: 3, width: 5, channels: 3),
      ImageShape(height: 4, width: 2, channels: 1),
    ] {
      var operands = KernelOperands(seed: 8)
      let (source, base) = (operands.uniform(shape.count * factor * factor), operands.uniform(shape.count))
      let shuffled = written(source.count) {
        level.kernels.shufflePixels(source, factor: factor, addingTo: base, shape, destination: $0)
      }
      #expect(shuffled == Reference.shufflePixels(source, factor: factor, addingTo: base, shape))
      let unshuffled = written(source.count) {
        level.kernels.unshufflePixels(source, factor: factor, shape, gradientSource: $0)
      }
      #expect(unshuffled == Reference.unshufflePixels(source, factor: factor, shape))
      let zeros = [Float](repeating: 0, count: shape.count)
      #expect(Reference.shufflePixels(unshuffled, factor: factor, addingTo: zeros, shape) == source)
    }
  }

  /// A pixel has three floats. 16 pixels are three whole vectors; 15 and 17 pixels are not whole vectors.
  @Test(arguments: RGBKernel.allCases, CPULevel.supported())
  func agreesWithReferenceOnRGB(kernel: RGBKernel, level: CPULevel) {
    for pixels in [1, 5, 15, 16, 17, 100] {
      var operands = KernelOperands(seed: 5)
      let count = 3 * pixels
      let (image, start) = (operands.uniform(count), operands.uniform(count))
      let (scales, offsets) = (operands.uniform(3), operands.uniform(3))
      let (result, expected) =
        switch kernel {
        case .normalizeRGB:
          (
            written(count) {
              level.kernels.normalizeRGB(
                image, scales: scales, offsets: offsets, destination: $0, pixels: pixels)
            },
            Reference.scaleAndOffsetChannels(
              image: doubles(image), scales: doubles(scales), offsets: doubles(offsets))
          )
        case .normalizeRGBBackward:
          (
            written(count, from: start) {
              level.kernels.normalizeRGBBackward(image, scales: scales, addingTo: $0, pixels: pixels)
            },
            Reference.normalizeRGBBackward(
              doubles(image), scales: doubles(scales), gradientImage: doubles(start))
          )
        }
      #expect(relativeError(result, expected) <= 2e-7, "\(kernel) of \(pixels) pixels")
    }
  }

  /// These kernels only copy, so the bits are the same.
  @Test(arguments: [(pixels: 1, left: 16, right: 16), (5, 64, 16), (9, 16, 48)], CPULevel.supported())
  func joinsAndSplitsAsReference(size: (pixels: Int, left: Int, right: Int), level: CPULevel) {
    var operands = KernelOperands(seed: 6)
    let left = operands.uniform(size.pixels * size.left)
    let right = operands.uniform(size.pixels * size.right)
    let joined = written(left.count + right.count) {
      level.kernels.concatenateChannels(
        left, channels: size.left, right, channels: size.right, destination: $0, pixels: size.pixels)
    }
    #expect(
      joined == Reference.concatenateChannels(left, channels: size.left, right, channels: size.right))
    var splitRight: [Float] = []
    let splitLeft = written(left.count) { leftPart in
      splitRight = written(right.count) { rightPart in
        level.kernels.splitChannels(
          joined, left: leftPart, channels: size.left, right: rightPart, channels: size.right,
          pixels: size.pixels)
      }
    }
    let expected = Reference.splitChannels(joined, channels: size.left, channels: size.right)
    #expect(splitLeft == expected.left && splitRight == expected.right)
    #expect(expected.left == left && expected.right == right)
  }
}
