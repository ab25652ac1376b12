import SRTensor

extension WeightFile {
  /// Fills `arena`, whose parameters must be exactly the file's tensors.
  ///
  /// Throws ``SafetensorsError`` or ``WeightFileError``, also if a value is not finite.
  package func load(into arena: ParameterArena) throws {
    let match = match(arena)
    guard match.mismatch.isEmpty else { throw WeightFileError(path: path, .mismatch(match.mismatch)) }
    try load(match, into: arena)
  }

  /// Fills the parameters of `arena` whose name and shape a tensor of the file has. The others stay as they are.
  ///
  /// Returns what was taken and what was not, for a person to read. Throws ``SafetensorsError`` or ``WeightFileError``, also if
  /// nothing fits or a value is not finite.
  package func loadWhatFits(into arena: ParameterArena) throws -> String {
    let match = match(arena)
    guard !match.pairs.isEmpty else { throw WeightFileError(path: path, .nothingFits(match.mismatch)) }
    try load(match, into: arena)
    let (taken, all) = (match.pairs.reduce(0) { $0 + $1.entry.count }, arena.layout.parameterCount)
    // Never rounded up to all.
    let tenths = taken * 1000 / all
    let share = "\(tenths / 10).\(tenths % 10) % of the network's parameters"
    let rest = match.mismatch.isEmpty ? "" : "; not taken: \(match.mismatch.list)"
    return "\(path): \(share) are taken, \(match.pairs.count) of \(arena.layout.entries.count) tensors\(rest)"
  }

  private func match(_ arena: ParameterArena) -> ParameterMatch {
    ParameterMatch([ParameterGroup(arena: arena)], tensors.map { ($0.name, $0.shape) })
  }

  private func load(_ match: ParameterMatch, into arena: ParameterArena) throws {
    try match.load { try floats(tensors[$0]) }
    try arena.requireFinite(from: path)
  }
}

extension ParameterArena {
  /// Throws ``WeightFileError`` that names the first parameter with a value that is not finite. Every result of a network with
  /// such weights would be meaningless.
  ///
  /// - Parameter path: the weights' file.
  package func requireFinite(from path: String) throws {
    for entry in layout.entries {
      let values = UnsafeBufferPointer(start: pointer(to: entry), count: entry.count)
      // The place is that in the file, whose order is another one.
      if !values.allSatisfy(\.isFinite),
        let error = WeightFileError.notFinite(path, entry.name, tensor(entry))
      {
        throw error
      }
    }
  }
}

extension WeightFileError {
  /// The error for a tensor that holds values that are not finite; nil if all are.
  static func notFinite(_ path: String, _ name: String, _ values: [Float]) -> WeightFileError? {
    guard let index = values.firstIndex(where: { !$0.isFinite }) else { return nil }
    return WeightFileError(
      path: path, tensor: name, .notFinite(element: index, count: values.count, value: "\(values[index])"))
  }
}
