import Foundation
import SRTensor

/// What is made of one photograph.
struct PreparedImage: Sendable {
  struct Crop: Sendable {
    let x: Int
    let y: Int
    let highRes: RGBImage
    let lowRes: RGBImage
  }

  /// The whole picture after resizing.
  let full: RGBImage
  let crops: [Crop]
  /// Faults of the photograph's file that change no pixel.
  let warnings: DecodedImage.Warnings?
}

/// Reads, resizes and crops single photographs.
struct ImagePreparation: Sendable {
  let directory: String
  /// All pictures, sorted. A photograph's place in the list is the number of its random stream.
  let pictures: [String]
  let options: PreparationOptions
  /// The memory for the photographs that are read at the same time.
  let budget: PixelBudget

  /// The pictures in the order in which they are taken.
  func choice() -> [Int] {
    // No picture has this number, so all crops draw from other streams.
    var generator = PhiloxGenerator(seed: options.seed, stream: .max)
    return generator.permutation(of: pictures.count)
  }

  /// Prepares the picture at `index` in the list.
  /// - Throws: ``FileError`` or ``ImageFileError``, which name the file.
  func prepare(_ index: Int) throws -> PreparedImage {
    let path = "\(directory)/\(pictures[index])"
    return try ImageFile.withImage(at: path, within: budget, use: workingBytes) {
      try prepare($0, index, path: path)
    }
  }

  /// The bytes that resizing takes.
  private func workingBytes(width: Int, height: Int) -> Int {
    options.resize > 0
      ? BicubicResize.workingBytes(fromHeight: height, toWidth: options.resize, height: options.resize) : 0
  }

  private func prepare(_ decoded: DecodedImage, _ index: Int, path: String) throws -> PreparedImage {
    let image = decoded.image
    let full = options.resize > 0 ? image.resized(width: options.resize, height: options.resize) : image
    guard full.width >= options.crop, full.height >= options.crop else {
      throw ImageFileError(
        path: path,
        problem: "\(full.width) x \(full.height) pixels are too few for crops of \(options.crop)")
    }
    let crops = (0..<options.cropsPerImage).map { crop(full, image: index, number: $0) }
    return PreparedImage(full: full, crops: crops, warnings: decoded.warnings)
  }

  private func crop(_ full: RGBImage, image: Int, number: Int) -> PreparedImage.Crop {
    var generator = PhiloxGenerator(
      seed: options.seed, stream: UInt32(image), substream: UInt32(number))
    let x = generator.index(below: full.width - options.crop + 1)
    let y = generator.index(below: full.height - options.crop + 1)
    let highRes = full.cropped(x: x, y: y, width: options.crop, height: options.crop)
    let side = options.crop / options.scale
    return PreparedImage.Crop(
      x: x, y: y, highRes: highRes, lowRes: highRes.resized(width: side, height: side))
  }
}

/// Finds the pictures of a directory tree.
enum PictureListing {
  private static let extensions: Set<String> = ["png", "jpg", "jpeg"]

  /// All files that end in `.png`, `.jpg` or `.jpeg` (in any case), in `directory` and in the directories below it.
  ///
  /// Paths are relative to `directory`. They are sorted by their bytes, so every machine gets the same list. Hidden files and
  /// directories are skipped.
  /// - Throws: ``PreparationError/notADirectory(_:)``.
  static func pictures(in directory: String) throws(PreparationError) -> [String] {
    let manager = FileManager.default
    let root = URL(fileURLWithPath: directory).resolvingSymlinksInPath().path
    var isDirectory: ObjCBool = false
    guard manager.fileExists(atPath: root, isDirectory: &isDirectory), isDirectory.boolValue,
      manager.isReadableFile(atPath: root), let walker = manager.enumerator(atPath: root)
    else { throw .notADirectory(directory) }

    var names: [String] = []
    while let name = walker.nextObject() as? String {
      let last = name.split(separator: "/").last ?? ""
      if last.hasPrefix(".") {
        walker.skipDescendants()
        continue
      }
      guard let dot = last.lastIndex(of: "."),
        extensions.contains(last[last.index(after: dot)...].lowercased()),
        manager.fileExists(atPath: "\(root)/\(name)", isDirectory: &isDirectory), !isDirectory.boolValue
      else { continue }
      names.append(name)
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
