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
  /// The pictures as ``draw(seed:_:scale:threads:progress:)`` returns them.
  private let pictures: [UInt8]

  /// Height and width of the high-resolution images.
  package static let highResSize = 128

  /// Whether low-resolution images of this scale can be made.
  package static func canReduce(by scale: Int) -> Bool { highResSize % scale == 0 }

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
  /// - Precondition: the faces ``canReduce(by:)`` `scale`.
  package init(
    seed: UInt64, count: Int, first: Int = 0, scale: Int = 4, threads: Int = 1,
    progress: @escaping @Sendable () -> Void = {}
  ) throws {
    precondition(count > 0 && first >= 0, "\(count) synthetic faces from \(first) on")
    let pictures = try Self.draw(
      seed: seed, first..<first + count, scale: scale, threads: threads, progress: progress)
    self.init(pictures: pictures, seed: seed, count: count, first: first, scale: scale)
  }

  /// Faces that are drawn already.
  ///
  /// - Parameter pictures: what ``draw(seed:_:scale:threads:progress:)`` returns for these faces.
  package init(pictures: [UInt8], seed: UInt64, count: Int, first: Int, scale: Int) {
    let pairBytes = Self.pairBytes(scale: scale)
    precondition(
      pictures.count == count * pairBytes, "\(pictures.count) bytes of \(count) pairs of \(pairBytes) bytes")
    self.pictures = pictures
    self.scale = scale
    self.count = count
    summary = "synthetic faces \(first)..<\(first + count) of seed \(seed)"
  }

  package func withPair<Result>(
    at index: Int,
    _ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    precondition(0..<count ~= index, "face \(index) of \(count)")
    let pairBytes = Self.pairBytes(scale: scale)
    return try pictures.withUnsafeBufferPointer { pictures in
      let pair = UnsafeBufferPointer(rebasing: pictures[index * pairBytes..<(index + 1) * pairBytes])
      return try body(
        UnsafeBufferPointer(rebasing: pair.prefix(lowResElementCount)),
        UnsafeBufferPointer(rebasing: pair.dropFirst(lowResElementCount)))
    }
  }

  /// The pictures of some faces, one pair behind the other: the low-resolution picture, then the high-resolution one.
  ///
  /// - Parameter progress: called after each face, on any thread.
  /// - Throws: ``ThreadError`` if the system does not start all threads.
  /// - Precondition: the faces ``canReduce(by:)`` `scale`.
  package static func draw(
    seed: UInt64, _ indices: Range<Int>, scale: Int, threads: Int,
    progress: @escaping @Sendable () -> Void = {}
  ) throws -> [UInt8] {
    precondition(canReduce(by: scale), "synthetic faces cannot be reduced by \(scale)")
    let pairs = try mapConcurrently(count: indices.count, threads: threads) { index in
      defer { progress() }
      return draw(seed: seed, index: indices.lowerBound + index, scale: scale)
    }
    return pairs.flatMap { $0.lowRes.pixels + $0.highRes.pixels }
  }

  /// Bytes of a pair's pictures.
  package static func pairBytes(scale: Int) -> Int {
    let lowResSize = highResSize / scale
    return 3 * (lowResSize * lowResSize + highResSize * highResSize)
  }

  private static func draw(seed: UInt64, index: Int, scale: Int) -> (lowRes: RGBImage, highRes: RGBImage) {
    let painter = FacePainter(traits: FaceTraits(seed: seed, index: index), size: highResSize)
    let highRes = painter.paint(size: highResSize)
    return (highRes.resized(width: highResSize / scale, height: highResSize / scale), highRes)
  }
}
