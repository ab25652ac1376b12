import Foundation
import SRFiles

/// The pictures of a directory tree.
///
/// A file is a picture if it begins like a JPEG or PNG file, whatever its name. A file that is called `.png`, `.jpg` or
/// `.jpeg` is taken too, whatever its content, so that a damaged picture is noticed. Hidden files and folders are passed over.
///
/// Symbolic links are followed. What has been found already, under its own name or through another link, is not taken again.
package struct PictureListing: Sendable {
  /// Paths relative to the directory, sorted by their bytes, so every machine gets the same list.
  package let pictures: [BytePath]
  package let passedOver: PassedOver

  /// - Parameters:
  ///   - isRecursive: whether folders below the directory are searched too.
  ///   - takesArrays: whether `.npy` files count as pictures.
  ///   - excluded: folders below the directory that are not searched, such as one for results.
  /// - Throws: ``PreparationError/absentDirectory(_:)``, ``PreparationError/notADirectory(_:)``; ``FileError`` if the system cannot
  ///   tell what is there. Only what may not be read is passed over.
  package init(
    directory: String, isRecursive: Bool = true, takesArrays: Bool = false,
    excluding excluded: Set<FileStatus.Identity> = []
  ) throws {
    let root = BytePath(directory)
    guard let status = try FileStatus(root, followsLinks: true) else {
      throw PreparationError.absentDirectory(directory)
    }
    guard status.kind == .directory else { throw PreparationError.notADirectory(directory) }
    _ = try DirectoryCalls.entries(of: root)
    let walk = Walk(
      root: root, identity: status.identity, isRecursive: isRecursive, takesArrays: takesArrays,
      excluding: excluded)
    try walk.run()
    pictures = walk.pictures.sorted()
    passedOver = walk.passedOver
  }
}

/// A walk through a directory tree. Paths are relative to `root`.
private final class Walk {
  private let root: BytePath
  private var folders: Set<FileStatus.Identity>
  private var files: Set<FileStatus.Identity> = []
  /// Links that are not followed yet.
  private var links: [BytePath] = []
  private(set) var pictures: [BytePath] = []
  private(set) var passedOver = PassedOver()
  private let isRecursive: Bool
  private let takesArrays: Bool
  private let excluded: Set<FileStatus.Identity>

  init(
    root: BytePath, identity: FileStatus.Identity, isRecursive: Bool, takesArrays: Bool,
    excluding excluded: Set<FileStatus.Identity>
  ) {
    self.root = root
    self.isRecursive = isRecursive
    self.takesArrays = takesArrays
    self.excluded = excluded
    folders = excluded.union([identity])
  }

  func run() throws {
    try visit(BytePath(bytes: []))
    // What lies in the tree itself comes before what links lead to. So the order of a folder's entries does not matter.
    while !links.isEmpty {
      let found = links.sorted()
      links = []
      for link in found { try follow(link) }
    }
  }

  private func visit(_ folder: BytePath) throws {
    let path = folder.bytes.isEmpty ? root : root.appending(folder)
    guard
      let names = try ifAllowed(
        { try DirectoryCalls.entries(of: path) }, otherwise: .unreadableFolder, folder)
    else { return }
    for name in names {
      let entry = folder.appending(name)
      guard name.bytes.first != UInt8(ascii: ".") else {
        passedOver.add(.hidden, entry)
        continue
      }
      let found = try ifAllowed(
        { try FileStatus(root.appending(entry), followsLinks: false) }, otherwise: .unreadableFile, entry)
      // Nothing is there if somebody has just removed it.
      guard let status = found ?? nil else { continue }
      switch status.kind {
      case .directory:
        guard !excluded.contains(status.identity) else { continue }
        guard isRecursive else {
          passedOver.add(.folder, entry)
          continue
        }
        folders.insert(status.identity)
        try visit(entry)
      case .file:
        files.insert(status.identity)
        try take(entry)
      case .link: links.append(entry)
      case .other: passedOver.add(.special, entry)
      }
    }
  }

  private func follow(_ link: BytePath) throws {
    let status: FileStatus?
    do {
      status = try FileStatus(root.appending(link), followsLinks: true)
    } catch let error as FileError where error.code == ELOOP || error.code == ENOTDIR {
      status = nil
    } catch let error as FileError where error.isRefusal {
      passedOver.add(.unreadableFile, link)
      return
    }
    switch status?.kind {
    case nil, .link: passedOver.add(.brokenLink, link)
    case .other: passedOver.add(.special, link)
    case .directory where !isRecursive: passedOver.add(.folder, link)
    case .directory where folders.insert(status!.identity).inserted: try visit(link)
    case .file where files.insert(status!.identity).inserted: try take(link)
    case .directory, .file: passedOver.add(.repeated, link)
    }
  }

  private func take(_ file: BytePath) throws {
    if isNamedAsPicture(file) {
      pictures.append(file)
      return
    }
    let beginning = try ifAllowed(
      {
        try OpenFile(root.appending(file), O_RDONLY).read(upTo: ImageFile.markBytes)
      }, otherwise: .unreadableFile, file)
    guard let beginning else { return }
    if ImageFile.isPicture(beginning) || (takesArrays && NumPyHeader.begins(beginning)) {
      pictures.append(file)
    } else {
      passedOver.add(.notAPicture, file)
    }
  }

  private func isNamedAsPicture(_ file: BytePath) -> Bool {
    guard let ending = file.pictureEnding else { return false }
    return takesArrays || ending != BytePath.arrayEnding
  }

  /// The result of `body`; nil if this user may not read what is there, which is noted. Other errors say nothing about what is
  /// there, so they end the walk.
  private func ifAllowed<Result>(
    _ body: () throws -> Result, otherwise reason: PassedOver.Reason, _ path: BytePath
  ) throws -> Result? {
    do {
      return try body()
    } catch let error as FileError where error.isRefusal {
      passedOver.add(reason, path)
      return nil
    }
  }
}

extension BytePath {
  fileprivate static let arrayEnding = "npy"
  private static let pictureEndings = ["png", "jpg", "jpeg", arrayEnding]

  /// The ending of the file's name in lower case, if it is that of a picture or an array.
  fileprivate var pictureEnding: String? {
    let start = (bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
    guard let dot = bytes.lastIndex(of: UInt8(ascii: ".")), dot > start else { return nil }
    let ending = String(decoding: bytes[(dot + 1)...], as: UTF8.self).lowercased()
    return Self.pictureEndings.contains(ending) ? ending : nil
  }

  /// The path without the ending of a picture or an array. Other dots belong to the name: `IMG.001` keeps all of it.
  package var withoutPictureEnding: BytePath {
    guard let ending = pictureEnding else { return self }
    return BytePath(bytes: Array(bytes.dropLast(ending.utf8.count + 1)))
  }
}

extension FileError {
  /// Whether the system knows what is there and does not let this user have it.
  fileprivate var isRefusal: Bool { code == EACCES || code == EPERM }
}
