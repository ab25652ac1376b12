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
  ///     all of them, with `xSCALE` behind it.
  ///   - scale: if nil, the ratio of the first pair's heights.
  ///   - cropMultiple: originals are cropped at their right and lower edge to a multiple of this; 1 for none.
  /// - Throws: ``PictureSetError`` if the folders do not fit each other; ``FileError``, ``ImageFileError`` or
  ///   ``PreparationError`` for what cannot be read.
  package init(
    lowRes lowResFolder: String, highRes highResFolder: String, template: FileNameTemplate? = nil,
    scale: Int? = nil, cropMultiple: Int = 1
  ) throws {
    let lowRes = try Self.pictures(of: lowResFolder)
    let highRes = try Self.pictures(of: highResFolder)
    let names = highRes.keys.sorted()
    let templates =
      template.map { [$0] }
      ?? [.same] + (scale.map { [$0] } ?? Array(2...16)).map(FileNameTemplate.suffix(ofScale:))
    let fitting =
      templates.first { template in Set(names.map(template.name)) == Set(lowRes.keys) } ?? templates[0]
    let lowNames = names.map(fitting.name)
    try Self.check(
      [
        (zip(names, lowNames).filter { lowRes[$1] == nil }.map(\.0), highResFolder, lowResFolder),
        (Set(lowRes.keys).subtracting(lowNames).sorted(), lowResFolder, highResFolder),
      ], fitting)
    var entries: [Entry] = []
    var problems: [String] = []
    var foundScale = scale
    for (name, lowName) in zip(names, lowNames) {
      guard let lowPath = lowRes[lowName], let highPath = highRes[name] else { continue }
      let low = try MappedFile(path: lowPath)
      let high = try MappedFile(path: highPath)
      let (lowSize, fullSize) = (try Self.size(of: low), try Self.size(of: high))
      let highSize = fullSize.cropped(to: cropMultiple)
      let factor = foundScale ?? max(1, highSize.height / max(1, lowSize.height))
      foundScale = factor
      if highSize != lowSize * factor {
        let cropped = highSize == fullSize ? "" : " (cropped from \(fullSize))"
        problems.append(
          "\(high.path) has \(highSize) pixels\(cropped), expected \(lowSize * factor), \(factor) times those of "
            + "\(low.path)")
      }
      entries.append(Entry(name: "\(name)", lowRes: low, highRes: high, size: highSize))
    }
    guard problems.isEmpty, let foundScale else {
      throw PictureSetError(description: Self.shown(problems))
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
    let pictures = try Self.pictures(of: folder)
    entries = try pictures.keys.sorted().compactMap { name in
      guard let path = pictures[name] else { return nil }
      let file = try MappedFile(path: path)
      let size = try Self.size(of: file)
      guard min(size.width, size.height) >= cropMultiple else {
        throw PictureSetError(
          description: "\(file.path) has \(size) pixels, expected at least \(cropMultiple) x \(cropMultiple)")
      }
      return Entry(name: "\(name)", lowRes: nil, highRes: file, size: size.cropped(to: cropMultiple))
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

  /// The paths of a folder's pictures, by their names without endings.
  private static func pictures(of folder: String) throws -> [BytePath: BytePath] {
    let listing = try PictureListing(directory: folder)
    var pictures: [BytePath: BytePath] = [:]
    for path in listing.pictures {
      if let other = pictures.updateValue(path, forKey: path.withoutEnding) {
        throw PictureSetError(
          description:
            "\(folder): \(other) and \(path) differ only in their endings; a picture's name must be unique")
      }
    }
    guard !pictures.isEmpty else {
      let others = listing.passedOver.isEmpty ? "" : ". Passed over: \(listing.passedOver)"
      throw PictureSetError(description: "\(folder): no PNG or JPEG file is there\(others)")
    }
    return pictures.mapValues { BytePath(folder).appending($0) }
  }

  private static func check(
    _ lonely: [(names: [BytePath], folder: String, other: String)], _ template: FileNameTemplate
  ) throws {
    let problems = lonely.flatMap { names, folder, other in
      names.map { "\(folder) has '\($0)', which has no partner in \(other)" }
    }
    guard !problems.isEmpty else { return }
    throw PictureSetError(
      description: shown(problems)
        + ". Each low-resolution picture needs the name of its original, without the ending, as the template "
        + "'\(template)' forms it")
  }

  /// The first problems, and how many more there are.
  private static func shown(_ problems: [String]) -> String {
    let most = 5
    return problems.prefix(most).joined(separator: "; ")
      + (problems.count > most ? "; and \(problems.count - most) more" : "")
  }
}

extension PictureSize {
  fileprivate func cropped(to multiple: Int) -> PictureSize {
    PictureSize(width: width / multiple * multiple, height: height / multiple * multiple)
  }
}

extension BytePath {
  /// The path without `.png` or another ending of the file's name.
  fileprivate var withoutEnding: BytePath {
    let start = (bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
    guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > start else { return self }
    return BytePath(bytes: Array(bytes[..<dot]))
  }
}

/// How a low-resolution picture's file is named after its original, without the ending: `{}` stands for the original's name.
package struct FileNameTemplate: Sendable, Equatable, CustomStringConvertible {
  private let before: String
  private let after: String

  /// Nil if the text does not have `{}` once.
  package init?(_ text: String) {
    let parts = text.split(separator: "{}", omittingEmptySubsequences: false)
    guard parts.count == 2, !text.contains("/") else { return nil }
    (before, after) = (String(parts[0]), String(parts[1]))
  }

  private init(before: String, after: String) { (self.before, self.after) = (before, after) }

  static let same = FileNameTemplate(before: "", after: "")

  /// Such as `{}x4`.
  static func suffix(ofScale scale: Int) -> FileNameTemplate {
    FileNameTemplate(before: "", after: "x\(scale)")
  }

  /// The name of an original's low-resolution picture.
  func name(_ original: BytePath) -> BytePath {
    let start = (original.bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
    return BytePath(
      bytes: original.bytes[..<start] + Array(before.utf8) + original.bytes[start...] + Array(after.utf8))
  }

  package var description: String { "\(before){}\(after)" }
}
