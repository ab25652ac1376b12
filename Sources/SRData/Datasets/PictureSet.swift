import SRFiles

/// Pictures of any size to measure a network on: low-resolution pictures and their originals, in the order of their names.
///
/// Several threads may read at the same time.
package protocol PictureSet: Sendable {
  /// The set's name in texts, such as the folders' paths.
  var summary: String { get }
  var count: Int { get }
  /// How many times higher and wider the originals are.
  var scale: Int { get }
  /// Of the pictures as they are loaded. Grey pictures of 8 bits are loaded as RGB.
  var format: PairFormat { get }
  /// The files that the pictures are read from. They are mapped, so they must not change while the set is in use.
  var files: [MappedFile] { get }

  func name(at index: Int) -> String
  /// The original's size.
  func size(at index: Int) -> PictureSize
  /// Decodes a picture and its original. Throws ``ImageFileError``.
  func load(at index: Int) throws -> PicturePair
}

package struct PictureSize: Sendable, Hashable, CustomStringConvertible {
  package let width: Int
  package let height: Int

  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  package var pixels: Int { width * height }
  package var description: String { "\(width) x \(height)" }

  static func * (size: PictureSize, factor: Int) -> PictureSize {
    PictureSize(width: size.width * factor, height: size.height * factor)
  }
}

extension RGBImage {
  package var size: PictureSize { PictureSize(width: width, height: height) }
}

/// A low-resolution picture and its original.
package struct PicturePair: Sendable {
  package let lowRes: Raster
  package let highRes: Raster
  /// Whether the original's file has one channel of colour.
  package let isGrey: Bool
  /// What decoding changed.
  package let conversions: Set<PictureConversion>
}

extension PictureSet {
  /// The originals' size with the most pixels.
  package var largestSize: PictureSize {
    (0..<count).map(size(at:)).max { $0.pixels < $1.pixels } ?? PictureSize(width: 0, height: 0)
  }

  /// SHA-256 in hexadecimal over the names and the bytes of all files: ranks and resumed runs compare it.
  ///
  /// - Parameter progress: called after each file.
  package func contentHash(progress: () -> Void = {}) -> String {
    let hasher = SHA256()
    hasher.update((0..<count).map { "\(name(at: $0))\n" }.joined())
    for file in files {
      hasher.update("\(file.count)\n")
      file.withBytes { hasher.update($0) }
      progress()
    }
    return hasher.finalize()
  }
}

/// The pairs of a data set of arrays, as pictures of one size. Their names are their positions.
package struct StoredPictures: PictureSet {
  private let pairs: any PairDataset

  /// Precondition: the pairs are 8-bit RGB.
  package init(_ pairs: any PairDataset) {
    precondition(pairs.isRGB8, "pairs of \(pairs.values) taken for 8-bit RGB")
    self.pairs = pairs
  }

  package var summary: String { pairs.summary }
  package var count: Int { pairs.count }
  package var scale: Int { pairs.scale }
  package var format: PairFormat { .rgb8 }
  package var files: [MappedFile] { pairs.files }
  package func name(at index: Int) -> String { "\(index)" }

  package func size(at index: Int) -> PictureSize {
    PictureSize(width: pairs.highResWidth, height: pairs.highResHeight)
  }

  package func load(at index: Int) -> PicturePair {
    PicturePair(
      lowRes: Raster(pairs.lowResImage(at: index)), highRes: Raster(pairs.highResImage(at: index)),
      isGrey: false,
      conversions: [])
  }
}

/// Folders of pictures do not form pairs.
package struct PictureSetError: Error, CustomStringConvertible, Sendable, Equatable {
  package let description: String
}
