import Foundation

/// Rows of cells, set as columns of text that are two spaces apart.
///
/// A column is as wide as its widest cell. A row may have fewer cells than the table has columns. A left-aligned cell at a
/// row's end is not filled up with spaces. Cells
/// are shown ``Swift/StringProtocol/onOneLine``.
package struct TextTable: CustomStringConvertible, Sendable {
  /// How the cells of one column are set.
  package struct Column: Sendable {
    fileprivate enum Alignment { case left, right }

    fileprivate let alignment: Alignment
    fileprivate let minimumWidth: Int

    package static let left = Column(alignment: .left, minimumWidth: 0)
    package static let right = Column(alignment: .right, minimumWidth: 0)

    /// - Parameter width: in characters.
    package static func left(atLeast width: Int) -> Column { Column(alignment: .left, minimumWidth: width) }

    /// - Parameter width: in characters.
    package static func right(atLeast width: Int) -> Column { Column(alignment: .right, minimumWidth: width) }
  }

  private let columns: [Column]
  private var rows: [[String]] = []

  package init(_ columns: [Column], rows: [[String]] = []) {
    self.columns = columns
    for row in rows { append(row) }
  }

  /// Precondition: there are no more cells than columns.
  package mutating func append(_ row: [String]) {
    precondition(
      row.count <= columns.count, "\(row.count) cells in a row of a table of \(columns.count) columns")
    rows.append(row.map(\.onOneLine))
  }

  /// The rows as text, without line breaks.
  package var lines: [String] {
    let widths = columns.enumerated().map { position, column in
      rows.reduce(column.minimumWidth) { max($0, position < $1.count ? $1[position].count : 0) }
    }
    return rows.map { row in
      row.indices.map { position in
        let (cell, isLast) = (row[position], position == row.count - 1)
        let padding = String(repeating: " ", count: widths[position] - cell.count)
        return switch columns[position].alignment {
        case .left: isLast ? cell : cell + padding
        case .right: padding + cell
        }
      }.joined(separator: "  ")
    }
  }

  /// The lines, one below the other, without a line break at the end.
  package var description: String { lines.joined(separator: "\n") }
}

extension Double {
  /// The number with `digits` digits after the point.
  package func fixed(_ digits: Int) -> String { formatted("%.\(digits)f") }

  /// The number rounded to `digits` significant digits.
  package func significant(_ digits: Int) -> String { formatted("%.\(digits)g") }

  /// The sign of what is no number means nothing.
  private func formatted(_ format: String) -> String { isNaN ? "nan" : String(format: format, self) }
}
