import SRTensor

/// An arena and what its tensors' names begin with in a file: optimizer moments lie in one file as
/// `exp_avg.NAME` and `exp_avg_sq.NAME`.
package struct ParameterGroup: Sendable {
  package let prefix: String
  package let arena: ParameterArena

  package init(prefix: String = "", arena: ParameterArena) {
    self.prefix = prefix
    self.arena = arena
  }
}

/// Fills `arena` from the safetensors file at `path`, which holds exactly the parameters of its layout.
///
/// F16, BF16 and F64 tensors are converted. With `ignoringExtra`, tensors that the layout does not have are
/// passed over (a feature network that needs only the first layers of a trunk).
///
/// Throws ``SafetensorsError``, and then leaves the arena as it was; a mismatch lists every missing, extra
/// and misshapen tensor.
package func loadParameters(
  from path: String, into arena: ParameterArena, ignoringExtra: Bool = false
) throws {
  try loadParameters(from: path, into: [ParameterGroup(arena: arena)], ignoringExtra: ignoringExtra)
}

/// Fills several arenas from one file; see
/// ``loadParameters(from:into:ignoringExtra:)-(String,ParameterArena,Bool)``.
package func loadParameters(
  from path: String, into groups: [ParameterGroup], ignoringExtra: Bool = false
) throws {
  let file = try SafetensorsFile(path: path)
  var mismatch = ParameterMismatch()
  var unclaimed = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0) })
  var loaded: [(ParameterArena, ParameterLayout.Entry, SafetensorsHeader.Tensor)] = []
  for group in groups {
    for entry in group.arena.layout.entries {
      let name = group.prefix + entry.name
      guard let tensor = unclaimed.removeValue(forKey: name) else {
        mismatch.missing.append(name)
        continue
      }
      guard tensor.shape == entry.shape else {
        mismatch.misshapen.append(.init(name: name, expected: entry.shape, found: tensor.shape))
        continue
      }
      loaded.append((group.arena, entry, tensor))
    }
  }
  if !ignoringExtra {
    mismatch.extra = file.tensors.filter { unclaimed[$0.name] != nil }.map(\.name)
  }
  guard mismatch.isEmpty else { throw SafetensorsError(path: path, .parameterMismatch(mismatch)) }
  // All are read before the first is set: a bad tensor leaves no arena half filled.
  let values = try loaded.map { try file.floats($0.2) }
  for ((arena, entry, _), values) in zip(loaded, values) { arena.setTensor(entry, to: values) }
}

/// Writes every parameter of `arena` to a safetensors file at `path`, in PyTorch's names, shapes and element
/// order, atomically. Throws ``SafetensorsError``.
package func saveParameters(
  _ arena: ParameterArena, to path: String, metadata: [String: String] = [:]
) throws {
  try SafetensorsWriter(tensors: [ParameterGroup(arena: arena)].tensors, metadata: metadata).write(to: path)
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
