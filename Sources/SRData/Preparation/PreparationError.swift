import SRFiles

/// Why a folder of photographs could not be prepared, or why prepared arrays cannot be read.
package enum PreparationError: Error, CustomStringConvertible, Sendable, Equatable {
  case invalidOption(String)
  case notADirectory(String)
  case absentDirectory(String)
  case outputNotEmpty(String)
  /// A folder or a device has the name of an array.
  case inTheWay(String)
  case tooFewImages(TooFewImages)
  /// The pattern of groups matches none of a picture's path.
  case noGroup(pattern: String, source: String, count: Int, of: Int)
  case brokenImage(String)
  /// New data are complete, but not all in their places.
  case exchangeFailed(path: String, complete: String, reason: String)
  /// A reader found a folder in which data are being put in place, or were when the program was killed.
  case exchangeIncomplete(String)
  /// Data that another command had completed were put in place.
  case earlierDataInPlace(String)
  /// The data were replaced while they were opened.
  case replacedMeanwhile(String)

  package var description: String {
    switch self {
    case .invalidOption(let problem): return problem
    case .notADirectory(let path): return "\(path): expected a folder of pictures, found something else"
    case .absentDirectory(let path): return "\(path): there is no such folder"
    case .outputNotEmpty(let path):
      return
        "\(path): the output directory is not empty; choose another one. Only if its arrays and manifest.json are "
        + "not needed any more, give --force, which replaces them"
    case .inTheWay(let path):
      return "\(path): expected a file or nothing; move what is there to another place"
    case .tooFewImages(let images): return images.description
    case .noGroup(let pattern, let source, let count, let total):
      return
        "--group-by \(pattern.onOneLine) matches nothing in \(count) of \(total) picture paths, such as \(source.onOneLine); "
        + "change it, or add |.* to make each other picture a group of its own"
    case .brokenImage(let problem): return "\(problem); --skip-broken skips such images"
    case .exchangeFailed(let path, let complete, let reason):
      return
        "\(path): the data in \(complete) are complete, but could not be put in place: \(reason). Keep both folders, and "
        + "run the same `srdist prepare` again when the cause is removed"
    case .exchangeIncomplete(let path):
      return
        "\(path): `srdist prepare` is putting new arrays in place, or was killed while it did. Wait for it, or run the "
        + "same `srdist prepare` again, which finishes that first"
    case .earlierDataInPlace(let path):
      return
        "\(path): an interrupted `srdist prepare` with other options had completed its data; they are in place now, and "
        + "can be used. To make other data, choose another output directory, or give --force, which replaces them"
    case .replacedMeanwhile(let path):
      return "\(path): `srdist prepare` has replaced the arrays while they were opened; start again"
    }
  }
}

/// What a preparation asks for, and what there is.
package struct TooFewImages: Sendable, Equatable, CustomStringConvertible {
  /// The folders, and the options that ask.
  let folders: [String]
  let asks: [(option: String, count: Int)]
  let found: Int
  var broken = 0
  var duplicates = 0
  var keptApart = 0
  let passedOver: PassedOver

  package static func == (left: TooFewImages, right: TooFewImages) -> Bool {
    left.description == right.description
  }

  package var description: String {
    let losses = [
      broken > 0 ? "\(broken) cannot be read" : nil,
      duplicates > 0 ? "\(duplicates) \(duplicates == 1 ? "shows" : "show") the same as another one" : nil,
      keptApart > 0
        ? "\(keptApart) \(keptApart == 1 ? "belongs to a group" : "belong to groups") of the other side"
        : nil,
    ].compactMap { $0 }
    let options = asks.map { "--\($0.option) \($0.count)" }.joined(separator: " and ")
    return "\(folders.joined(separator: ", ")): \(found) PNG and JPEG images"
      + (losses.isEmpty ? "" : ", of which \(losses.joined(separator: " and "))")
      + ", but \(options) \(asks.count == 1 ? "asks" : "ask") for \(asks.reduce(0) { $0 + $1.count }); "
      + "lower \(asks.count == 1 ? "it" : "them") or add images"
      + (passedOver.isEmpty ? "" : ". Passed over: \(passedOver)")
  }
}
