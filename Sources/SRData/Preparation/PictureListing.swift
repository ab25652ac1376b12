import Foundation

/// Finds the pictures of a directory tree.
enum PictureListing {
  private static let extensions: Set<String> = ["png", "jpg", "jpeg"]

  /// Paths relative to `directory` of all files called `.png`, `.jpg` or `.jpeg` (in any case) in it and in the
  /// directories below, ordered by their bytes, so that every machine lists alike. Hidden files and
  /// directories are passed over.
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
