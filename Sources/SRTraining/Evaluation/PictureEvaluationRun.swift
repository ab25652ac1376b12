import Foundation
import SRCheckpoint
import SRData
import SRDistributed
import SRFiles
import SRInference
import SRKernels
import SRMetrics
import SRModels
import SRProcess
import SRTensor

/// Measures a network, or bicubic upsampling alone, on pictures of any size, by the conventions of the literature.
package struct PictureEvaluationRun {
  /// Which pictures are measured.
  package enum Source: Sendable {
    case folders(lowRes: String, highRes: String, template: FileNameTemplate?, cropMultiple: Int)
    /// Low-resolution pictures are made from the originals. If no multiple is given, originals are cropped to one of the scale.
    case originals(String, cropMultiple: Int?)
    /// A split of the configuration's data.
    case data(NumPyPairDataset.Split)
  }

  /// How pictures are enlarged and compared.
  package struct Options: Sendable {
    package var channels = PictureConvention.Channels.rgb
    /// Pixels that are left out at each edge; nil for as many as the scale.
    package var border: Int?
    /// Whose bicubic makes the low-resolution pictures and enlarges them; nil for MATLAB's, or the one that the data's manifest
    /// names.
    package var resampling: Resampling?
    /// Nil for the network's, or that of the first pair.
    package var scale: Int?
    package var pooling = NetworkInference.Pooling.standard
    /// The bytes that the network may take; nil for no limit.
    package var memory: Int?

    package init() {}
  }

  private let network: TrainedNetwork?
  private let source: Source
  private let options: Options
  private let configuration: TrainingConfiguration
  private let communicator: Communicator
  private let kernels: any KernelSet
  private let activity: RankActivity

  /// - Parameters:
  ///   - network: what is measured; nil for bicubic upsampling alone.
  ///   - settings: data, threads and perceptual networks.
  package init(
    _ network: TrainedNetwork?, source: Source, options: Options, settings: [SettingLayer],
    communicator: Communicator, kernels: any KernelSet, activity: RankActivity
  ) throws {
    self.network = network
    self.source = source
    self.options = options
    configuration = try TrainingConfiguration(layers: settings)
    self.communicator = communicator
    self.kernels = kernels
    self.activity = activity
  }

  /// Opens all pictures. Then measures each picture. Collective; every rank returns the same result.
  ///
  /// - Throws: the same error on every rank.
  package func run() throws -> PictureEvaluationResult {
    let sizes = JobSizes(configuration, ranks: communicator.worldSize, communicator)
    let (set, metrics, resampling, pool) = try communicator.together(starting: activity) {
      let (set, resampling) = try pictures()
      let metrics = try PictureMetrics(
        options.channels, border: options.border, of: set,
        weightsDirectory: configuration.weightsDir, kernels: kernels, progress: activity.mark)
      return (set, metrics, resampling, try WorkerPool(count: sizes.threads))
    }
    defer { pool.close() }
    try RankFacts.compare(communicator, activity) {
      var facts = try RankFacts.ofNetwork(network, progress: activity.mark)
      facts.add(metrics)
      facts.addData(set.contentHash(progress: activity.mark))
      return facts
    }
    let evaluator = PictureEvaluator(
      set: set, metrics: metrics, communicator: communicator, activity: activity, kernels: kernels,
      pool: pool)
    let inference = network.map { network in
      NetworkInference(
        network.model, graph: network.graph, weights: network.weights, pooling: options.pooling,
        memory: options.memory, kernels: kernels, pool: pool, progress: activity.mark)
    }
    var conversions: [String: Int] = [:]
    let rows = try evaluator.rows(
      of: (inference.map { [.network($0)] } ?? []) + [.bicubic(resampling)]
    ) { conversions[$0.rawValue, default: 0] += 1 }
    let remarks = try communicator.allGather(conversions).reduce(into: [:]) {
      $0.merge($1, uniquingKeysWith: +)
    }
    try communicator.together { try Self.checkUnchanged(set) }
    return PictureEvaluationResult(
      network, resampling: resampling, evaluator, rows, conversions: remarks)
  }

  private func pictures() throws -> (any PictureSet, Resampling) {
    let scale = network?.model.scale ?? options.scale
    let rule = network?.model.pictureRule(depth: configuration.depth) ?? PictureFormatRule()
    if let network, let given = options.scale, given != network.model.scale {
      throw ConfigurationError(
        "scale: --scale \(given) is given, and \(network.file) holds a network of scale \(network.model.scale); leave "
          + "out --scale")
    }
    switch source {
    case .folders(let lowRes, let highRes, let template, let cropMultiple):
      let set = try FolderPictures(
        lowRes: lowRes, highRes: highRes, template: template, scale: scale, cropMultiple: cropMultiple,
        rule: rule)
      return (set, options.resampling ?? .matlab)
    case .originals(let folder, let given):
      let scale = scale ?? ModelDescription.attention.scale
      let cropMultiple = given ?? scale
      guard cropMultiple % scale == 0 else {
        throw ConfigurationError(
          "modcrop: \(cropMultiple) is no multiple of the scale \(scale), so the low-resolution pictures would have no "
            + "whole size; give a multiple")
      }
      let resampling = options.resampling ?? .matlab
      let set = try FolderPictures(
        highRes: folder, scale: scale, cropMultiple: cropMultiple, resampling: resampling, rule: rule)
      return (set, resampling)
    case .data(let split):
      var configuration = configuration
      configuration.scale = scale
      configuration.range = configuration.range ?? network?.model.rangeOfData(configuration)
      let pairs = try RunData(configuration).load(split, progress: activity.mark)
      if let given = options.scale, given != pairs.scale {
        throw ConfigurationError(
          "scale: --scale \(given) is given, and \(pairs.summary) has scale \(pairs.scale); leave out --scale"
        )
      }
      if let network { try network.model.checkFit(of: pairs, weights: network.file, givesRange: true) }
      guard pairs.isRGB8 else {
        throw ConfigurationError(
          "eight-bit: the measures of the literature are those of 8-bit RGB, and \(pairs.summary) has \(pairs.highResChannels) "
            + "channel\(pairs.highResChannels == 1 ? "" : "s") of \(pairs.values). Leave out --eight-bit, --y-channel, --crop-border and "
            + "--method: --data alone is measured over the values' range")
      }
      return (StoredPictures(pairs), options.resampling ?? pairs.resampling)
    }
  }

  private static func checkUnchanged(_ set: any PictureSet) throws {
    for file in set.files {
      guard let change = file.change(), change != .touched else { continue }
      throw ChangedDataError(
        path: file.path, change: change, advice: "Run the evaluation again when the file is complete")
    }
  }
}

extension ModelDescription {
  /// The values of black and full intensity in the configuration's data, if the settings do not say it: those on which the network
  /// was trained. Synthetic faces have the whole range.
  func rangeOfData(_ configuration: TrainingConfiguration) -> ValueRange? {
    configuration.data == nil ? nil : values?.range
  }

  /// Throws ``ConfigurationError`` if pairs have another scale, other channels or values of another meaning than the network.
  ///
  /// - Parameter givesRange: whether the user has said what the pairs' values mean.
  func checkFit(of pairs: any PairDataset, weights: String, givesRange: Bool) throws {
    guard pairs.scale == scale else {
      throw ConfigurationError(
        "data: \(pairs.summary) has scale \(pairs.scale), and \(weights) holds the weights of a network of "
          + "scale \(scale) (\(self)). Give data or weights of the other's scale.")
    }
    guard pairs.lowResChannels == inputChannels, pairs.highResChannels == outputChannels else {
      throw ConfigurationError(
        "data: the pictures of \(pairs.summary) have \(pairs.lowResChannels) and \(pairs.highResChannels) channels (low and high "
          + "resolution), and \(weights) holds the weights of a network of \(inputChannels) and \(outputChannels). Give data or "
          + "weights of the other's channels.")
    }
    guard let values, pairs.values.sample != values.sample, !givesRange else { return }
    throw ConfigurationError(
      "data: \(pairs.summary) has values of \(pairs.values.sample.rawValue), and \(weights) holds a network that was trained on "
        + "values \(values). Give data of \(values.sample.rawValue), or the values of black and of full intensity in these as "
        + "--range LOW,HIGH.")
  }
}
