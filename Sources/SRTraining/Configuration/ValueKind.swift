import Foundation
import SRData
import SRFiles
import SRLosses
import SRModels
import SRTensor

/// The values that a setting may have. It reads, writes and describes them.
package struct ValueKind<Value: Equatable & Sendable>: Sendable {
  let entry: Setting.Entry
  /// The scalar types that a value may have.
  let types: Set<SettingValue.ScalarType>
  /// Such as `a whole number from 1 to 10`.
  let expectation: String
  /// Reads a scalar. Returns nil if its type is right but the setting does not allow its value. Throws an error if there is
  /// more to say about the value.
  let read: @Sendable (SettingValue) throws -> Value?
  /// A text that `read` turns into the same value; nil if the value means "not set".
  let write: @Sendable (Value) -> String?
  /// Whether two values mean the same.
  var isSame: @Sendable (Value, Value) -> Bool = { $0 == $1 }
}

extension Set<SettingValue.ScalarType> {
  /// A text needs no quotes, so `007` can be a folder.
  fileprivate static let anyText: Self = [.text, .truth, .whole, .real]
}

extension ValueKind where Value: FixedWidthInteger {
  package static func whole(_ range: ClosedRange<Value>) -> Self {
    Self(
      entry: .number, types: [.whole],
      expectation: "a whole number from \(range.lowerBound) to \(range.upperBound)",
      read: { $0.whole(Value.self).flatMap { range.contains($0) ? $0 : nil } }, write: { "\($0)" })
  }
}

extension ValueKind where Value == Int {
  /// Whole numbers up to a billion. The product of two such numbers does not overflow.
  package static func whole(from least: Int) -> Self { whole(least...1_000_000_000) }

  package static func whole(oneOf values: [Int]) -> Self {
    Self(
      entry: .number, types: [.whole],
      expectation: "one of \(values.map(String.init).joined(separator: ", "))",
      read: { $0.whole(Int.self).flatMap { values.contains($0) ? $0 : nil } }, write: { "\($0)" })
  }

  package static func whole(_ range: ClosedRange<Int>, multipleOf step: Int) -> Self {
    Self(
      entry: .number, types: [.whole],
      expectation: "a multiple of \(step) from \(range.lowerBound) to \(range.upperBound)",
      read: { $0.whole(Int.self).flatMap { range.contains($0) && $0 % step == 0 ? $0 : nil } },
      write: { "\($0)" })
  }
}

extension ValueKind where Value == Double {
  /// Finite numbers between bounds. Each bound may be left out. `above` and `below` exclude their bounds.
  package static func real(
    above: Double? = nil, from: Double? = nil, to: Double? = nil, below: Double? = nil
  ) -> Self {
    let bounds = [
      above.map { "above \(shortest($0))" }, from.map { "of at least \(shortest($0))" },
      to.map { "of at most \(shortest($0))" }, below.map { "below \(shortest($0))" },
    ].compactMap { $0 }
    return Self(
      entry: .number, types: [.whole, .real], expectation: "a number \(bounds.joined(separator: " and "))",
      read: { given in
        guard let value = given.real, value.isFinite, value > above ?? -.infinity,
          value >= from ?? -.infinity,
          value <= to ?? .infinity, value < below ?? .infinity
        else { return nil }
        return value
      }, write: shortest)
  }

  /// The number as text, without a fraction of zero.
  @Sendable private static func shortest(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? "\(value)"
  }
}

extension ValueKind where Value == Bool {
  package static var truth: Self {
    Self(
      entry: .flag, types: [.truth], expectation: "true or false", read: { $0.truth }, write: { String($0) })
  }
}

extension ValueKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// The type's cases, by their names.
  package static var choice: Self {
    let words = Value.allCases.map(\.rawValue)
    return Self(
      entry: .choice(words), types: .anyText, expectation: "one of \(words.joined(separator: ", "))",
      read: { Value(rawValue: $0.spelling) }, write: { $0.rawValue })
  }
}

extension ValueKind where Value == String {
  /// A text that is not empty.
  package static var name: Self {
    Self(
      entry: .text, types: .anyText, expectation: "a name", read: { $0.spelling.isEmpty ? nil : $0.spelling },
      write: { $0 })
  }

  package static var file: Self { path(.file) }
  package static var folder: Self { path(.folder) }

  private static func path(_ entry: Setting.Entry) -> Self {
    Self(
      entry: entry, types: .anyText, expectation: "a path", read: { try nonEmptyPath($0.spelling) },
      write: { $0 }, isSame: { $0 == $1 || place($0) == place($1) })
  }

  /// Where a path leads from the working folder: `./w`, `a/../w` and a link to `w` are `w`.
  @Sendable private static func place(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
  }
}

extension ValueKind where Value == [String] {
  /// Paths of folders, with commas or semicolons between them. YAML's null means none.
  package static var folders: Self {
    let single = ValueKind<String>.folder
    return Self(
      entry: .list, types: .anyText.union([.null]),
      expectation:
        "one folder or several with , between them (a folder whose path has a comma needs a link without)",
      read: { given in
        guard given.type != .null else { return [] }
        let paths = given.spelling.split(
          omittingEmptySubsequences: false, whereSeparator: { $0 == "," || $0 == ";" }
        ).map(String.init)
        return paths.contains("") ? nil : paths
      },
      write: { $0.isEmpty ? nil : $0.joined(separator: ",") },
      isSame: { $0.count == $1.count && zip($0, $1).allSatisfy { single.isSame($0, $1) } })
  }
}

extension ValueKind where Value == FileNameTemplate {
  package static var template: Self {
    Self(
      entry: .text, types: .anyText, expectation: FileNameTemplate.expectation,
      read: { FileNameTemplate($0.spelling) }, write: { $0.description })
  }
}

extension ValueKind where Value == TrainingConfiguration.DataCache {
  package static var dataCache: Self {
    Self(
      entry: .text, types: .anyText, expectation: "auto or a folder",
      read: { $0.spelling == "auto" ? .auto : .folder(path: try nonEmptyPath($0.spelling)) },
      write: { value in
        switch value {
        case .auto: "auto"
        case .folder(let path): path
        }
      })
  }
}

/// An unset shell variable gives an empty text. Files below an empty path would lie in the file system's root.
private func nonEmptyPath(_ text: String) throws -> String {
  guard !text.isEmpty else { throw ConfigurationError("a path is needed, and it is empty") }
  return text
}

extension ValueKind where Value == ModelDescription.Attention {
  package static var attention: Self {
    Self(
      entry: .text, types: .anyText, expectation: "one of \(Value.expected)",
      read: { Value($0.spelling) }, write: { $0.description })
  }
}

extension ValueKind where Value == [LossTerm] {
  package static var lossTerms: Self {
    Self(
      entry: .text, types: .anyText, expectation: "a weighted sum such as mse=1,ssim=0.1",
      read: { try LossTerm.parse($0.spelling) }, write: LossTerm.text)
  }
}

extension ValueKind where Value == VGGLayers {
  package static var vggLayers: Self {
    Self(
      entry: .text, types: .anyText, expectation: "layers with weights such as relu1_2=0.1,relu2_2=1",
      read: { try VGGLayers($0.spelling) }, write: { $0.description })
  }
}

extension ValueKind where Value == Betas {
  package static var betas: Self {
    Self(
      entry: .text, types: .anyText,
      expectation: "two numbers of at least 0 and below 1, such as 0.9,0.999",
      read: { Betas($0.spelling) }, write: { $0.description })
  }
}

extension ValueKind where Value == ValueRange {
  package static var valueRange: Self {
    Self(
      entry: .text, types: .anyText,
      expectation: "two numbers with a comma, the lower one first, such as 0,4095",
      read: { Value($0.spelling) }, write: { $0.description })
  }
}

extension ValueKind where Value == Augmentation {
  package static var augmentation: Self {
    Self(
      entry: .text, types: .anyText, expectation: Augmentation.expected,
      read: { Augmentation($0.spelling) }, write: { $0.description })
  }
}

extension ValueKind where Value == [Int] {
  /// Whole numbers above 0, with commas between them. YAML's null means none.
  package static func wholes(rising: Bool) -> Self {
    Self(
      entry: .text, types: .anyText.union([.null]),
      expectation: "whole numbers above 0, such as 10,20\(rising ? ", each above the one before" : "")",
      read: { given in
        if given.type == .null { return [] }
        guard let values = NumberList.wholes(given.spelling),
          values.allSatisfy({ (1...1_000_000_000).contains($0) }),
          !rising || zip(values, values.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        return values
      }, write: { $0.isEmpty ? nil : NumberList.text($0) })
  }
}

extension ValueKind where Value == [Double] {
  /// Numbers above 0, with commas between them. YAML's null means none.
  package static var reals: Self {
    Self(
      entry: .text, types: .anyText.union([.null]), expectation: "numbers above 0, such as 1,0.5",
      read: { given in
        if given.type == .null { return [] }
        guard let values = NumberList.reals(given.spelling), values.allSatisfy({ $0 > 0 }) else { return nil }
        return values
      }, write: { $0.isEmpty ? nil : NumberList.text($0) })
  }
}

extension ValueKind where Value == [ValidationPictures] {
  /// YAML's null means none.
  package static var validationPictures: Self {
    Self(
      entry: .list, types: .anyText.union([.null]), expectation: ValidationPictures.expected,
      read: { given in
        guard given.type != .null else { return [] }
        let sets = try ValidationPictures.parse(given.spelling)
        return sets.isEmpty ? nil : sets
      }, write: ValidationPictures.text)
  }
}

extension ValueKind where Value == BestMetric {
  package static var bestMetric: Self {
    Self(
      entry: .text, types: .anyText, expectation: "one of \(Value.expected)",
      read: { Value($0.spelling) }, write: { $0.description })
  }
}

extension ValueKind where Value == DegradationRecipe {
  package static var recipe: Self {
    Self(
      entry: .recipe, types: .anyText, expectation: "a file with a recipe",
      read: { try DegradationRecipe(setting: nonEmptyPath($0.spelling)) }, write: { $0.canonicalText })
  }
}

extension ValueKind where Value == TrainingConfiguration.Resume {
  package static var resume: Self {
    Self(
      entry: .text, types: .anyText, expectation: "auto, never or a checkpoint's path",
      read: { given in
        switch given.spelling {
        case "auto": .auto
        case "never": .never
        default: .checkpoint(path: try nonEmptyPath(given.spelling))
        }
      },
      write: { resume in
        switch resume {
        case .auto: "auto"
        case .never: "never"
        case .checkpoint(let path): path
        }
      })
  }
}

extension ValueKind where Value == TrainingConfiguration.CacheFeatures {
  package static var cacheFeatures: Self {
    Self(
      entry: .text, types: .anyText, expectation: "auto, off or a folder",
      read: { given in
        switch given.spelling {
        case "auto": .auto
        case "off": .off
        default: .folder(path: try nonEmptyPath(given.spelling))
        }
      },
      write: { value in
        switch value {
        case .auto: "auto"
        case .off: "off"
        case .folder(let path): path
        }
      })
  }
}

extension ValueKind where Value == ByteCount {
  package static var byteCount: Self {
    Self(
      entry: .text, types: .anyText, expectation: "a number of bytes such as 800M or 2G",
      read: { ByteCount($0.spelling) },
      // The description is rounded to mebibytes.
      write: { $0.bytes % (1 << 20) == 0 ? $0.description : "\($0.bytes)" })
  }
}

extension ValueKind {
  /// A value or none. YAML's null means none.
  package static func optional<Wrapped>(_ kind: ValueKind<Wrapped>) -> Self where Value == Wrapped? {
    Self(
      entry: kind.entry, types: kind.types.union([.null]), expectation: kind.expectation,
      read: { given in
        if given.type == .null { return .some(nil) }
        return try kind.read(given).map { .some($0) }
      }, write: { $0.flatMap(kind.write) },
      isSame: { left, right in
        guard let left, let right else { return left == nil && right == nil }
        return kind.isSame(left, right)
      })
  }

  /// A number or none. 0 and YAML's null mean none, so `kind` has no 0.
  package static func zeroForNone<Wrapped>(_ kind: ValueKind<Wrapped>) -> Self where Value == Wrapped? {
    Self(
      entry: kind.entry, types: kind.types.union([.null]), expectation: "0 (none) or \(kind.expectation)",
      read: { given in
        if given.type == .null || given.real == 0 { return .some(nil) }
        return try kind.read(given).map { .some($0) }
      }, write: { value in value.map(kind.write) ?? "0" })
  }
}
