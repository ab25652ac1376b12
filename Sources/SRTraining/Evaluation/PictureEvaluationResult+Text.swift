import SRFiles
import SRMetrics

extension PictureEvaluationResult {
  /// A row for each picture and for the means, and below them what each number is.
  package var lines: [String] {
    let methods = shownMethods
    var table = TextTable(
      [.left, .right] + Array(repeating: .right, count: methods.count * descriptions.count))
    table.append(
      ["picture", "size"]
        + methods.flatMap { method in
          descriptions.map { description in
            let unit = description.unit.map { " \($0)" } ?? ""
            return (method.name.isEmpty ? "" : "\(method.name) ") + convention.title(description) + unit
          }
        })
    func numbers(_ values: [String: Double]) -> [String] {
      descriptions.map { (values[$0.name] ?? .nan).fixed($0.decimals) }
    }
    for (index, picture) in pictures.enumerated() {
      table.append(
        [picture.name, "\(picture.width)x\(picture.height)"]
          + methods.flatMap { numbers($0.values(index)) })
    }
    table.append(["mean", ""] + methods.flatMap { numbers($0.means) })
    let subject = weights.map { "\($0): \(model ?? "")" } ?? "\(resampling.program)'s bicubic"
    return ["\(subject), x\(scale), \(pictures.count) pictures of \(data)"] + table.lines
      + ["conventions: \(descriptions.map(convention.text).joined(separator: "; "))"]
      + (weights == nil
        ? []
        : [
          "bicubic: \(resampling.program)'s, rounded to \(convention.values == PictureConvention.bytes ? "8 bits" : "the pictures' type")"
        ]) + provenance
  }

  /// The table as comma-separated values. Each column's title states its convention.
  package var csv: String {
    let methods = shownMethods
    var rows = [
      ["picture", "width", "height"]
        + methods.flatMap { method in
          descriptions.map { (method.name.isEmpty ? "" : "\(method.name) ") + convention.text($0) }
        }
    ]
    func numbers(_ values: [String: Double]) -> [String] {
      descriptions.map { "\(values[$0.name] ?? .nan)" }
    }
    for (index, picture) in pictures.enumerated() {
      rows.append(
        [picture.name, "\(picture.width)", "\(picture.height)"]
          + methods.flatMap { numbers($0.values(index)) })
    }
    rows.append(["mean", "", ""] + methods.flatMap { numbers($0.means) })
    return rows.map { $0.map(Self.cell).joined(separator: ",") + "\n" }.joined()
  }

  /// What the table has columns for: the network if there is one, and bicubic upsampling.
  private var shownMethods: [(name: String, means: [String: Double], values: (Int) -> [String: Double])] {
    let bicubic = (
      name: metrics == nil ? "" : "bicubic", means: bicubic, values: { index in pictures[index].bicubic }
    )
    guard let metrics else { return [bicubic] }
    return [(name: "", means: metrics, values: { index in pictures[index].metrics ?? [:] }), bicubic]
  }

  /// A cell in the form of RFC 4180.
  private static func cell(_ text: String) -> String {
    let text = text.onOneLine
    guard text.contains(where: { ",\"".contains($0) }) else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
