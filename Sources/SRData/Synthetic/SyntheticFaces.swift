import SRFiles

/// Drawn faces for a first run without photographs: 128 x 128 pixels, and bicubically reduced by a scale (4: to 32 x 32).
///
/// Picture `index` is a function of the seed and the index alone. It has the same bits on every machine, and for any number of
/// threads. The pictures show skin, eyes, hair, cloth and backdrops with edges and fine texture, so super-resolution can be
/// learnt from them. They do not show how well it works on photographs.
package struct SyntheticFaces: PairDataset {
  package let summary: String
  package let count: Int
  package let scale: Int
  private let lowRes: [[UInt8]]
  private let highRes: [[UInt8]]

  private static let highResSize = 128
  package var lowResHeight: Int { Self.highResSize / scale }
  package var lowResWidth: Int { Self.highResSize / scale }
  package var resampling: Resampling { .pillow }
  package var files: [MappedFile] { [] }

  /// Draws `count` faces: those of the seed with the indices `first..<(first + count)`.
  ///
  /// Training and validation sets are disjoint ranges of one seed. A face takes a few milliseconds.
  ///
  /// - Parameter progress: called after each face, on any thread.
  /// - Throws: ``ThreadError`` if the system does not start all threads.
  /// - Precondition: `scale` divides 128.
  package init(
    seed: UInt64, count: Int, first: Int = 0, scale: Int = 4, threads: Int = 1,
    progress: @escaping @Sendable () -> Void = {}
  ) throws {
    precondition(Self.highResSize % scale == 0, "synthetic faces cannot be reduced by \(scale)")
    precondition(count > 0 && first >= 0, "\(count) synthetic faces from \(first) on")
    let pairs = try mapConcurrently(count: count, threads: threads) { index in
      defer { progress() }
      return Self.draw(seed: seed, index: first + index, scale: scale)
    }
    self.scale = scale
    self.count = count
    summary = "synthetic faces \(first)..<\(first + count) of seed \(seed)"
    lowRes = pairs.map(\.lowRes.pixels)
    highRes = pairs.map(\.highRes.pixels)
  }

  package func withPair<Result>(
    at index: Int,
    _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    try lowRes[index].withUnsafeBufferPointer { low in
      try highRes[index].withUnsafeBufferPointer { high in try body(low, high) }
    }
  }

  private static func draw(seed: UInt64, index: Int, scale: Int) -> (lowRes: RGBImage, highRes: RGBImage) {
    let painter = FacePainter(traits: FaceTraits(seed: seed, index: index), size: highResSize)
    let highRes = painter.paint(size: highResSize)
    return (highRes.resized(width: highResSize / scale, height: highResSize / scale), highRes)
  }
}
