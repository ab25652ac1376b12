import SRFiles

/// Which pictures of two folders belong together, by their names.
package struct FolderPairing: Sendable {
  package struct Pair: Sendable {
    /// The original's, below its folder and without its ending.
    package let name: BytePath
    /// Nil if the low-resolution picture is made from the original.
    package let lowRes: BytePath?
    package let highRes: BytePath
  }

  /// In the order of their names.
  package let pairs: [Pair]

  /// Each picture of one folder has a partner of the same name, without its ending, in the other.
  ///
  /// - Parameters:
  ///   - template: how a low-resolution picture is named after its original. If nil, as the original or, if this does not fit
  ///     all of them, with `x2` to `x16` behind it.
  ///   - scale: tried first among these; nil if it is not known.
  /// - Throws: ``PictureSetError`` if a folder is empty or a picture has no partner; ``FileError`` or ``PreparationError`` for a
  ///   folder that cannot be read.
  package init(
    lowRes lowResFolder: String, highRes highResFolder: String, template: FileNameTemplate?, scale: Int?
  ) throws {
    let lowRes = try Self.pictures(of: lowResFolder)
    let highRes = try Self.pictures(of: highResFolder)
    let names = highRes.keys.sorted()
    let fitting = template ?? .fitting(names, Set(lowRes.keys), scale: scale)
    let lowNames = names.map(fitting.name)
    try Self.check(
      [
        (zip(names, lowNames).filter { lowRes[$1] == nil }.map(\.0), highResFolder, lowResFolder),
        (Set(lowRes.keys).subtracting(lowNames).sorted(), lowResFolder, highResFolder),
      ], fitting)
    pairs = zip(names, lowNames).compactMap { name, lowName in
      guard let low = lowRes[lowName], let high = highRes[name] else { return nil }
      return Pair(name: name, lowRes: low, highRes: high)
    }
  }

  /// Originals alone. Throws as the other initialiser.
  package init(highRes folder: String) throws {
    pairs = try Self.pictures(of: folder).sorted { $0.key < $1.key }.map { name, path in
      Pair(name: name, lowRes: nil, highRes: path)
    }
  }

  /// The paths of a folder's pictures, by their names without endings.
  fileprivate static func pictures(
    of folder: String, takesArrays: Bool = true
  ) throws -> [BytePath: BytePath] {
    let listing = try PictureListing(directory: folder, takesArrays: takesArrays)
    var pictures: [BytePath: BytePath] = [:]
    for path in listing.pictures {
      if let other = pictures.updateValue(path, forKey: path.withoutPictureEnding) {
        throw PictureSetError(
          description:
            "\(folder): \(other) and \(path) differ only in their endings; a picture's name must be unique")
      }
    }
    guard !pictures.isEmpty else {
      let others = listing.passedOver.isEmpty ? "" : ". Passed over: \(listing.passedOver)"
      let kinds = takesArrays ? "PNG, JPEG or .npy" : "PNG or JPEG"
      throw PictureSetError(description: "\(folder): no \(kinds) file is there\(others)")
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
    throw PictureSetError(description: "\(shown(problems)). \(template.rule)")
  }

  /// The first problems, and how many more there are.
  static func shown(_ problems: [String]) -> String {
    let most = 5
    return problems.prefix(most).joined(separator: "; ")
      + (problems.count > most ? "; and \(problems.count - most) more" : "")
  }
}

/// A folder of originals, of which some have low-resolution pictures that lie elsewhere.
package struct FolderOriginals: Sendable {
  private let folder: String
  private let template: FileNameTemplate
  /// By the names of their low-resolution pictures.
  private let paths: [BytePath: BytePath]

  /// - Parameters:
  ///   - template: as in ``FolderPairing``.
  ///   - lowRes: the paths of all low-resolution pictures below their folders, by which a template is chosen if none is given.
  /// - Throws: as ``FolderPairing``, but a picture may lack a partner.
  package init(
    _ folder: String, template: FileNameTemplate?, scale: Int?, lowRes: [BytePath]
  ) throws {
    // Results are compared with PNG and JPEG files alone.
    let pictures = try FolderPairing.pictures(of: folder, takesArrays: false)
    let template =
      template ?? .fitting(Array(pictures.keys), Set(lowRes.map(\.withoutPictureEnding)), scale: scale)
    self.folder = folder
    self.template = template
    paths = Dictionary(uniqueKeysWithValues: pictures.map { (template.name($0), $1) })
  }

  /// The original of a low-resolution picture.
  ///
  /// - Parameters:
  ///   - path: below `lowResFolder`.
  /// - Throws: ``PictureSetError`` if there is none.
  package func original(of path: BytePath, in lowResFolder: String) throws -> BytePath {
    if let original = paths[path.withoutPictureEnding] { return original }
    throw PictureSetError(
      description:
        "\(lowResFolder) has '\(path.withoutPictureEnding)', which has no partner in \(folder). \(template.rule)"
    )
  }
}

extension FolderPairing {
  /// The scale of a pair whose original may still have to be cropped; if there is none, the whole ratio that is nearest to that of
  /// the heights, and 1 at least.
  static func scale(highRes: PictureSize, lowRes: PictureSize) -> Int {
    let low = max(1, lowRes.height)
    let nearest = max(1, (2 * highRes.height + low) / (2 * low))
    return [nearest, nearest - 1].first { $0 > 0 && highRes.cropped(to: $0) == lowRes * $0 } ?? nearest
  }

  /// Why two pictures are no pair of a scale, if the original is cropped to a multiple; nil if they are one.
  static func misfit(
    highRes: (path: String, size: PictureSize), lowRes: (path: String, size: PictureSize), scale: Int,
    cropMultiple: Int
  ) -> String? {
    let size = highRes.size.cropped(to: cropMultiple)
    guard size != lowRes.size * scale else { return nil }
    let cropped = size == highRes.size ? "" : " (cropped from \(highRes.size))"
    return
      "\(highRes.path) has \(size) pixels\(cropped), expected \(lowRes.size * scale), \(scale) times those of "
      + "\(lowRes.path)"
  }
}

extension PictureSize {
  /// The largest size of whole multiples that is not larger.
  func cropped(to multiple: Int) -> PictureSize {
    PictureSize(width: width / multiple * multiple, height: height / multiple * multiple)
  }
}

/// How a low-resolution picture's file is named after its original, without the ending: `{}` stands for the original's name.
package struct FileNameTemplate: Sendable, Equatable, CustomStringConvertible {
  private let before: String
  private let after: String

  /// What a template is, for help and errors.
  package static let expectation = "a name with {} in it once and without /, such as {}x4"

  /// Nil if the text does not have `{}` once.
  package init?(_ text: String) {
    let parts = text.split(separator: "{}", omittingEmptySubsequences: false)
    guard parts.count == 2, !text.contains("/") else { return nil }
    (before, after) = (String(parts[0]), String(parts[1]))
  }

  private init(before: String, after: String) { (self.before, self.after) = (before, after) }

  static let same = FileNameTemplate(before: "", after: "")

  /// The first of the usual templates that fits all names, or else most of them: the original's name, then that with `x2` to `x16`
  /// behind it.
  ///
  /// - Parameter scale: tried first among these; nil if it is not known.
  fileprivate static func fitting(
    _ originals: [BytePath], _ lowRes: Set<BytePath>, scale: Int?
  ) -> FileNameTemplate {
    let templates =
      [same] + ((scale.map { [$0] } ?? []) + Array(2...16)).map(FileNameTemplate.suffix(ofScale:))
    let fits = templates.map { template in originals.count { lowRes.contains(template.name($0)) } }
    return templates.first { Set(originals.map($0.name)) == lowRes }
      ?? templates[fits.firstIndex(of: fits.max() ?? 0) ?? 0]
  }

  /// What names have to be.
  fileprivate var rule: String {
    "Each low-resolution picture needs the name of its original, without the ending, as the template '\(self)' forms it"
  }

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
