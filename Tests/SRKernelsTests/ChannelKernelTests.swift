import SRKernelDispatch
import SRKernels
import Testing

/// Loops over pixels and their channels against their naive twins in double precision.
@Suite struct ChannelKernelTests {
  enum Kernel: String, CaseIterable {
    case scaleChannelsAndAdd, scaleAndOffsetChannels
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
        }
      #expect(relativeError(result, expected) <= 2e-7, "\(kernel) of \(size)")
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
