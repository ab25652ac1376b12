import SRFiles

/// PNG, JPEG and `.npy` files of any size, in one folder or two.
///
/// A folder's pictures are found as by `srdist prepare`, in folders below it too. A ``PictureFormatRule`` decides their type and
/// channels. But 8-bit pictures of grey and RGB are all loaded as RGB.
package struct FolderPictures: PictureSet {
  private struct Entry: Sendable {
    let name: String
    /// Nil if the low-resolution picture is made from the original.
    let lowRes: MappedFile?
    let highRes: MappedFile
    /// The original's size, cropped.
    let size: PictureSize
    let lowFacts: PictureFacts?
    let highFacts: PictureFacts
  }

  package let summary: String
  package let scale: Int
  package let format: PairFormat
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
  ///   - rule: decides the pictures' type and channels.
  /// - Throws: ``PictureSetError`` if the folders do not fit each other; ``FileError``, ``ImageFileError`` or
  ///   ``PreparationError`` for what cannot be read.
  package init(
    lowRes lowResFolder: String, highRes highResFolder: String, template: FileNameTemplate? = nil,
    scale: Int? = nil, cropMultiple: Int = 1, rule: PictureFormatRule = PictureFormatRule()
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
      let (lowFacts, highFacts) = (try SourcePicture(low).facts, try SourcePicture(high).facts)
      let (lowSize, fullSize) = (lowFacts.size, highFacts.size)
      let factor = foundScale ?? FolderPairing.scale(highRes: fullSize, lowRes: lowSize)
      foundScale = factor
      if let problem = FolderPairing.misfit(
        highRes: (high.path, fullSize), lowRes: (low.path, lowSize), scale: factor, cropMultiple: cropMultiple
      ) {
        problems.append(problem)
      }
      entries.append(
        Entry(
          name: "\(pair.name)", lowRes: low, highRes: high, size: fullSize.cropped(to: cropMultiple),
          lowFacts: lowFacts, highFacts: highFacts))
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
    format = try Self.format(of: entries, rule)
    summary = "\(lowResFolder) and \(highResFolder)"
  }

  /// Originals, from which low-resolution pictures are made.
  ///
  /// - Parameter cropMultiple: a multiple of `scale`; originals are cropped at their right and lower edge to a multiple of this.
  /// - Throws: as the other initialiser.
  package init(
    highRes folder: String, scale: Int, cropMultiple: Int, resampling: Resampling,
    rule: PictureFormatRule = PictureFormatRule()
  ) throws {
    precondition(cropMultiple % scale == 0, "crops to multiples of \(cropMultiple) at scale \(scale)")
    entries = try FolderPairing(highRes: folder).pairs.map { pair in
      let file = try MappedFile(path: pair.highRes)
      let facts = try SourcePicture(file).facts
      let size = facts.size
      guard min(size.width, size.height) >= cropMultiple else {
        throw PictureSetError(
          description: "\(file.path) has \(size) pixels, expected at least \(cropMultiple) x \(cropMultiple)")
      }
      return Entry(
        name: "\(pair.name)", lowRes: nil, highRes: file, size: size.cropped(to: cropMultiple), lowFacts: nil,
        highFacts: facts)
    }
    self.scale = scale
    self.resampling = resampling
    format = try Self.format(of: entries, rule)
    summary = "\(folder) (reduced by \(resampling.program)'s bicubic)"
  }

  package func load(at index: Int) throws -> PicturePair {
    let entry = entries[index]
    let high = try SourcePicture(entry.highRes)
    let low = try entry.lowRes.map { try SourcePicture($0) }
    let highRes = try decode(high, as: format.highRes, entry.size, entry.highFacts)
    let lowRes = try low.map { try decode($0, as: format.lowRes, $0.facts.size, entry.lowFacts) }
    return PicturePair(
      lowRes: lowRes
        ?? highRes.resized(width: highRes.width / scale, height: highRes.height / scale, by: resampling),
      highRes: highRes, isGrey: high.facts.isGrey,
      conversions: high.conversions(as: format.highRes)
        .union(low?.conversions(as: format.lowRes) ?? []))
  }

  private func decode(
    _ file: SourcePicture, as format: PixelFormat, _ size: PictureSize, _ facts: PictureFacts?
  ) throws -> Raster {
    guard file.facts == facts else {
      throw ImageFileError(path: file.path, problem: "it was changed while it was read; start again")
    }
    return try file.decode(as: format, size: size, values: self.format.values)
  }

  /// 8-bit RGB for pictures of 8 bits and networks of one or three channels. Throws ``PictureSetError``.
  private static func format(of entries: [Entry], _ rule: PictureFormatRule) throws -> PairFormat {
    let highRes = entries.map { (path: $0.highRes.path, facts: $0.highFacts) }
    let lowRes = entries.compactMap { entry in
      entry.lowFacts.map { (path: entry.lowRes?.path ?? "", facts: $0) }
    }
    do throws(TrainingPicturesError) {
      let isOfPictures = (highRes + lowRes).allSatisfy { $0.facts.kind == .picture }
      if isOfPictures, rule.takesRGB, try rule.values(of: highRes + lowRes) == PairFormat.rgb8.values {
        return .rgb8
      }
      return try rule.format(highRes: highRes, lowRes: lowRes)
    } catch {
      throw PictureSetError(description: "\(FolderPairing.shown(error.problems)). \(error.rule)")
    }
  }
}

extension PictureFormatRule {
  /// Whether a network of the channels takes 8-bit RGB, perhaps its first channel alone.
  fileprivate var takesRGB: Bool {
    let (input, output) = (inputChannels ?? 3, outputChannels ?? 3)
    return input == output && [1, 3].contains(input)
  }
}
