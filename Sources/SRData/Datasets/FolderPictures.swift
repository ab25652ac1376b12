import SRFiles

/// PNG and JPEG files of any size, in one folder or two.
///
/// A folder's pictures are found as by `srdist prepare`, in folders below it too. A picture of 16 bits keeps its high bytes,
/// transparency is dropped, and grey is repeated in three channels.
package struct FolderPictures: PictureSet {
  private struct Entry: Sendable {
    let name: String
    /// Nil if the low-resolution picture is made from the original.
    let lowRes: MappedFile?
    let highRes: MappedFile
    /// The original's size, cropped.
    let size: PictureSize
  }

  package let summary: String
  package let scale: Int
  private let entries: [Entry]
  private let resampling: Resampling

  package var count: Int { entries.count }
  package var files: [MappedFile] { entries.flatMap { [$0.lowRes, $0.highRes].compactMap { $0 } } }
  package func name(at index: Int) -> String { entries[index].name }
  package func size(at index: Int) -> PictureSize { entries[index].size }

  /// Pairs of two folders. Each picture of one has a partner of the same name, without its ending, in the other.
  ///
  /// - Parameters:
  ///   - template: how a low-resolution picture is named after its original. If nil, as the original or, if this does not fit
  ///     all of them, with `x2` to `x16` behind it.
  ///   - scale: if nil, the ratio of the first pair's heights.
  ///   - cropMultiple: originals are cropped at their right and lower edge to a multiple of this; 1 for none.
  /// - Throws: ``PictureSetError`` if the folders do not fit each other; ``FileError``, ``ImageFileError`` or
  ///   ``PreparationError`` for what cannot be read.
  package init(
    lowRes lowResFolder: String, highRes highResFolder: String, template: FileNameTemplate? = nil,
    scale: Int? = nil, cropMultiple: Int = 1
  ) throws {
    let pairing = try FolderPairing(
      lowRes: lowResFolder, highRes: highResFolder, template: template, scale: scale)
    var entries: [Entry] = []
    var problems: [String] = []
    var foundScale = scale
    for pair in pairing.pairs {
      guard let lowPath = pair.lowRes else { continue }
      let low = try MappedFile(path: lowPath)
      let high = try MappedFile(path: pair.highRes)
      let (lowSize, fullSize) = (try Self.size(of: low), try Self.size(of: high))
      let factor = foundScale ?? FolderPairing.scale(highRes: fullSize, lowRes: lowSize)
      foundScale = factor
      if let problem = FolderPairing.misfit(
        highRes: (high.path, fullSize), lowRes: (low.path, lowSize), scale: factor, cropMultiple: cropMultiple
      ) {
        problems.append(problem)
      }
      entries.append(
        Entry(name: "\(pair.name)", lowRes: low, highRes: high, size: fullSize.cropped(to: cropMultiple)))
    }
    guard problems.isEmpty, let foundScale else {
      throw PictureSetError(
        description: FolderPairing.shown(problems)
          + ". An original needs to be cropped to a multiple of the scale before it is reduced (`srdist evaluate "
          + "--modcrop` crops at the right and lower edge)")
    }
    self.entries = entries
    self.scale = foundScale
    resampling = .matlab
    summary = "\(lowResFolder) and \(highResFolder)"
  }

  /// Originals, from which low-resolution pictures are made.
  ///
  /// - Parameter cropMultiple: a multiple of `scale`; originals are cropped at their right and lower edge to a multiple of this.
  /// - Throws: as the other initialiser.
  package init(
    highRes folder: String, scale: Int, cropMultiple: Int, resampling: Resampling
  ) throws {
    precondition(cropMultiple % scale == 0, "crops to multiples of \(cropMultiple) at scale \(scale)")
    entries = try FolderPairing(highRes: folder).pairs.map { pair in
      let file = try MappedFile(path: pair.highRes)
      let size = try Self.size(of: file)
      guard min(size.width, size.height) >= cropMultiple else {
        throw PictureSetError(
          description: "\(file.path) has \(size) pixels, expected at least \(cropMultiple) x \(cropMultiple)")
      }
      return Entry(name: "\(pair.name)", lowRes: nil, highRes: file, size: size.cropped(to: cropMultiple))
    }
    self.scale = scale
    self.resampling = resampling
    summary = "\(folder) (reduced by \(resampling.program)'s bicubic)"
  }

  package func load(at index: Int) throws -> PicturePair {
    let entry = entries[index]
    let high = try Self.decode(entry.highRes)
    let highRes = high.cropped(x: 0, y: 0, width: entry.size.width, height: entry.size.height)
    let low = try entry.lowRes.map(Self.decode)
    return PicturePair(
      lowRes: low?.image
        ?? highRes.resized(width: highRes.width / scale, height: highRes.height / scale, by: resampling),
      highRes: highRes, isGrey: high.isGrey, conversions: high.conversions.union(low?.conversions ?? []))
  }

  private static func decode(_ file: MappedFile) throws -> DecodedPicture {
    try file.withBytes { bytes throws(ImageFileError) in try ImageFile.decode(bytes, path: file.path) }
  }

  private static func size(of file: MappedFile) throws -> PictureSize {
    let (width, height) = try ImageFile.size(of: file)
    return PictureSize(width: width, height: height)
  }
}
