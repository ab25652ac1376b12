/// The names of files and directories that are being made. Each is the final name, a marker and random digits.
package enum TemporaryName {
  /// Nobody can guess the name and put a link of that name in its place. Programs on other hosts choose other names.
  package static func random(_ name: String, marker: String = marker) -> String {
    let digits = String(UInt64.random(in: 0...UInt64.max), radix: 16)
    return name + marker + String(repeating: "0", count: digitCount - digits.count) + digits
  }

  /// The final name that `name` was made of; nil if it is no temporary name.
  ///
  /// - Parameter includingOlder: whether names of older versions count, which have a process's number in place of the digits.
  package static func original(
    of name: String, marker: String = marker, includingOlder: Bool = false
  ) -> String? {
    guard let position = name.ranges(of: marker).last else { return nil }
    let suffix = name[position.upperBound...]
    let isRandom = suffix.count == digitCount && suffix.allSatisfy { "0123456789abcdef".contains($0) }
    let isOlder = includingOlder && !suffix.isEmpty && suffix.allSatisfy { "0123456789".contains($0) }
    return isRandom || isOlder ? String(name[..<position.lowerBound]) : nil
  }

  package static let marker = ".tmp-"
  private static let digitCount = 16
}
