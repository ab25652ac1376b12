/// Adam's decay rates of the moments, as in `0.9,0.999`.
package struct Betas: Sendable, Equatable, CustomStringConvertible {
  package var first = 0.9
  package var second = 0.999

  package init() {}

  /// Nil if the text does not hold two numbers of at least 0 and below 1.
  package init?(_ text: String) {
    guard let values = NumberList.reals(text), values.count == 2,
      values.allSatisfy({ $0 >= 0 && $0 < 1 })
    else { return nil }
    (first, second) = (values[0], values[1])
  }

  package var description: String { NumberList.text([first, second]) }
}

/// Numbers with commas between them.
enum NumberList {
  /// Nil if a part is no finite number.
  static func reals(_ text: String) -> [Double]? {
    parts(text) { SettingValue(argument: $0).real.flatMap { $0.isFinite ? $0 : nil } }
  }

  /// Nil if a part is no whole number.
  static func wholes(_ text: String) -> [Int]? {
    parts(text) { SettingValue(argument: $0).whole(Int.self) }
  }

  static func text(_ values: [Double]) -> String {
    values.map { Int(exactly: $0).map(String.init) ?? "\($0)" }.joined(separator: ",")
  }

  static func text(_ values: [Int]) -> String { values.map(String.init).joined(separator: ",") }

  private static func parts<Value>(_ text: String, _ read: (String) -> Value?) -> [Value]? {
    var values: [Value] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let value = read(part.filter { !$0.isWhitespace }) else { return nil }
      values.append(value)
    }
    return values
  }
}
