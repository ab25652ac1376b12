import SRCheckpoint
import SRData
import SRMetrics

/// The numbers of a set's pictures: what `srdist evaluate --json` prints.
package struct PictureEvaluationResult: Encodable, Sendable {
  package struct Picture: Encodable, Sendable {
    package let name: String
    /// The original's size.
    package let width: Int
    package let height: Int
    /// By the metrics' names; nil if no network was measured.
    package let metrics: [String: Double]?
    /// The same metrics of bicubic upsampling.
    package let bicubic: [String: Double]
  }

  /// Nil if bicubic upsampling was measured alone.
  package let weights: String?
  package let model: String?
  package let data: String
  package let scale: Int
  /// Whose bicubic upsampling was measured.
  package let resampling: Resampling
  /// By each metric's name: how it is measured, such as `PSNR-Y, 8 bit, border 4`.
  package let conventions: [String: String]
  package let pictures: [Picture]
  /// Means over the pictures.
  package let metrics: [String: Double]?
  package let bicubic: [String: Double]
  /// The networks and weight files of LPIPS, or why LPIPS is left out.
  package let provenance: [String]
  /// What decoding changed, and in how many pictures.
  package let conversions: [String: Int]
  /// The network's metrics that are no numbers, because its results are not finite.
  package var notFinite: [String] { (metrics ?? [:]).notFinite }
  /// The metrics in the order in which they are shown.
  let descriptions: [MetricDescription]
  let convention: PictureConvention

  private enum CodingKeys: String, CodingKey {
    case weights, model, data, scale, resampling, conventions, pictures, metrics, bicubic, provenance,
      conversions
  }

  /// - Parameters:
  ///   - rows: of the network, if there is one, and of bicubic upsampling.
  init(
    _ network: TrainedNetwork?, resampling: Resampling, _ evaluator: PictureEvaluator, _ rows: [[Double]],
    conversions: [String: Int]
  ) {
    let (set, measures) = (evaluator.set, evaluator.metrics)
    let names = measures.descriptions.map(\.name)
    func values(_ row: [Double], method: Int) -> [String: Double] {
      Dictionary(uniqueKeysWithValues: zip(names, row[(method * names.count)...]))
    }
    let hasNetwork = network != nil
    let bicubicMethod = hasNetwork ? 1 : 0
    weights = network?.file
    model = network?.model.description
    data = set.summary
    scale = set.scale
    self.resampling = resampling
    conventions = Dictionary(
      uniqueKeysWithValues: measures.descriptions.map { ($0.name, measures.convention.text($0)) })
    pictures = rows.enumerated().map { index, row in
      let size = set.size(at: index)
      return Picture(
        name: set.name(at: index), width: size.width, height: size.height,
        metrics: hasNetwork ? values(row, method: 0) : nil, bicubic: values(row, method: bicubicMethod))
    }
    metrics = hasNetwork ? evaluator.means(of: rows, method: 0) : nil
    bicubic = evaluator.means(of: rows, method: bicubicMethod)
    provenance = (network?.notes ?? []) + measures.provenance
    self.conversions = conversions
    descriptions = measures.descriptions
    convention = measures.convention
  }
}

extension [String: Double] {
  /// The names of the values that a network's results are not finite for, sorted. Equal pictures have an infinite PSNR.
  var notFinite: [String] {
    filter { !$0.value.isFinite && !($0.key == MetricDescription.psnr.name && $0.value > 0) }.keys.sorted()
  }
}
