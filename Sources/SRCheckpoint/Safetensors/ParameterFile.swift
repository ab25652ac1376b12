import SRFiles
import SRTensor

/// An arena, and the prefix of its tensors' names in a file. Both optimizer moments lie in one file, as `exp_avg.NAME` and
/// `exp_avg_sq.NAME`.
package struct ParameterGroup: Sendable {
  package let prefix: String
  package let arena: ParameterArena

  package init(prefix: String = "", arena: ParameterArena) {
    self.prefix = prefix
    self.arena = arena
  }
}

/// Fills `arena` from the safetensors file at `path`, which must hold exactly the parameters of the arena's layout.
///
/// F16, BF16 and F64 tensors are converted. With `ignoringExtra`, tensors that the layout does not have are skipped: a
/// feature network may need only the first layers of a trunk.
///
/// Throws ``SafetensorsError``, and then leaves the arena as it was. A mismatch lists every missing, extra and misshapen
/// tensor.
package func loadParameters(
  from path: String, into arena: ParameterArena, ignoringExtra: Bool = false
) throws {
  try loadParameters(from: path, into: [ParameterGroup(arena: arena)], ignoringExtra: ignoringExtra)
}

/// Fills several arenas from one file. See
/// ``loadParameters(from:into:ignoringExtra:)-(String,ParameterArena,Bool)``.
package func loadParameters(
  from path: String, into groups: [ParameterGroup], ignoringExtra: Bool = false
) throws {
  let file = try SafetensorsFile(path: path)
  var match = ParameterMatch(groups, file.tensors.map { ($0.name, $0.shape) })
  if ignoringExtra { match.mismatch.extra = [] }
  guard match.mismatch.isEmpty else { throw SafetensorsError(path: path, .parameterMismatch(match.mismatch)) }
  try match.load { try file.floats(file.tensors[$0]) }
}

/// Which tensors of a file are which parameters.
struct ParameterMatch {
  /// Parameters and the places of their tensors in the file.
  private(set) var pairs: [(arena: ParameterArena, entry: ParameterLayout.Entry, tensor: Int)] = []
  var mismatch = ParameterMismatch()

  init(_ groups: [ParameterGroup], _ tensors: [(name: String, shape: [Int])]) {
    var unclaimed = Dictionary(tensors.enumerated().map { ($1.name, $0) }) { first, _ in first }
    for group in groups {
      for entry in group.arena.layout.entries {
        let name = group.prefix + entry.name
        guard let tensor = unclaimed.removeValue(forKey: name) else {
          mismatch.missing.append(name)
          continue
        }
        guard tensors[tensor].shape == entry.shape else {
          mismatch.misshapen.append(.init(name: name, expected: entry.shape, found: tensors[tensor].shape))
          continue
        }
        pairs.append((group.arena, entry, tensor))
      }
    }
    mismatch.extra = tensors.filter { unclaimed[$0.name] != nil }.map(\.name)
  }

  /// Fills the parameters. All tensors are read before the first is set, so a bad one leaves no arena half filled.
  func load(_ floats: (_ tensor: Int) throws -> [Float]) throws {
    let values = try pairs.map { try floats($0.tensor) }
    for (pair, values) in zip(pairs, values) { pair.arena.setTensor(pair.entry, to: values) }
  }
}

/// Writes every parameter of `arena` to a safetensors file at `path`, atomically. Names, shapes and the order of elements are
/// PyTorch's. Throws ``SafetensorsError``.
package func saveParameters(
  _ arena: ParameterArena, to path: String, metadata: [String: String] = [:],
  precision: WeightPrecision = .float32
) throws {
  let tensors = [ParameterGroup(arena: arena)].tensors
  try SafetensorsWriter(tensors: tensors, metadata: metadata, precision: precision).write(to: path)
}

extension [ParameterGroup] {
  var tensors: [SafetensorsWriter.Tensor] {
    flatMap { group in
      group.arena.layout.entries.map { entry in
        .init(name: group.prefix + entry.name, shape: entry.shape, values: group.arena.tensor(entry))
      }
    }
  }
}

/// How the tensors of a weight file differ from the parameters of a model.
package struct ParameterMismatch: Equatable, Sendable, CustomStringConvertible {
  package struct Misshapen: Equatable, Sendable {
    package let name: String
    package let expected: [Int]
    package let found: [Int]

    package init(name: String, expected: [Int], found: [Int]) {
      self.name = name
      self.expected = expected
      self.found = found
    }
  }

  /// Parameters that the file lacks, in the model's order.
  package var missing: [String] = []
  /// Tensors that the model does not have, in the file's order.
  package var extra: [String] = []
  package var misshapen: [Misshapen] = []

  package var isEmpty: Bool { missing.isEmpty && extra.isEmpty && misshapen.isEmpty }

  package var description: String { "does not fit the model: \(list). Is it a file of another model?" }

  /// Every kind of difference, shortened.
  package var list: String {
    let parts = [
      Self.list("missing", missing),
      Self.list("extra", extra),
      Self.list("misshapen", misshapen.map { "\($0.name) (expected \($0.expected), found \($0.found))" }),
    ]
    return parts.compactMap { $0 }.joined(separator: "; ")
  }

  /// How many names of each kind are shown. A file of another model may differ in hundreds.
  private static let shown = 8

  private static func list(_ title: String, _ items: [String]) -> String? {
    guard !items.isEmpty else { return nil }
    let rest = items.count > shown ? " and \(items.count - shown) more" : ""
    return "\(items.count) \(title): \(items.prefix(shown).joined(separator: ", "))\(rest)"
  }
}

/// SHA-256 over the little-endian bytes of every tensor, as lower-case hexadecimal. Tensors come in layout order, their
/// elements in file order (OIHW). Two arenas with the same bits have the same hash.
package func weightsSHA256(_ arena: ParameterArena) -> String {
  let hasher = SHA256()
  for entry in arena.layout.entries {
    LittleEndianFloats.withBytes(of: arena.tensor(entry)) { hasher.update($0) }
  }
  return hasher.finalize()
}
