import Foundation
import SRCheckpoint
import SRData
import SRDistributed
import SRKernels
import SRLosses
import SRModels

/// Measures a weight file on a data set: every loss term, the metrics, and what bicubic upsampling reaches.
package struct EvaluationRun {
  /// What `srdist evaluate --json` prints.
  package struct Result: Codable, Sendable {
    package let weights: String
    package let data: String
    package let images: Int
    package let model: String
    /// Unweighted values of the loss terms.
    package let terms: [String: Double]
    /// `psnr` (dB, unclamped, peak 1), `ssim` (Gaussian window), `ssim_box`, `mse`, `lpips` where at hand.
    package let metrics: [String: Double]
    /// The same metrics of plain bicubic upsampling.
    package let bicubic: [String: Double]
    /// What perceptual terms and metrics are made of.
    package let provenance: [String]

    enum CodingKeys: String, CodingKey {
      case weights, data, images, model, terms, metrics, bicubic, provenance
    }
  }

  private let weights: String
  private let configuration: TrainingConfiguration
  private let split: NumPyPairDataset.Split
  private let communicator: Communicator
  private let kernels: any KernelSet

  /// - Parameters:
  ///   - weights: a safetensors file, or a checkpoint directory, whose averaged weights are taken where it has them.
  ///   - settings: loss, data and perceptual networks, the last layer winning.
  /// - Throws: ``CheckpointError`` for a damaged checkpoint, ``ConfigurationError`` for settings that cannot be used, and what
  ///   reading the weights' names throws.
  package init(
    weights: String, settings: [SettingLayer], split: NumPyPairDataset.Split, communicator: Communicator,
    kernels: any KernelSet
  ) throws {
    let file = try CheckpointDirectory.weightFile(weights)
    self.weights = file
    var described = TrainingConfiguration()
    let isAttention = try SafetensorsFile(path: file).tensors.contains { $0.name.contains(".attention.") }
    described.model = isAttention ? .attention : .vanilla
    described.initWeights = file
    described.loss = [.mse, .charbonnier, .ssim, .ssimBox, .edge].map { LossTerm($0, weight: 1) }
    configuration = try TrainingConfiguration(layers: settings, over: described)
    self.split = split
    self.communicator = communicator
    self.kernels = kernels
  }

  /// Loads weights and data, then measures every image of the split by model and by bicubic upsampling. Collective;
  /// every rank returns the same.
  ///
  /// - Throws: the same error on every rank where the start fails: ``FileError``, ``NumPyError`` or ``PairDatasetError`` for
  ///   data, ``SafetensorsError`` for weights, ``ConfigurationError`` for a loss that cannot be computed on these
  ///   images. Later ``MPIError``, which a rank throws alone: its caller ends the job.
  package func run() throws -> Result {
    let run = try communicator.together {
      try RunContext(
        configuration, communicator: communicator, kernels: kernels, data: RunData(configuration).load())
    }
    defer { run.pool.close() }
    let pairs = split == .train ? run.data.train : run.data.valid
    let sums = try Evaluator(run, pairs: pairs).run(run.weights)
    let baseline = try BaselineEvaluation(pairs: pairs, metrics: run.validationMetrics, run: run)
    let names = run.validationMetrics.names
    return Result(
      weights: weights, data: pairs.summary, images: pairs.count, model: configuration.model.rawValue,
      terms: sums.terms,
      metrics: Dictionary(uniqueKeysWithValues: names.map { ($0, sums.metric($0) ?? .nan) }),
      bicubic: baseline.metrics, provenance: run.lossAssembly.provenance)
  }
}
