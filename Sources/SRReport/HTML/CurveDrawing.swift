import Foundation

/// One panel of curves as SVG. Colours, and which runs are shown, are up to the page's style sheet and script.
struct CurveDrawing {
  /// A value in a picture whose numbers grow to the right and upwards.
  private struct Axis {
    let ticks: [Double]
    let isLogarithmic: Bool
    private let (low, high): (Double, Double)
    private let (start, end): (Double, Double)

    /// - Parameters:
    ///   - values: all of these are on the axis.
    ///   - places: where the axis starts and ends.
    init(_ values: ClosedRange<Double>, isLogarithmic: Bool, places: (Double, Double)) {
      self.isLogarithmic = isLogarithmic
      (start, end) = places
      let range = isLogarithmic ? log10(values.lowerBound)...log10(values.upperBound) : values
      let center = (range.lowerBound + range.upperBound) / 2
      let width = range.upperBound - range.lowerBound
      // If all values are alike, their line is in the middle. The lines keep away from the frame.
      let span = width > 1e-4 * abs(center) ? width : max(0.1 * abs(center), 1e-6)
      (low, high) = (center - 0.55 * span, center + 0.55 * span)
      // Between powers of ten, an axis that is logarithmic has no ticks.
      let step = isLogarithmic ? max(1, (span / 5).rounded(.up)) : Self.step(span / 7)
      let first = (low / step).rounded(.up)
      let count = max(0, Int(((high / step).rounded(.down) - first)))
      ticks = (0...count).map { (first + Double($0)) * step }
    }

    /// An axis of epochs, from the first to the last.
    init(epochs: ClosedRange<Int>, places: (Double, Double)) {
      isLogarithmic = false
      (start, end) = places
      let isSingle = epochs.count == 1
      (low, high) = (
        Double(epochs.lowerBound) - (isSingle ? 1 : 0), Double(epochs.upperBound) + (isSingle ? 1 : 0)
      )
      let step = max(1, Self.step((high - low) / 6))
      ticks = stride(from: (low / step).rounded(.up) * step, through: high, by: step)
        .filter { epochs.contains(Int($0)) }
    }

    /// 1, 2 or 5 times a power of ten, and at least `least`.
    private static func step(_ least: Double) -> Double {
      let power = pow(10, log10(least).rounded(.down))
      return [1, 2, 5, 10].map { $0 * power }.first { $0 >= least * (1 - 1e-9) } ?? 10 * power
    }

    func place(_ value: Double) -> Double {
      let number = isLogarithmic ? log10(value) : value
      return high > low ? start + (end - start) * (number - low) / (high - low) : (start + end) / 2
    }

    func place(tick: Double) -> Double { isLogarithmic ? place(pow(10, tick)) : place(tick) }

    func text(tick: Double) -> String {
      if isLogarithmic { return pow(10, tick).significant(6) }
      guard ticks.count > 1 else { return tick.significant(6) }
      let digits = max(0, Int(-log10(ticks[1] - ticks[0]).rounded(.down)))
      return digits > 6 ? tick.significant(6) : tick.fixed(digits)
    }
  }

  private static let (width, height) = (380, 250)
  private static let (left, right, top, bottom) = (50.0, 370.0, 10.0, 210.0)
  /// Up to so many epochs have dots.
  private static let mostDots = 40

  private let panel: CurvePanel
  private let series: [CurveSeries]
  private let horizontal: Axis
  private let vertical: Axis

  /// Nil if no run has a value.
  init?(_ panel: CurvePanel, of series: [CurveSeries]) {
    let epochs = series.flatMap(\.epochs).map(\.epoch)
    let within = series.flatMap(\.epochs).contains { $0.fraction != nil }
    guard let range = panel.range(series), let first = epochs.min(), let last = epochs.max() else {
      return nil
    }
    self.panel = panel
    self.series = series
    horizontal = Axis(epochs: (within ? first - 1 : first)...last, places: (Self.left, Self.right))
    vertical = Axis(
      range, isLogarithmic: panel.isLogarithmic(series), places: (Self.bottom, Self.top))
  }

  var markup: HTML {
    """
    <svg viewBox="0 0 \(Self.width) \(Self.height)" role="img" aria-label="\(summary)">
    <g class="grid" aria-hidden="true">\(grid)</g>
    \(lines)<line class="cursor" x1="0" x2="0" y1="\(Self.text(Self.top))" y2="\(Self.text(Self.bottom))"/>
    </svg>
    """
  }

  /// What the picture shows, in words.
  private var summary: String {
    let runs = series.compactMap { run -> String? in
      let values = run.epochs.map(panel.valid).filter(\.isFinite)
      guard let first = values.first, let last = values.last else { return nil }
      return "\(run.name) from \(panel.text(first)) to \(panel.text(last))"
    }
    return "\(panel.title) by epoch, validation: \(runs.joined(separator: "; "))"
  }

  private var grid: [HTML] {
    let rows: [HTML] = vertical.ticks.map { tick in
      let y = vertical.place(tick: tick)
      return """
        <line x1="\(Self.text(Self.left))" x2="\(Self.text(Self.right))" y1="\(Self.text(y))" y2="\(Self.text(y))"/>\
        <text x="\(Self.text(Self.left - 8))" y="\(Self.text(y + 4))" text-anchor="end">\(vertical.text(tick: tick))</text>
        """
    }
    let columns: [HTML] = horizontal.ticks.map { tick in
      """
      <text x="\(Self.text(horizontal.place(tick)))" y="\(Self.text(Self.bottom + 18))" text-anchor="middle">\(Int(tick))</text>
      """
    }
    let title: HTML = """
      <text x="\(Self.text((Self.left + Self.right) / 2))" y="\(Self.height - 4)" text-anchor="middle">epoch</text>
      """
    return rows + columns + [title]
  }

  private var lines: [HTML] {
    var lines: [HTML] = []
    if let baseline = panel.baseline, let run = panel.baselineRun(series) {
      lines.append(line(run, "baseline", "bicubic", baseline))
    }
    for (index, run) in series.enumerated() {
      if let train = panel.train { lines.append(line(index, "train", "\(run.name), training", train)) }
      lines.append(line(index, "valid", "\(run.name), validation", panel.valid))
    }
    return lines
  }

  /// One quantity of a run. The script that names the values under the pointer reads the `data` attributes.
  private func line(
    _ run: Int, _ part: HTML, _ name: String, _ value: (EpochRecord) -> Double
  ) -> HTML {
    var pieces: [[(x: String, y: String)]] = [[]]
    var values: [(epoch: String, text: String)] = []
    for record in series[run].epochs {
      let number = value(record)
      guard number.isFinite, !vertical.isLogarithmic || number > 0 else {
        pieces.append([])
        continue
      }
      values.append((EpochTable.name(of: record), panel.text(number)))
      pieces[pieces.count - 1].append(
        (Self.text(horizontal.place(record.epochsDone)), Self.text(vertical.place(number))))
    }
    let points = pieces.joined()
    guard !points.isEmpty else { return "" }
    let polylines: [HTML] = pieces.filter { $0.count > 1 }.map { piece in
      "<polyline points=\"\(piece.map { "\($0.x),\($0.y)" }.joined(separator: " "))\"/>"
    }
    let hasDots = part.markup != "baseline" && points.count <= Self.mostDots
    let dots: [HTML] =
      hasDots ? points.map { "<circle cx=\"\($0.x)\" cy=\"\($0.y)\" r=\"2.5\"/>" } : []
    return """
      <g class="line \(part) \(ReportPage.colour(ofRun: run))" data-run="\(run)" data-name="\(name)" \
      data-epochs="\(values.map(\.epoch).joined(separator: " "))" \
      data-values="\(values.map(\.text).joined(separator: " "))" \
      data-x="\(points.map(\.x).joined(separator: " "))">\(polylines)\(dots)</g>

      """
  }

  private static func text(_ place: Double) -> String { place.fixed(1) }
}
