import SRFiles

/// Folders of training pictures of any size: originals, and low-resolution pictures or the filter that makes them.
///
/// Their pictures are found by name at once. What their files hold is found by a survey, which ranks and threads share.
package struct TrainingFolders: Sendable {
  /// What the files of a pair say before their pixels are decoded.
  package struct Survey: Codable, Sendable {
    package var highRes: PictureFacts
    /// Nil if the low-resolution picture is made.
    package var lowRes: PictureFacts?
    /// SHA-256 over both files.
    package var sha256: String
  }

  /// By position: the pair, and where its files lie.
  package private(set) var pairs: [FolderPairing.Pair]
  package let resampling: Resampling
  /// Decides the pictures' type and channels.
  private let rule: PictureFormatRule
  /// The folders' names in a text.
  package let summary: String
  /// Nil if the files decide it.
  private let scale: Int?
  let makesLowRes: Bool

  /// - Parameters:
  ///   - highRes: folders of originals, at least one.
  ///   - lowRes: as many folders, each with the partners of one of `highRes`; or none, to make them.
  ///   - template: how a low-resolution picture is named after its original; see ``FolderPairing``.
  ///   - scale: if nil, the sizes of the first pair decide it. It is needed to make low-resolution pictures.
  ///   - resampling: makes low-resolution pictures.
  ///   - rule: decides the pictures' type and channels.
  /// - Throws: ``PictureSetError`` if a folder is empty or a picture has no partner; ``FileError`` or ``PreparationError`` for a
  ///   folder that cannot be read.
  package init(
    highRes: [String], lowRes: [String], template: FileNameTemplate?, scale: Int?, resampling: Resampling,
    rule: PictureFormatRule = PictureFormatRule()
  ) throws {
    precondition(
      lowRes.isEmpty ? scale != nil : lowRes.count == highRes.count,
      "\(highRes.count) folders of originals, \(lowRes.count) of low-resolution pictures")
    let makesLowRes = lowRes.isEmpty
    self.makesLowRes = makesLowRes
    pairs = try highRes.indices.flatMap { index in
      makesLowRes
        ? try FolderPairing(highRes: highRes[index]).pairs
        : try FolderPairing(
          lowRes: lowRes[index], highRes: highRes[index], template: template, scale: scale
        ).pairs
    }
    self.scale = scale
    self.resampling = resampling
    self.rule = rule
    summary =
      highRes.joined(separator: ", ")
      + (makesLowRes
        ? " (reduced by \(resampling.program)'s bicubic)" : " and \(lowRes.joined(separator: ", "))")
  }

  package var count: Int { pairs.count }

  /// The same folders, but at most so many pairs.
  package func limited(to count: Int) -> TrainingFolders {
    var copy = self
    copy.pairs = Array(pairs.prefix(count))
    return copy
  }

  /// Reads the files of one pair, but decodes nothing. Throws ``TrainingPicturesError`` that names each file that cannot be read.
  package func survey(_ index: Int) throws -> Survey {
    let hasher = SHA256()
    let facts = try files(of: index) { path in
      let file = try MappedFile(path: path)
      let facts = try SourcePicture(file).facts
      hasher.update("\(file.count)\n")
      file.withBytes { hasher.update($0) }
      return facts
    }
    return Survey(
      highRes: facts[0], lowRes: facts.count > 1 ? facts[1] : nil, sha256: hasher.finalize())
  }

  /// Decodes the files of one pair, whatever their sizes are. Throws ``TrainingPicturesError`` that names each damaged file.
  ///
  /// - Parameter budget: shared by the threads that decode.
  package func check(_ index: Int, within budget: PixelBudget) throws {
    _ = try files(of: index) { path in
      try SourcePicture(path).check(within: budget)
    }
  }

  /// Calls `body` with the original's path and then with the other one. Throws ``TrainingPicturesError`` with all that it throws.
  private func files<Result>(of index: Int, _ body: (BytePath) throws -> Result) throws -> [Result] {
    let paths = [pairs[index].highRes] + (pairs[index].lowRes.map { [$0] } ?? [])
    var problems: [String] = []
    let results = paths.compactMap { path in
      do {
        return try body(path)
      } catch {
        problems.append("\(error)")
        return nil
      }
    }
    guard problems.isEmpty else { throw TrainingPicturesError(problems, rule: TrainingPicturesError.repair) }
    return results
  }

  /// Lays out the decoded pictures, if all pairs fit.
  ///
  /// - Parameters:
  ///   - surveys: of all pairs.
  ///   - patch: the side of high-resolution patches that the scale asks for.
  /// - Throws: ``TrainingPicturesError`` that names each pair that does not fit, with the rule.
  package func layout(
    _ surveys: [Survey], patch: (_ scale: Int) throws -> Int
  ) throws -> PictureLayout {
    let sizes = surveys.map { survey in
      (high: survey.highRes.size, low: survey.lowRes?.size)
    }
    let scale = scale ?? FolderPairing.scale(highRes: sizes[0].high, lowRes: sizes[0].low ?? sizes[0].high)
    let misfits = zip(pairs, sizes).compactMap { pair, size in
      size.low.flatMap { low in
        FolderPairing.misfit(
          highRes: ("\(pair.highRes)", size.high), lowRes: ("\(pair.lowRes ?? pair.highRes)", low),
          scale: scale, cropMultiple: scale)
      }
    }
    if !misfits.isEmpty {
      throw TrainingPicturesError(
        misfits,
        rule:
          "An original, cropped at its right and lower edge to a multiple of the scale \(scale), has \(scale) "
          + "times the width and height of its low-resolution picture")
    }
    let side = try patch(scale)
    let small = zip(pairs, sizes).compactMap { pair, size -> String? in
      let cropped = size.high.cropped(to: scale)
      guard min(cropped.width, cropped.height) < side else { return nil }
      return "\(pair.highRes) has \(size.high) pixels, expected at least \(side) x \(side)"
    }
    if !small.isEmpty {
      throw TrainingPicturesError(
        small,
        rule:
          "Patches of \(side) x \(side) are cut from the originals: give a smaller --patch, or take these "
          + "pictures out of the folders")
    }
    let highRes = zip(pairs, surveys).map { (path: "\($0.highRes)", facts: $1.highRes) }
    let lowRes = zip(pairs, surveys).compactMap { pair, survey in
      survey.lowRes.map { (path: "\(pair.lowRes ?? pair.highRes)", facts: $0) }
    }
    let format = try rule.format(highRes: highRes, lowRes: lowRes)
    return PictureLayout(
      highRes: sizes.map { $0.high.cropped(to: scale) }, scale: scale, format,
      remarks: format.remarks(highRes: highRes, lowRes: lowRes),
      source: makesLowRes ? "made by \(resampling.program)'s bicubic" : "read from files",
      sha256: surveys.map(\.sha256))
  }
}

/// Training pictures that cannot be used, a line for each.
package struct TrainingPicturesError: Error, CustomStringConvertible, TextOfLines, Codable, Sendable,
  Equatable
{
  package let problems: [String]
  /// What the pictures are expected to be.
  package let rule: String

  /// The rule that damaged files break.
  package static let repair = "Repair the files, or take them and their partners out of the folders"

  package init(_ problems: [String], rule: String) {
    self.problems = problems
    self.rule = rule
  }

  package var lines: [String] {
    problems.count == 1
      ? ["\(problems[0]). \(rule)"]
      : ["\(problems.count) pictures cannot be used for training:"] + problems.map { "  \($0)" } + [rule]
  }
  package var description: String { lines.joined(separator: "\n") }
}
