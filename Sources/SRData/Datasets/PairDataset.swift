import SRFiles
import SRTensor

/// Pairs of a low-resolution picture and a high-resolution picture. All pairs have the same size. The pictures are 8-bit RGB unless
/// the source says otherwise.
package protocol PairSource: Sendable {
  /// The source's name in the log, such as a path or the generator's name.
  var summary: String { get }
  /// Number of pairs.
  var count: Int { get }
  var lowResHeight: Int { get }
  var lowResWidth: Int { get }
  /// How many times higher and wider the high-resolution pictures are.
  var scale: Int { get }
  /// Of a low-resolution picture.
  var lowResChannels: Int { get }
  /// Of a high-resolution picture.
  var highResChannels: Int { get }
  /// The type of the pictures' values, and the intensities that they stand for.
  var values: SampleScale { get }
  /// The files that the pictures are read from. They are mapped, so they must not change while the data are in use.
  var files: [MappedFile] { get }
}

/// Stored pairs of a low-resolution picture and the high-resolution picture that it was made from. The pictures are in
/// memory or in a mapped file. Several threads may read at the same time.
package protocol PairDataset: PairSource {
  /// The filter that made the low-resolution pictures.
  var resampling: Resampling { get }

  /// Lends the bytes of a pair, each HWC. `index` is in `0..<count`. The pointers are valid during the call only.
  func withPair<Result>(
    at index: Int,
    _ body: (_ lowRes: UnsafeBufferPointer<UInt8>, _ highRes: UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result
}

extension PairSource {
  package var lowResChannels: Int { SampleFormat.rgb8.channels }
  package var highResChannels: Int { SampleFormat.rgb8.channels }
  package var values: SampleScale { SampleScale(.uint8) }
  /// Whether all pictures are 8-bit RGB, whose bytes stand for the whole range of intensities.
  package var isRGB8: Bool {
    lowResChannels == 3 && highResChannels == 3 && values == SampleScale(.uint8)
  }

  package var highResHeight: Int { lowResHeight * scale }
  package var highResWidth: Int { lowResWidth * scale }
  /// Floats of a low-resolution picture.
  package var lowResElementCount: Int { lowResHeight * lowResWidth * lowResChannels }
  /// Floats of a high-resolution picture.
  package var highResElementCount: Int { highResHeight * highResWidth * highResChannels }
}

extension PairDataset {
  /// Writes a pair as float32 HWC with intensities 0...1, for 8 bits byte / 255.
  ///
  /// `lowRes` has room for ``lowResElementCount`` floats, `highRes` for ``highResElementCount``. `lowRes` is nil if the
  /// high-resolution picture alone is needed.
  package func load(
    index: Int, lowRes: UnsafeMutablePointer<Float>?, highRes: UnsafeMutablePointer<Float>
  ) {
    withPair(at: index) { lowResBytes, highResBytes in
      if let lowRes { values.loadIntensities(from: UnsafeRawBufferPointer(lowResBytes), into: lowRes) }
      values.loadIntensities(from: UnsafeRawBufferPointer(highResBytes), into: highRes)
    }
  }

  /// A picture as one to look at: see ``RGBImage/init(intensities:channels:width:height:)``.
  package func lowResImage(at index: Int) -> RGBImage {
    withPair(at: index) { bytes, _ in
      image(bytes, channels: lowResChannels, width: lowResWidth, height: lowResHeight)
    }
  }

  /// A picture as one to look at: see ``RGBImage/init(intensities:channels:width:height:)``.
  package func highResImage(at index: Int) -> RGBImage {
    withPair(at: index) { _, bytes in
      image(bytes, channels: highResChannels, width: highResWidth, height: highResHeight)
    }
  }

  private func image(
    _ bytes: UnsafeBufferPointer<UInt8>, channels: Int, width: Int, height: Int
  ) -> RGBImage {
    if isRGB8 { return RGBImage(width: width, height: height, pixels: Array(bytes)) }
    let intensities = AlignedBuffer(count: height * width * channels)
    values.loadIntensities(from: UnsafeRawBufferPointer(bytes), into: intensities.pointer)
    return withExtendedLifetime(intensities) {
      RGBImage(
        intensities: UnsafeBufferPointer(start: intensities.pointer, count: intensities.count),
        channels: channels, width: width, height: height)
    }
  }

  /// SHA-256 in hexadecimal over the sizes and every byte, pair by pair: ranks and resumed runs compare it.
  ///
  /// - Parameter progress: called after each pair.
  package func contentHash(progress: () -> Void = {}) -> String {
    let hasher = SHA256()
    let sizes = [
      "\(lowResHeight)x\(lowResWidth)x\(lowResChannels)",
      "\(highResHeight)x\(highResWidth)x\(highResChannels)",
    ]
    hasher.update("\(count) pairs \(sizes[0]) \(sizes[1])\n")
    if values != SampleScale(.uint8) { hasher.update("\(values)\n") }
    for index in 0..<count {
      withPair(at: index) { lowRes, highRes in
        hasher.update(UnsafeRawBufferPointer(lowRes))
        hasher.update(UnsafeRawBufferPointer(highRes))
      }
      progress()
    }
    return hasher.finalize()
  }
}
