import SRFiles
import SRTensor

/// Fresh crops of full images, one for each epoch and index.
///
/// The images are in `full_train.npy`, as `srdist prepare --keep-full` writes it, uint8 NHWC. They are cropped to the
/// high-resolution size, and the crop is resized to the low-resolution size by the filter that made the stored pairs.
package struct RandomCrops: TrainingSource {
  /// The crops have the sizes of these pairs.
  private let pairs: any PairDataset
  private let images: NumPyArray
  private let resize: PictureResize
  private let resampling: Resampling
  private let draw: CropDraw

  /// The name of the file in the data folder.
  package static let fileName = "full_train.npy"

  /// - Parameters:
  ///   - directory: the data folder.
  ///   - pairs: the crops have their sizes.
  ///   - seed: for the crops' positions.
  /// - Throws: ``FileError``, or ``NumPyError``, also if the images are smaller than the crops.
  package init(directory: String, like pairs: any PairDataset, seed: UInt64) throws {
    let path = "\(directory)/\(Self.fileName)"
    guard pairs.isRGB8 else {
      throw PairDatasetError(
        path: path, expected: "pairs of uint8 and 3 channels, as fresh crops have",
        found: "pairs of \(pairs.values) with \(pairs.lowResChannels) and \(pairs.highResChannels) channels",
        advice: "leave out --crop random")
    }
    images = try NumPyArray(path: path, rank: 4)
    self.pairs = pairs
    let (highResHeight, highResWidth) = (pairs.highResHeight, pairs.highResWidth)
    guard images.shape[0] > 0, images.shape[1] >= highResHeight, images.shape[2] >= highResWidth,
      images.shape[3] == 3
    else {
      throw NumPyError(
        path: path, expected: "images of at least \(highResHeight) x \(highResWidth) x 3",
        found: "\(images.shape)")
    }
    resampling = pairs.resampling
    resize = PictureResize(
      by: pairs.resampling, fromWidth: highResWidth, height: highResHeight, toWidth: pairs.lowResWidth,
      height: pairs.lowResHeight)
    draw = CropDraw(seed: seed)
  }

  package var summary: String { pairs.summary }
  package var count: Int { images.shape[0] }
  package var lowResHeight: Int { pairs.lowResHeight }
  package var lowResWidth: Int { pairs.lowResWidth }
  package var scale: Int { pairs.scale }
  /// Those of the stored pairs, and that of the full images.
  package var files: [MappedFile] { pairs.files + [images.file] }

  /// Those of the stored pairs, and those of the full images.
  package var contents: [TrainingContent] {
    [{ pairs.contentHash(progress: $0) }, { contentHash(progress: $0) }]
  }

  /// SHA-256 in hexadecimal over the full images' shape and every byte: ranks and resumed runs compare it.
  ///
  /// - Parameter progress: called after each image.
  package func contentHash(progress: () -> Void = {}) -> String {
    let hasher = SHA256()
    hasher.update("\(images.shape)\n")
    // Earlier versions had one filter, and hashed nothing for it.
    if resampling != .pillow { hasher.update("\(resampling.rawValue)\n") }
    for index in 0..<count {
      hasher.update(UnsafeRawBufferPointer(images.entry(index)))
      progress()
    }
    return hasher.finalize()
  }

  /// The upper left corner of the epoch's crop of one image, in pixels.
  package func origin(index: Int, epoch: Int) -> (top: Int, left: Int) {
    draw.origin(
      index: index, epoch: epoch, rows: images.shape[1] - highResHeight + 1,
      columns: images.shape[2] - highResWidth + 1)
  }

  package func crop(index: Int, epoch: Int) -> (top: Int, left: Int)? { origin(index: index, epoch: epoch) }

  package func load(
    index: Int, crop: (top: Int, left: Int)?, lowRes: UnsafeMutablePointer<Float>?,
    highRes: UnsafeMutablePointer<Float>
  ) {
    guard let crop else { return pairs.load(index: index, lowRes: lowRes, highRes: highRes) }
    load(index: index, top: crop.top, left: crop.left, lowRes: lowRes, highRes: highRes)
  }

  /// Writes a crop of one image and its reduced picture, each as float32 HWC, 0...1.
  ///
  /// `lowRes` is nil if the crop alone is needed.
  package func load(
    index: Int, top: Int, left: Int, lowRes: UnsafeMutablePointer<Float>?,
    highRes: UnsafeMutablePointer<Float>
  ) {
    let crop = crop(index: index, top: top, left: left)
    for (i, byte) in crop.pixels.enumerated() { highRes[i] = Float(byte) / 255 }
    guard let lowRes else { return }
    for (i, byte) in resize(crop).pixels.enumerated() { lowRes[i] = Float(byte) / 255 }
  }

  private func crop(index: Int, top: Int, left: Int) -> RGBImage {
    let rowBytes = highResWidth * 3
    let image = images.entry(index)
    let pixels = [UInt8](unsafeUninitializedCapacity: highResHeight * rowBytes) { crop, count in
      for row in 0..<highResHeight {
        let source = ((top + row) * images.shape[2] + left) * 3
        _ = crop[(row * rowBytes)...].update(fromContentsOf: image[source..<source + rowBytes])
      }
      count = highResHeight * rowBytes
    }
    return RGBImage(width: highResWidth, height: highResHeight, pixels: pixels)
  }
}
