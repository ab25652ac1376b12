import SRMetrics

/// One of the pictures that stand side by side: a quantity by epoch, for all runs.
struct CurvePanel: Sendable {
  /// Such as `PSNR / dB`.
  let title: String
  /// Digits after the point, where a value is written; nil if the quantity can have any magnitude.
  var decimals: Int?
  /// Nil if only validation is measured.
  var train: (@Sendable (EpochRecord) -> Double)?
  let valid: @Sendable (EpochRecord) -> Double
  /// A value for the validation images to compare with: that of bicubic upsampling.
  var baseline: (@Sendable (EpochRecord) -> Double)?

  func values(_ record: EpochRecord) -> [Double] {
    [train?(record) ?? .nan, valid(record), baseline?(record) ?? .nan]
  }

  /// The value as text.
  func text(_ value: Double) -> String { decimals.map { value.fixed($0) } ?? value.significant(5) }

  /// The metrics that have panels. `always` are in every log. `ifMeasured` have a panel if some epoch has their values.
  private static let always: [MetricDescription] = [.psnr, .ssim]
  private static let ifMeasured: [MetricDescription] = [.lpips]

  /// The panels of the loss and of the metrics that runs are judged by.
  static func standard(_ series: [CurveSeries]) -> [CurvePanel] {
    let measured = ifMeasured.map(of).filter { panel in
      series.contains { $0.epochs.contains { !panel.valid($0).isNaN } }
    }
    let loss = CurvePanel(title: "loss", train: \.trainLoss, valid: \.validLoss)
    return [loss] + always.map(of) + measured
  }

  private static func of(_ metric: MetricDescription) -> CurvePanel {
    func value(_ part: EpochRecord.Part) -> @Sendable (EpochRecord) -> Double {
      let name = metric.name
      return { $0[part, name] ?? .nan }
    }
    return CurvePanel(
      title: metric.title + (metric.unit.map { " / \($0)" } ?? ""), decimals: metric.decimals,
      train: metric.isForTraining ? value(.train) : nil, valid: value(.valid), baseline: value(.bicubic))
  }

  /// If the ratio of a panel's values is larger than this, the axis is logarithmic. Several presets' losses are an example.
  private static let largestLinearRatio = 50.0

  func isLogarithmic(_ series: [CurveSeries]) -> Bool {
    guard let range = range(series), range.lowerBound > 0 else { return false }
    return range.upperBound / range.lowerBound > Self.largestLinearRatio
  }

  /// The run whose baseline is drawn: the longest of those that have one, because it spans the whole picture. Nil if none has one.
  func baselineRun(_ series: [CurveSeries]) -> Int? {
    guard let baseline else { return nil }
    return series.indices.filter { series[$0].epochs.contains { baseline($0).isFinite } }
      .max { series[$0].epochs.count < series[$1].epochs.count }
  }

  /// The least and the largest value; nil if there is none.
  func range(_ series: [CurveSeries]) -> ClosedRange<Double>? {
    let finite = series.flatMap(\.epochs).flatMap(values).filter(\.isFinite)
    guard let least = finite.min(), let largest = finite.max() else { return nil }
    return least...largest
  }
}

/// The epochs of one run, and the run's name in a picture's legend.
package struct CurveSeries: Equatable, Sendable {
  package var name: String
  package var epochs: [EpochRecord]

  package init(name: String, epochs: [EpochRecord]) {
    self.name = name
    self.epochs = epochs
  }
}
