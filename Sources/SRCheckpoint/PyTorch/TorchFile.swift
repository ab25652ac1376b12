import SRFiles

/// A file of `torch.save`, in the form that PyTorch has written since version 1.6: a zip archive of a pickle and the tensors'
/// elements. Nothing in it is executed.
final class TorchFile {
  /// A value in the nested dictionaries of the file.
  struct Item {
    /// The keys that lead to the value, outermost first.
    let keys: [String]
    /// Nil if the value is none.
    let tensor: TorchTensor?
  }

  let path: String
  /// In the order of the file.
  let items: [Item]
  private let archive: ZipReader
  /// Where the files of tensors lie in the archive.
  private let folder: String
  /// The elements of the storage that was read last. Views of one storage follow each other.
  private var storage: (key: String, elements: [Float])?

  /// The pickle of fifty thousand tensors is shorter.
  private static let mostPickleBytes = 16 << 20
  private static let mostItems = 1_000_000
  private static let mostNesting = 16

  /// Whether a file that begins with these bytes is read as one of this kind.
  static func begins(_ bytes: UnsafeRawBufferPointer) -> Bool {
    bytes.starts(with: "PK\u{3}\u{4}".utf8) || bytes.starts(with: "PK\u{5}\u{6}".utf8)
  }

  /// Throws ``WeightFileError``.
  init(_ file: MappedFile) throws {
    let path = file.path
    self.path = path
    func failure(_ problem: WeightFileError.Problem) -> WeightFileError {
      WeightFileError(path: path, problem)
    }
    do {
      archive = try ZipReader(file)
      let names = archive.entries.keys
      let pickles = names.filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }
      guard let pickle = pickles.first, let entry = archive.entries[pickle] else {
        throw failure(
          file.withBytes { FileKind($0) }.map { .otherFormat($0) } ?? .archive("it has no data.pkl"))
      }
      guard pickles.count == 1 else { throw failure(.archive("it has several files data.pkl")) }
      let folder = String(pickle.dropLast("data.pkl".count))
      self.folder = folder
      if names.contains("\(folder)constants.pkl") || names.contains(where: { $0.hasPrefix("\(folder)code/") })
      {
        throw failure(.torchScript)
      }
      if let order = archive.entries["\(folder)byteorder"], order.bytes < 16 {
        let text = String(decoding: try archive.contents(of: order), as: UTF8.self)
        guard text == "little" else { throw failure(.byteOrder(text)) }
      }
      guard entry.bytes <= Self.mostPickleBytes else {
        throw failure(
          .archive("its \(pickle) has \(entry.bytes) bytes, at most \(Self.mostPickleBytes) are read"))
      }
      let (root, reader) = try PickleReader.read(archive.contents(of: entry))
      items = try Self.items(of: root, in: reader)
    } catch let error as ZipReader.Failure {
      throw failure(.archive(error.reason))
    } catch PickleReader.Failure.forbidden(let name) {
      throw failure(.forbidden(name))
    } catch PickleReader.Failure.malformed(let reason, let offset) {
      throw failure(.pickle("\(reason), at byte \(offset)"))
    }
    for case let (keys, tensor?) in items.lazy.map({ ($0.keys, $0.tensor) }) {
      let bytes = archive.entries["\(folder)data/\(tensor.storage.key)"]?.bytes
      // A product that overflows is no file's size.
      let (needed, overflow) = tensor.storage.count.multipliedReportingOverflow(by: tensor.storage.dtype.size)
      guard !overflow, bytes == needed else {
        throw WeightFileError(
          path: path, tensor: keys.joined(separator: "."),
          .storage(elements: tensor.storage.count, dtype: tensor.storage.dtype, bytes: bytes))
      }
    }
  }

  /// The elements of a tensor as floats. Throws ``WeightFileError``.
  func floats(_ tensor: TorchTensor, _ name: String) throws -> [Float] {
    let key = "\(tensor.storage.key) \(tensor.storage.dtype.rawValue)"
    if storage?.key != key {
      guard let entry = archive.entries["\(folder)data/\(tensor.storage.key)"] else {
        preconditionFailure("checked")
      }
      do {
        let bytes = try archive.contents(of: entry)
        guard let elements = bytes.withUnsafeBytes({ tensor.storage.dtype.floats($0) }) else {
          throw WeightFileError(path: path, tensor: name, .notFloatingPoint(tensor.storage.dtype))
        }
        storage = (key, elements)
      } catch let error as ZipReader.Failure {
        throw WeightFileError(path: path, tensor: name, .archive(error.reason))
      }
    }
    return tensor.elements(of: storage?.elements ?? [])
  }

  /// Everything in the nested dictionaries. If a dictionary has a key twice, the last one counts, as in Python.
  private static func items(of root: PickleValue, in reader: PickleReader) throws -> [Item] {
    var items: [Item] = []
    var visited = 0
    func visit(_ value: PickleValue, _ keys: [String]) throws {
      if case .container(let index) = value, case .dictionary(let members, _) = reader.objects[index] {
        visited += members.count
        guard keys.count < mostNesting, visited <= mostItems else {
          throw PickleReader.Failure.malformed("its dictionaries are nested too deeply", offset: 0)
        }
        var last: [String: Int] = [:]
        let named = members.map { (key: name($0.key), value: $0.value) }
        for (position, member) in named.enumerated() { last[member.key] = position }
        for (position, member) in named.enumerated() where last[member.key] == position {
          try visit(member.value, keys + [member.key])
        }
      } else if case .tensor(let tensor) = value {
        items.append(Item(keys: keys, tensor: tensor))
      } else {
        items.append(Item(keys: keys, tensor: nil))
      }
    }
    try visit(root, [])
    return items
  }

  private static func name(_ key: PickleValue) -> String {
    switch key {
    case .text(let text): text
    case .integer(let integer): String(integer)
    case .bool(let bool): bool ? "True" : "False"
    default: "?"
    }
  }
}
