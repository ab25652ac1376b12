import Foundation

extension Double {
  /// The number rounded to `digits` significant digits, for a reader's eye.
  func significant(_ digits: Int) -> String { String(format: "%.\(digits)g", self) }

  /// The number with `digits` digits after the point.
  func fixed(_ digits: Int) -> String { String(format: "%.\(digits)f", self) }
}
