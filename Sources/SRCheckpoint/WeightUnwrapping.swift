/// Finds the weights among everything that a file holds.
struct WeightUnwrapping {
  /// A value of the file.
  struct Entry {
    /// The keys of nested dictionaries that lead to it. The last one is its name.
    let keys: [String]
    let isTensor: Bool
    /// Its place in the file.
    let index: Int
  }

  /// The names of the tensors without wrapping, and their places in the file.
  private(set) var named: [(name: String, index: Int)] = []
  private(set) var notes: [String] = []

  /// Dictionaries that hold the weights, by their keys. Those of the library spandrel come first, in its order.
  private static let keys = [
    "model_state_dict", "state_dict", "params_ema", "params-ema", "params", "model", "net", "netG",
    "generator",
    "g_ema", "g",
  ]
  /// Those among them, and others, that hold averaged weights.
  private static let averagedKeys = ["params_ema", "params-ema", "g_ema", "model_ema", "ema"]
  /// What wrapping modules put before all names.
  private static let prefixes = ["module.", "_orig_mod.", "netG.", "generator."]
  /// Those that tell the weights from another network's in the same file.
  private static let partPrefixes = ["netG.", "generator."]

  init(_ entries: [Entry], path: String, _ averaged: AveragedWeights, key: String?) throws {
    let names: [(name: String, index: Int)]
    if let key {
      names = Self.under(key, entries)
      guard !names.isEmpty else {
        throw WeightFileError(path: path, .noTensors(under: key, keys: Self.places(entries)))
      }
      notes.append("taken from \(key)")
    } else {
      names = try unwrapped(entries, path: path, averaged)
    }
    named = withoutPrefixes(names)
  }

  /// The tensors whose keys, joined by dots, begin with `key` and a dot.
  private static func under(_ key: String, _ entries: [Entry]) -> [(name: String, index: Int)] {
    entries.lazy.filter(\.isTensor).map { ($0.keys.joined(separator: "."), $0.index) }
      .filter { $0.0.hasPrefix("\(key).") }.map { (String($0.0.dropFirst(key.count + 1)), $0.1) }
  }

  /// Follows the known keys inwards, and returns the tensors of the dictionary that is reached.
  private mutating func unwrapped(
    _ entries: [Entry], path: String, _ averaged: AveragedWeights
  ) throws -> [(name: String, index: Int)] {
    let known =
      switch averaged {
      case .ifThere: Self.keys
      case .needed: Self.averagedKeys + Self.keys.filter { !Self.averagedKeys.contains($0) }
      case .notTaken: Self.keys.filter { !Self.averagedKeys.contains($0) }
      }
    var (entries, taken) = (entries, [String]())
    while let key = known.first(where: { key in
      entries.contains { $0.isTensor && $0.keys.count > taken.count + 1 && $0.keys[taken.count] == key }
    }) {
      let depth = taken.count
      entries = entries.filter { $0.keys.count > depth + 1 && $0.keys[depth] == key }
      taken.append(key)
    }
    if averaged == .needed, !taken.contains(where: Self.averagedKeys.contains) {
      throw WeightFileError(path: path, .noAveragedWeights)
    }
    let direct = entries.filter { $0.isTensor && $0.keys.count == taken.count + 1 }
    guard !direct.isEmpty else {
      throw WeightFileError(path: path, .noTensors(under: nil, keys: Self.places(entries)))
    }
    if !taken.isEmpty { notes.append("taken from \(taken.joined(separator: "."))") }
    let others = entries.filter { !$0.isTensor && $0.keys.count == taken.count + 1 }.compactMap(\.keys.last)
    if !others.isEmpty { notes.append("passed over, as no tensors: \(Self.list(others))") }
    return direct.map { ($0.keys[taken.count], $0.index) }
  }

  private mutating func withoutPrefixes(_ names: [(name: String, index: Int)]) -> [(name: String, index: Int)]
  {
    var (names, taken) = (names, "")
    while true {
      if let prefix = Self.prefixes.first(where: { prefix in names.allSatisfy { $0.name.hasPrefix(prefix) } })
      {
        names = names.map { (String($0.name.dropFirst(prefix.count)), $0.index) }
        taken += prefix
      } else if let prefix = Self.partPrefixes.first(where: { prefix in
        names.contains { $0.name.hasPrefix(prefix) }
      }) {
        let part = names.filter { $0.name.hasPrefix(prefix) }
        notes.append("passed over, as no part of \(prefix.dropLast()): \(names.count - part.count) tensors")
        names = part
      } else {
        break
      }
    }
    if !taken.isEmpty { notes.append("the prefix \(taken) was taken off the names") }
    return names
  }

  /// The keys that lead to dictionaries of tensors, in the order of the file.
  private static func places(_ entries: [Entry]) -> [String] {
    var places: [String] = []
    for entry in entries where entry.isTensor && entry.keys.count > 1 {
      let place = entry.keys.dropLast().joined(separator: ".")
      if places.last != place, !places.contains(place) { places.append(place) }
      if places.count > 100 { break }
    }
    return places
  }

  private static func list(_ names: [String]) -> String {
    let rest = names.count > 8 ? " and \(names.count - 8) more" : ""
    return names.prefix(8).map { WeightFileError.short($0) }.joined(separator: ", ") + rest
  }
}
