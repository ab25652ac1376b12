import SRData
import SRKernels
import SRLosses
import SRMetrics
import SRTensor

/// The literature's metrics of pictures: PSNR, SSIM and, if its weights exist and all pictures are RGB and large enough, LPIPS over
/// AlexNet.
package struct PictureMetrics: Sendable {
  package let convention: PictureConvention
  /// In the order of a picture's values.
  package let descriptions: [MetricDescription]
  /// The networks and weight files of LPIPS, or why LPIPS is left out.
  package let provenance: [String]
  /// SHA-256 of the weight files of LPIPS, by name.
  let networkSHA256: [String: String]
  /// The bytes of one worker while it measures a picture.
  let workerBytes: Int
  /// The bytes of LPIPS's network.
  let networkBytes: Int
  private let weights: PerceptualWeights
  private let kernels: any KernelSet

  /// - Parameter set: all pictures that will be measured. The convention is for its format.
  /// - Throws: ``ConfigurationError`` if a picture is too small to have an SSIM, and what reading the weights of LPIPS throws.
  init(
    _ channels: PictureConvention.Channels, border: Int?, of set: any PictureSet, weightsDirectory: String,
    kernels: any KernelSet, progress: () -> Void = {}
  ) throws {
    let pictures = (0..<set.count).map {
      (name: "\(set.summary): '\(set.name(at: $0))'", size: set.size(at: $0))
    }
    let border = border ?? set.scale
    try self.init(
      set.format.isRGB8
        ? PictureConvention(channels: channels, border: border)
        : PictureConvention(
          channels: set.format.highRes.channels == 3 ? channels : .all, border: border,
          values: set.format.values.bitsText),
      of: pictures, channels: set.format.highRes.channels, weightsDirectory: weightsDirectory,
      kernels: kernels, progress: progress)
  }

  /// - Parameters:
  ///   - pictures: all pictures that will be measured: their names in an error's text, and their sizes.
  ///   - channels: of each picture.
  /// - Throws: as the other initialiser.
  package init(
    _ convention: PictureConvention, of pictures: [(name: String, size: PictureSize)], channels: Int = 3,
    weightsDirectory: String, kernels: any KernelSet, progress: () -> Void = {}
  ) throws {
    self.convention = convention
    self.kernels = kernels
    weights = PerceptualWeights(directory: weightsDirectory)
    let smallest = convention.smallestSide
    for picture in pictures where min(picture.size.width, picture.size.height) < smallest {
      throw ConfigurationError(
        "\(picture.name) has \(picture.size) pixels, expected at least \(smallest) x \(smallest): SSIM "
          + "has windows of 11 x 11, and a border of \(convention.border) is left out. Take the picture out of the set"
      )
    }
    let sizes = pictures.map(\.size)
    let shortest = sizes.map { min($0.width, $0.height) }.min() ?? 0
    let square = PerceptualLosses(
      weights: weights, shape: convention.shape(PictureSize(width: shortest, height: shortest)),
      kernels: kernels)
    let largest = sizes.max { $0.pixels < $1.pixels } ?? PictureSize(width: 0, height: 0)
    // Both pictures in doubles.
    let planeBytes = largest.pixels * 2 * max(channels, 3) * MemoryLayout<Double>.stride
    if channels != ImageShape.rgbChannels {
      descriptions = [.psnr, .ssim]
      provenance = [
        "metric lpips is left out: it compares RGB, and the pictures have \(channels) channel\(channels == 1 ? "" : "s")"
      ]
      networkSHA256 = [:]
      (workerBytes, networkBytes) = (planeBytes, 0)
    } else if let obstacle = try square.obstacleToMetric {
      descriptions = [.psnr, .ssim]
      provenance = ["metric lpips is left out: \(obstacle)"]
      networkSHA256 = [:]
      (workerBytes, networkBytes) = (planeBytes, 0)
    } else {
      let shape = convention.shape(largest)
      let built = try PerceptualLosses(weights: weights, shape: shape, kernels: kernels).metric()
      descriptions = [.psnr, .ssim, .lpips]
      provenance = ["metric lpips: \(built.provenance)"]
      networkSHA256 = try LossAssembly.digests(built.files, progress)
      workerBytes = max(planeBytes, 4 * (built.loss.scratchCount(shape) + 2 * shape.count))
      networkBytes = 4 * built.weightCount
    }
  }

  /// The metrics for pictures of one size.
  package func sized(_ size: PictureSize) throws -> Sized {
    let shape = convention.shape(size)
    let loss =
      try descriptions.contains(.lpips)
      ? PerceptualLosses(weights: weights, shape: shape, kernels: kernels).metric().loss : nil
    return Sized(size: size, convention: convention, shape: shape, lpips: loss)
  }

  /// The metrics for pictures of one size. Several threads may measure at the same time.
  package struct Sized: Sendable {
    let size: PictureSize
    fileprivate let convention: PictureConvention
    /// Of the pictures without the border.
    fileprivate let shape: ImageShape
    fileprivate let lpips: (any Loss)?

    /// A picture's values, in the metrics' order.
    package func values(of picture: RGBImage, original: RGBImage, isGrey: Bool) -> [Double] {
      let comparison = picture.pixels.withUnsafeBufferPointer { picturePixels in
        original.pixels.withUnsafeBufferPointer { originalPixels in
          PictureComparison(
            picturePixels, originalPixels, width: original.width, height: original.height, isGrey: isGrey,
            convention)
        }
      }
      return [comparison.psnr(), comparison.ssim()]
        + (lpips.map { [distance($0, inner(picture), inner(original))] } ?? [])
    }

    /// The same for intensities, [height, width, channels].
    func values(
      of picture: AlignedBuffer, original: AlignedBuffer, channels: Int, isGrey: Bool
    ) -> [Double] {
      withExtendedLifetime((picture, original)) {
        let comparison = PictureComparison(
          intensities: UnsafeBufferPointer(start: picture.pointer, count: picture.count),
          UnsafeBufferPointer(start: original.pointer, count: original.count), channels: channels,
          width: size.width, height: size.height, isGrey: isGrey, convention)
        return [comparison.psnr(), comparison.ssim()]
          + (lpips.map { [distance($0, inner(picture), inner(original))] } ?? [])
      }
    }

    private func distance(_ loss: any Loss, _ superRes: AlignedBuffer, _ highRes: AlignedBuffer) -> Double {
      let scratch = AlignedBuffer(count: loss.scratchCount(shape))
      return withExtendedLifetime((scratch, superRes, highRes)) {
        let pair = ImagePair(superRes: superRes.pointer, highRes: highRes.pointer, shape: shape)
        return loss.evaluate([pair], weight: 0, scratch: scratch.pointer)[0]
      }
    }

    /// The picture without the border, 0...1.
    private func inner(_ picture: RGBImage) -> AlignedBuffer {
      let border = convention.border
      let inner = picture.cropped(x: border, y: border, width: shape.width, height: shape.height)
      return inner.intensities
    }

    /// The RGB picture without the border.
    private func inner(_ picture: AlignedBuffer) -> AlignedBuffer {
      let (border, rowCount) = (convention.border, 3 * shape.width)
      let result = AlignedBuffer(count: shape.height * rowCount)
      withExtendedLifetime(picture) {
        for y in 0..<shape.height {
          (result.pointer + y * rowCount).update(
            from: picture.pointer + 3 * ((y + border) * size.width + border), count: rowCount)
        }
      }
      return result
    }
  }
}

extension PictureConvention {
  /// A picture's shape without the border.
  fileprivate func shape(_ size: PictureSize) -> ImageShape {
    ImageShape(height: max(1, size.height - 2 * border), width: max(1, size.width - 2 * border))
  }
}

extension SampleScale {
  /// Such as `16 bit`, or `float32 of 0,1`.
  fileprivate var bitsText: String {
    isStandard && sample != .float32 ? "\(8 * sample.bytes) bit" : description
  }
}

extension RGBImage {
  /// HWC, 0...1, that is byte / 255.
  var intensities: AlignedBuffer {
    let buffer = AlignedBuffer(count: pixels.count)
    for (index, byte) in pixels.enumerated() { buffer.pointer[index] = Float(byte) / 255 }
    return buffer
  }

  /// The same for a network of so many channels: three, or one, which is the first.
  func intensities(channels: Int) -> AlignedBuffer {
    if channels == 3 { return intensities }
    precondition(channels == 1, "a picture of RGB is read as \(channels) channels")
    let buffer = AlignedBuffer(count: width * height)
    for pixel in 0..<width * height { buffer.pointer[pixel] = Float(pixels[3 * pixel]) / 255 }
    return buffer
  }
}
