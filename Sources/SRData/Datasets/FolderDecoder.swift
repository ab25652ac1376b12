import SRFiles
import SRProcess
import SRTensor

/// Decodes the pairs of training folders, as many at a time as the memory allows.
package struct FolderDecoder: Sendable {
  struct Pair {
    let lowRes: Raster
    let highRes: Raster
  }

  private let folders: TrainingFolders
  private let layout: PictureLayout
  private let budget: PixelBudget

  /// - Parameter budget: shared by the threads that decode.
  package init(_ folders: TrainingFolders, _ layout: PictureLayout, within budget: PixelBudget) {
    self.folders = folders
    self.layout = layout
    self.budget = budget
  }

  /// Decodes one pair, and writes it if there is a writer.
  ///
  /// - Returns: SHA-256 of the pair's pixels.
  /// - Throws: ``TrainingPicturesError`` that names each damaged file of the pair; ``FileError`` if the pair cannot be written.
  package func decode(_ index: Int, to writer: PictureCacheWriter?) throws -> [UInt8] {
    try withPair(index) { pair in
      try writer?.write(pair, at: index)
      let hasher = SHA256()
      pair.lowRes.bytes.withUnsafeBytes(hasher.update)
      pair.highRes.bytes.withUnsafeBytes(hasher.update)
      return hasher.finalizeBytes()
    }
  }

  /// Decodes all pairs into memory. Throws as ``decode(_:to:)``.
  ///
  /// - Parameter progress: called after each pair.
  package func decodeAll(progress: () -> Void = {}) throws -> PictureCache {
    let first = layout.count > 0 ? layout.pixels(0).lowerBound : 0
    var pixels = [UInt8](repeating: 0, count: layout.byteCount - first)
    for index in 0..<layout.count {
      try withPair(index) { pair in
        let start = layout.pixels(index).lowerBound - first
        pixels.replaceSubrange(start..<start + pair.lowRes.bytes.count, with: pair.lowRes.bytes)
        let next = start + pair.lowRes.bytes.count
        pixels.replaceSubrange(next..<next + pair.highRes.bytes.count, with: pair.highRes.bytes)
      }
      progress()
    }
    return PictureCache(layout, pixels: pixels)
  }

  private func withPair<Value>(_ index: Int, _ body: (Pair) throws -> Value) throws -> Value {
    let (pair, highSize, lowSize) = (folders.pairs[index], layout.highRes[index], layout.lowRes(index))
    let (lowFormat, highFormat) = (layout.format.lowRes, layout.format.highRes)
    let high = try SourcePicture(pair.highRes)
    let low = try pair.lowRes.map { try SourcePicture($0) }
    // The decoded pictures, and copies of what is kept of them.
    let bytes =
      high.decodingBytes(as: highFormat) + highFormat.bytesPerPixel * highSize.pixels
      + lowFormat.bytesPerPixel * lowSize.pixels
      + (low?.decodingBytes(as: lowFormat)
        ?? folders.resampling.workingBytes(
          highFormat, fromWidth: highSize.width, height: highSize.height, toWidth: lowSize.width,
          height: lowSize.height))
    guard bytes <= budget.bytes else {
      throw ImageFileError(
        path: high.path,
        problem:
          "decoding it takes \(ByteCount(bytes)) of memory, and this rank may take \(ByteCount(budget.bytes)); "
          + "start fewer ranks on the host, or cut the picture into parts")
    }
    return try budget.withBytes(bytes) {
      let pictures: [Result<Raster, any Error>] = [
        Result { try decode(high, as: highFormat, size: highSize, isCropped: true) },
        low.map { low in Result { try decode(low, as: lowFormat, size: lowSize, isCropped: false) } },
      ].compactMap { $0 }
      let problems = pictures.compactMap { picture in
        if case .failure(let error) = picture { "\(error)" } else { nil }
      }
      guard problems.isEmpty else {
        throw TrainingPicturesError(problems, rule: TrainingPicturesError.repair)
      }
      let found = try pictures.map { try $0.get() }
      let lowRes =
        found.count > 1
        ? found[1] : found[0].resized(width: lowSize.width, height: lowSize.height, by: folders.resampling)
      return try body(Pair(lowRes: lowRes, highRes: found[0]))
    }
  }

  /// The upper left part of a picture, or the whole picture.
  private func decode(
    _ file: SourcePicture, as format: PixelFormat, size: PictureSize, isCropped: Bool
  ) throws -> Raster {
    let found = file.facts.size
    let isThere =
      isCropped ? found.width >= size.width && found.height >= size.height : found == size
    guard isThere, file.facts.canHave(channels: format.channels),
      file.facts.kind == .picture || file.facts.sample == format.sample
    else {
      throw ImageFileError(
        path: file.path,
        problem:
          "it was replaced while it was read: it has \(found) pixels of \(file.facts.text), expected \(size); start again"
      )
    }
    return try file.decode(as: format, size: size, values: layout.format.values)
  }
}
