import SRFiles

/// A photograph of an input folder.
struct InputPicture: Sendable {
  let path: BytePath
  /// The name in texts and in the manifest: the path below the input folder, or the whole path if there are several folders.
  let source: String
  /// What lies on one side of the split together. Nil if each picture stands for itself.
  let group: String?
}

/// The pictures of all input folders. A picture's place in the list is the number of its random stream.
struct InputPictures: Sendable {
  /// Folder after folder; those of a folder are sorted by the bytes of their paths.
  let pictures: [InputPicture]
  /// Where the pictures of the validation folders begin. Nil if both sides draw from all pictures.
  let firstValid: Int?
  let passedOver: PassedOver

  /// - Throws: ``PreparationError`` and ``FileError``.
  init(_ inputs: PreparationInputs, groupBy: GroupPattern?) throws {
    let folders = inputs.folders
    var pictures: [InputPicture] = []
    var passedOver = PassedOver()
    var firstValid: Int?
    for (number, folder) in folders.enumerated() {
      if case .separate(let train, _) = inputs, number == train.count { firstValid = pictures.count }
      let root = BytePath(folder)
      let listing = try PictureListing(directory: folder)
      let prefix = folders.count > 1 ? root : BytePath(bytes: [])
      pictures += listing.pictures.map {
        InputPicture(
          path: root.appending($0), source: prefix.appending($0).description,
          group: groupBy?.group(of: $0.description))
      }
      passedOver.add(listing.passedOver, below: prefix)
    }
    if let groupBy {
      let apart = pictures.filter { $0.group == nil }
      if let first = apart.first {
        throw PreparationError.noGroup(
          pattern: groupBy.text, source: first.source, count: apart.count, of: pictures.count)
      }
    }
    self.pictures = pictures
    self.passedOver = passedOver
    self.firstValid = firstValid
  }
}

/// A regular expression that finds the group in a picture's path.
struct GroupPattern {
  let text: String
  private let regex: Regex<AnyRegexOutput>

  /// - Throws: ``PreparationError/invalidOption(_:)``.
  init(_ text: String) throws(PreparationError) {
    self.text = text
    do {
      regex = try Regex(text)
    } catch {
      throw .invalidOption("--group-by \(text.onOneLine): not a regular expression: \("\(error)".onOneLine)")
    }
  }

  /// The first capture group of the first match or, if there is none or it took no part, the whole match. Nil if nothing matches.
  func group(of path: String) -> String? {
    guard let match = path.firstMatch(of: regex) else { return nil }
    let captured = match.output.count > 1 ? match.output[1].substring : nil
    return String(captured ?? match.output[0].substring ?? "")
  }
}
