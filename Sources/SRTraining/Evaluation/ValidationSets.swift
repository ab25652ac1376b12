import SRData
import SRInference
import SRMetrics
import SRModels
import SRReport
import SRTensor

/// The sets of pictures that a run measures at each validation, beside its data's validation images. PSNR and SSIM are those of
/// luma, with a border of the scale left out; of other pictures than RGB, those of all channels.
struct ValidationSets: Sendable {
  private struct Member: Sendable {
    let name: String
    let evaluator: PictureEvaluator
    let sha256: String
  }

  private let run: RunContext
  private let members: [Member]
  /// The bytes that one rank allocates while it measures, and those of LPIPS's networks.
  let bytes: Int
  /// The bytes that the network may take.
  private let inferenceBytes: Int

  /// Beyond the least that the largest picture needs.
  private static let spareBytes = 64 << 20

  /// Opens all pictures. Not collective, but every rank does it.
  ///
  /// - Throws: ``PictureSetError`` if a set's folders do not fit each other or the network's scale; ``ConfigurationError`` if a
  ///   picture is too small, if there is too little memory, or if there is no such metric as --best-metric names; and what reading
  ///   throws.
  init(_ run: RunContext) throws {
    self.run = run
    let scale = run.network.model.scale
    members = try run.configuration.val.map { pictures in
      let set = try FolderPictures(
        lowRes: pictures.lowRes, highRes: pictures.highRes, template: pictures.template, scale: scale,
        cropMultiple: scale, rule: run.network.model.pictureRule(depth: run.configuration.depth))
      run.activity.mark()
      let metrics = try PictureMetrics(
        .luma, border: scale, of: set,
        weightsDirectory: run.configuration.weightsDir, kernels: run.kernels, progress: run.activity.mark)
      return Member(
        name: pictures.name,
        evaluator: PictureEvaluator(
          set: set, metrics: metrics, communicator: run.communicator, activity: run.activity,
          kernels: run.kernels, pool: run.pool),
        sha256: set.contentHash(progress: run.activity.mark))
    }
    let network = Self.network(run, memory: nil)
    let needed = members.flatMap { member in
      let set = member.evaluator.set
      return (0..<set.count).map { index in
        let size = set.size(at: index)
        return network.memoryNeeded(height: size.height / scale, width: size.width / scale)
      }
    }
    inferenceBytes = needed.max().map { $0 + Self.spareBytes } ?? 0
    // The picture as it is stored, as floats and enlarged.
    let pictureBytes =
      members.map { member in
        let (set, stored) = (member.evaluator.set, member.evaluator.set.format.highRes)
        let pixel = set.format.isRGB8 ? 3 * 6 : 2 * stored.bytesPerPixel + 3 * 4 * stored.channels
        return set.largestSize.pixels * pixel
      }.max() ?? 0
    let workerBytes = members.map(\.evaluator.metrics.workerBytes).max() ?? 0
    let networkBytes = members.map(\.evaluator.metrics.networkBytes).max() ?? 0
    bytes = members.isEmpty ? 0 : inferenceBytes + pictureBytes + workerBytes + networkBytes
  }

  private static func network(_ run: RunContext, memory: Int?) -> NetworkInference {
    NetworkInference(
      run.network.model, graph: run.network.graph, weights: run.average ?? run.parameters, memory: memory,
      kernels: run.kernels, pool: run.pool, progress: run.activity.mark)
  }

  /// By each set's name: SHA-256 of its pictures.
  var sha256: [String: String] { Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.sha256) }) }

  /// The mapped pictures by the sets' names.
  var sets: [(name: String, set: any PictureSet)] { members.map { ($0.name, $0.evaluator.set) } }

  /// What PSNR is called for each set, by name.
  var psnrTitles: [String: String] {
    Dictionary(
      uniqueKeysWithValues: members.map { ($0.name, $0.evaluator.metrics.convention.title(.psnr)) })
  }

  /// Such as `Set5: 5 pictures up to 512 x 512 (PSNR-Y, 8 bit, border 4; ...)`.
  var summaries: [String] {
    members.map { member in
      let (set, metrics) = (member.evaluator.set, member.evaluator.metrics)
      let conventions = metrics.descriptions.map(metrics.convention.text).joined(separator: "; ")
      return "\(member.name): \(set.count) pictures up to \(set.largestSize) (\(conventions))"
    }
  }

  /// The numbers of bicubic upsampling by their names in the log. Collective.
  func measureBicubic() throws -> [String: Double] { try measure(.bicubic(.matlab), ofBicubic: true) }

  /// The numbers of the run's validated weights by their names in the log. Collective.
  ///
  /// They mean nothing if a signal asked a rank to stop; see ``PictureEvaluator``.
  func measure() throws -> [String: Double] {
    members.isEmpty
      ? [:] : try measure(.network(Self.network(run, memory: inferenceBytes)), ofBicubic: false)
  }

  private func measure(_ method: PictureMethod, ofBicubic: Bool) throws -> [String: Double] {
    var values: [String: Double] = [:]
    for member in members {
      let rows = try member.evaluator.rows(of: [method], isDealt: run.configuration.validation == .dealt)
      for (metric, value) in member.evaluator.means(of: rows, method: 0) {
        values[EpochRecord.key(set: member.name, metric, ofBicubic: ofBicubic)] = value
      }
    }
    return values
  }

  /// The metric of a run that names none: PSNR of the validation images or, without them, of the first set. Nil if there is neither.
  var standardJudge: BestMetric? {
    run.data.valid != nil ? .standard : members.first.flatMap { BestMetric("\($0.name)/psnr") }
  }

  /// Throws ``ConfigurationError`` if the run does not measure a metric; nil stands for no metric.
  func check(_ best: BestMetric?) throws {
    guard let best else { return }
    func fail(_ reason: String) -> ConfigurationError {
      ConfigurationError("best-metric: the best checkpoint cannot be chosen by \(best): \(reason)")
    }
    guard let name = best.pictures else {
      guard run.data.valid != nil else {
        throw fail(
          "there are no validation images"
            + (members.first.map { "; name a set, such as \($0.name)/\(best.metric.name)" }
              ?? "; --val NAME=LR,HR gives a set of pictures, and NAME/\(best.metric.name) chooses by it"))
      }
      if run.validationMetrics.contains(where: { $0.description == best.metric }) { return }
      let reason = run.lossAssembly.provenance.first {
        $0.hasPrefix("metric \(best.metric.name) is left out")
      }
      throw fail(reason ?? "it is not measured")
    }
    guard let member = members.first(where: { $0.name == name }) else {
      throw fail("there is no set '\(name)'. Give --val \(name)=LR,HR, or another --best-metric")
    }
    guard member.evaluator.metrics.descriptions.contains(best.metric) else {
      throw fail(member.evaluator.metrics.provenance.joined(separator: "; "))
    }
  }
}
