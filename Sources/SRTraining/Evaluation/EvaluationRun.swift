import Foundation
import SRCheckpoint
import SRData
import SRDistributed
import SRKernels
import SRLosses
import SRModels

/// Measures a weight file on a data set: every loss term, the metrics, and the metrics of bicubic upsampling.
package struct EvaluationRun {
  /// What `srdist evaluate --json` prints.
  package struct Result: Codable, Sendable {
    package let weights: String
    package let data: String
    package let images: Int
    package let model: String
    /// Unweighted values of the loss terms.
    package let terms: [String: Double]
    /// `psnr` (dB, unclamped, peak 1), `ssim` (Gaussian window), `ssim_box`, `mse`, and `lpips` if its weights are there.
    package let metrics: [String: Double]
    /// The same metrics of plain bicubic upsampling.
    package let bicubic: [String: Double]
    /// What was chosen and unwrapped of the weights, and the networks and weight files of the perceptual terms and metrics.
    package let provenance: [String]
    /// Nil if the network was not examined.
    package let diagnosis: NetworkDiagnosis?

    /// The loss terms and metrics that are no numbers, because the network's results are not finite.
    package var notFinite: [String] { (terms.notFinite + metrics.notFinite).sorted() }

    enum CodingKeys: String, CodingKey {
      case weights, data, images, model, terms, metrics, bicubic, provenance, diagnosis
    }
  }

  private let network: TrainedNetwork
  private let configuration: TrainingConfiguration
  /// Whether the settings say what the data's values mean. Otherwise the network does.
  private let givesRange: Bool
  private let split: NumPyPairDataset.Split
  private let communicator: Communicator
  private let kernels: any KernelSet
  /// What this rank is doing, for the watchdog.
  package var activity = RankActivity()
  /// Whether the network is examined too.
  package var diagnoses = false

  /// - Parameters:
  ///   - network: what is measured.
  ///   - settings: loss, data and perceptual networks. Later layers override earlier ones.
  /// - Throws: ``ConfigurationError`` for settings that cannot be used.
  package init(
    _ network: TrainedNetwork, settings: [SettingLayer], split: NumPyPairDataset.Split,
    communicator: Communicator, kernels: any KernelSet
  ) throws {
    self.network = network
    var described = TrainingConfiguration()
    described.loss = LossKind.pixelLosses.map { LossTerm($0, weight: 1) }
    var configuration = try TrainingConfiguration(layers: settings, over: described)
    // Synthetic faces have the network's scale.
    configuration.scale = network.model.scale
    givesRange = configuration.range != nil
    configuration.range = configuration.range ?? network.model.rangeOfData(configuration)
    self.configuration = configuration
    self.split = split
    self.communicator = communicator
    self.kernels = kernels
  }

  /// Loads the split's images; the other split need not exist. Then measures the model and bicubic upsampling on
  /// every image of the split. Collective; every rank returns the same result.
  ///
  /// - Throws: the same error on every rank if the start fails: ``FileError``, ``NumPyError`` or ``PairDatasetError`` for
  ///   data, ``SafetensorsError`` for weights, ``ConfigurationError`` for a loss that cannot be computed on these images.
  ///   Later a rank may throw ``MPIError`` alone. Its caller then ends the job.
  package func run() throws -> Result {
    let part: SampleIdentity.Part = split == .train ? .training : .validation
    let run = try communicator.together(starting: activity) {
      let pairs = try RunData(configuration).load(split, progress: activity.mark)
      try network.model.checkFit(of: pairs, weights: network.file, givesRange: givesRange)
      return try EvaluationContext(
        configuration, model: network.model, weights: network.weights, purpose: .inference,
        communicator: communicator, kernels: kernels, images: pairs,
        parts: [part: pairs], activity: activity)
    }
    defer { run.pool.close() }
    try RankFacts.compare(communicator, activity) {
      var facts = try RankFacts.ofNetwork(network, progress: activity.mark)
      facts.addNetworks(of: "loss", run.lossAssembly.networkSHA256)
      facts.addNetworks(of: "metrics", run.lossAssembly.metricNetworkSHA256)
      facts.addData(run.pairs(of: part).contentHash(progress: activity.mark))
      return facts
    }
    let weights = StepWeights(plan: run.inferencePlan, parameters: run.parameters)
    let sums = try Evaluator(run, part).run(weights)
    let diagnosis = diagnoses ? try NetworkDiagnosis(run, part, weights) : nil
    let baseline = try BaselineEvaluation(run, part)
    let pairs = run.pairs(of: part)
    try communicator.together {
      for file in pairs.files {
        guard let change = file.change(), change != .touched else { continue }
        throw ChangedDataError(
          path: file.path, change: change, advice: "Run the evaluation again when the file is complete")
      }
    }
    return Result(
      weights: network.file, data: pairs.summary, images: pairs.count, model: network.model.name,
      terms: sums.terms, metrics: sums.metrics, bicubic: baseline.metrics,
      provenance: network.notes + run.lossAssembly.provenance, diagnosis: diagnosis)
  }
}
