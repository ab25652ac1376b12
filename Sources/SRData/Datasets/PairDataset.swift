import SRFiles

/// Pairs of a low-resolution picture and a high-resolution picture. All pairs have the same size.
package protocol PairSource: Sendable {
  /// The source's name in the log, such as a path or the generator's name.
  var summary: String { get }
  /// Number of pairs.
  var count: Int { get }
  var lowResHeight: Int { get }
  var lowResWidth: Int { get }
  /// How many times higher and wider the high-resolution pictures are.
  var scale: Int { get }
  /// The files that the pictures are read from. They are mapped, so they must not change while the data are in use.
  var files: [MappedFile] { get }
}

/// Stored pairs of a low-resolution picture and the high-resolution picture that it was made from. The pictures are 8-bit RGB, in
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
  package var highResHeight: Int { lowResHeight * scale }
  package var highResWidth: Int { lowResWidth * scale }
  /// Floats of a low-resolution picture, `lowResHeight * lowResWidth * 3`.
  package var lowResElementCount: Int { lowResHeight * lowResWidth * 3 }
  /// Floats of a high-resolution picture, `highResHeight * highResWidth * 3`.
  package var highResElementCount: Int { highResHeight * highResWidth * 3 }
}

extension PairDataset {
  /// Writes a pair as float32 HWC with intensities 0...1, that is byte / 255.
  ///
  /// `lowRes` has room for ``lowResElementCount`` floats, `highRes` for ``highResElementCount``.
  package func load(
    index: Int, lowRes: UnsafeMutablePointer<Float>, highRes: UnsafeMutablePointer<Float>
  ) {
    withPair(at: index) { lowResBytes, highResBytes in
      copyIntensities(of: lowResBytes, to: lowRes)
      copyIntensities(of: highResBytes, to: highRes)
    }
  }

  package func lowResImage(at index: Int) -> RGBImage {
    withPair(at: index) { bytes, _ in
      RGBImage(width: lowResWidth, height: lowResHeight, pixels: Array(bytes))
    }
  }

  package func highResImage(at index: Int) -> RGBImage {
    withPair(at: index) { _, bytes in
      RGBImage(width: highResWidth, height: highResHeight, pixels: Array(bytes))
    }
  }

  /// SHA-256 in hexadecimal over the sizes and every byte, pair by pair: ranks and resumed runs compare it.
  ///
  /// - Parameter progress: called after each pair.
  package func contentHash(progress: () -> Void = {}) -> String {
    let hasher = SHA256()
    let sizes = "\(count) pairs \(lowResHeight)x\(lowResWidth)x3 \(highResHeight)x\(highResWidth)x3\n"
    hasher.update(sizes)
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

private func copyIntensities(
  of bytes: UnsafeBufferPointer<UInt8>, to destination: UnsafeMutablePointer<Float>
) {
  for index in bytes.indices { destination[index] = Float(bytes[index]) / 255 }
}
