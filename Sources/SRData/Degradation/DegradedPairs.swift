import SRFiles

/// Pairs whose low-resolution pictures are made by a recipe once: each picture has a draw that no epoch changes. An original is grey
/// if the recipe wants it so.
package struct DegradedPairs: PairDataset {
  private let base: any PairDataset
  /// The low-resolution pictures, one after the other.
  private let lowRes: [UInt8]
  /// The originals that the recipe changes, by index.
  private let changed: [Int: [UInt8]]

  package var summary: String { "\(base.summary), degraded" }
  package var count: Int { base.count }
  package var lowResHeight: Int { base.lowResHeight }
  package var lowResWidth: Int { base.lowResWidth }
  package var scale: Int { base.scale }
  package var resampling: Resampling { base.resampling }
  package var files: [MappedFile] { base.files }

  /// The seed of validation pictures.
  package static let standardSeed: UInt64 = 0

  /// - Parameter lowRes: of all pairs, as ``lowRes(of:_:by:seed:threads:progress:)`` makes them with the degrader and the seed.
  package init(_ base: any PairDataset, lowRes: [UInt8], by degrader: Degrader, seed: UInt64) {
    precondition(
      lowRes.count == base.count * base.lowResElementCount,
      "\(lowRes.count) bytes for \(base.count) pictures of \(base.lowResElementCount)")
    self.base = base
    self.lowRes = lowRes
    changed = Dictionary(
      uniqueKeysWithValues: (0..<base.count).compactMap { index in
        let key = DegradationKey(seed: seed, fixed: index)
        guard degrader.recipe.colorChanges(key).greysOriginal else { return nil }
        return (index, degrader.finished(base.highResImage(at: index), key: key).pixels)
      })
  }

  /// The degraded low-resolution pictures of some pairs, one after the other.
  ///
  /// - Parameter progress: called after each picture, on any thread.
  /// - Throws: ``ThreadError``.
  package static func lowRes(
    of pairs: any PairDataset, _ range: Range<Int>, by degrader: Degrader, seed: UInt64, threads: Int,
    progress: @escaping @Sendable () -> Void = {}
  ) throws -> [UInt8] {
    try mapConcurrently(count: range.count, threads: threads) { position in
      defer { progress() }
      let index = range.lowerBound + position
      return degrader.degrade(
        pairs.highResImage(at: index), key: DegradationKey(seed: seed, fixed: index)
      ).pixels
    }.flatMap { $0 }
  }

  package func withPair<Result>(
    at index: Int,
    _ body: (_ lowRes: UnsafeBufferPointer<UInt8>, _ highRes: UnsafeBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    try base.withPair(at: index) { _, highRes in
      try lowRes.withUnsafeBufferPointer { all in
        let start = index * lowResElementCount
        let own = UnsafeBufferPointer(rebasing: all[start..<start + lowResElementCount])
        guard let pixels = changed[index] else { return try body(own, highRes) }
        return try pixels.withUnsafeBufferPointer { try body(own, $0) }
      }
    }
  }
}
