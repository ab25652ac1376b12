import SRFiles
import SRTensor

/// Patches of pictures of any size, cut at random in each epoch from the decoded pictures of training folders.
///
/// Sample i of an epoch is a patch of picture i / `patchesPerImage`. The corner of its low-resolution patch is drawn among all
/// corners, and the high-resolution patch is what that patch shows. So where a picture has a low-resolution file, both patches are cut
/// from files; elsewhere, the low-resolution picture was made from the whole original.
package struct PictureCrops: TrainingSource {
  /// What the patches are, and from which draws.
  package struct Options: Sendable {
    /// The side of a high-resolution patch: a multiple of the scale, and no longer than any picture's.
    package var patch: Int
    package var patchesPerImage: Int
    package var seed: UInt64

    package init(patch: Int, patchesPerImage: Int, seed: UInt64) {
      self.patch = patch
      self.patchesPerImage = patchesPerImage
      self.seed = seed
    }
  }

  package let summary: String
  package let lowResHeight: Int
  package let scale: Int
  private let layout: PictureLayout
  private let digests: [[UInt8]]
  private let pictures: PictureCache?
  private let patchesPerImage: Int
  private let draw: CropDraw

  /// - Parameters:
  ///   - digests: SHA-256 of each pair's pixels.
  ///   - cache: the pixels; nil if no pair is loaded.
  package init(
    _ folders: TrainingFolders, _ layout: PictureLayout, digests: [[UInt8]], cache: PictureCache?,
    _ options: Options
  ) {
    precondition(
      options.patch % layout.scale == 0
        && layout.highRes.allSatisfy { options.patch <= min($0.width, $0.height) },
      "patches of \(options.patch) at scale \(layout.scale)")
    self.layout = layout
    self.digests = digests
    pictures = cache
    scale = layout.scale
    lowResHeight = options.patch / layout.scale
    patchesPerImage = options.patchesPerImage
    draw = CropDraw(seed: options.seed)
    let sizes = layout.highRes.sorted { $0.pixels < $1.pixels }
    let range = sizes.first == sizes.last ? "\(sizes[0])" : "\(sizes[0]) to \(sizes[sizes.count - 1])"
    summary =
      "\(folders.summary): \(layout.count) pictures of \(range) pixels, \(options.patchesPerImage) patch(es) of "
      + "\(options.patch) x \(options.patch) of each"
      + (layout.format.isRGB8 ? "" : " (\(layout.format.text))") + layout.remarks.map { "; \($0)" }.joined()
  }

  package var count: Int { layout.count * patchesPerImage }
  package var lowResWidth: Int { lowResHeight }
  package var lowResChannels: Int { layout.format.lowRes.channels }
  package var highResChannels: Int { layout.format.highRes.channels }
  package var values: SampleScale { layout.format.values }
  package var files: [MappedFile] { [] }
  package var cache: PictureCache? { pictures }

  /// The pixels alone count, not the names and the formats of the files.
  package var contents: [TrainingContent] {
    [
      { progress in
        let hasher = SHA256()
        hasher.update("\(layout.count) pairs of pictures, scale \(scale)\n")
        if !layout.format.isRGB8 { hasher.update("\(layout.format.text)\n") }
        for (size, digest) in zip(layout.highRes, digests) {
          hasher.update("\(size)\n")
          digest.withUnsafeBytes(hasher.update)
        }
        progress()
        return hasher.finalize()
      }
    ]
  }

  package func crop(index: Int, epoch: Int) -> (top: Int, left: Int)? {
    let size = layout.lowRes(index / patchesPerImage)
    let (top, left) = draw.origin(
      index: index, epoch: epoch, rows: size.height - lowResHeight + 1,
      columns: size.width - lowResWidth + 1)
    return (top * scale, left * scale)
  }

  package func load(
    index: Int, crop: (top: Int, left: Int)?, lowRes: UnsafeMutablePointer<Float>?,
    highRes: UnsafeMutablePointer<Float>
  ) {
    guard let crop, let pictures else { preconditionFailure("patch \(index) has no place, or no pixels") }
    let picture = index / patchesPerImage
    pictures.withPair(at: picture) { lowPixels, highPixels in
      if let lowRes {
        copyPatch(
          of: lowPixels, layout.lowRes(picture), layout.format.lowRes, values, top: crop.top / scale,
          left: crop.left / scale, side: lowResHeight, to: lowRes)
      }
      copyPatch(
        of: highPixels, layout.highRes[picture], layout.format.highRes, values, top: crop.top,
        left: crop.left, side: highResHeight, to: highRes)
    }
  }
}

/// Writes a square patch of a picture as intensities 0...1.
private func copyPatch(
  of pixels: UnsafePointer<UInt8>, _ size: PictureSize, _ format: PixelFormat, _ values: SampleScale,
  top: Int, left: Int, side: Int, to patch: UnsafeMutablePointer<Float>
) {
  precondition(
    top >= 0 && left >= 0 && top + side <= size.height && left + side <= size.width,
    "a patch of \(side) at (\(left), \(top)) leaves a picture of \(size)")
  for row in 0..<side {
    let source = pixels + ((top + row) * size.width + left) * format.bytesPerPixel
    values.loadIntensities(
      from: UnsafeRawBufferPointer(start: source, count: side * format.bytesPerPixel),
      into: patch + row * side * format.channels)
  }
}
