import ArgumentParser
import SRData
import SRFiles
import SRTraining

/// `srdist evaluate`: measures a weight file's loss terms and metrics on a data set.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a weight file on a data set: loss terms, PSNR, SSIM, LPIPS, and the bicubic baseline.",
    discussion: """
      The model is read from the weight file's metadata or, if there is none, told from the tensors' names and shapes. \
      PSNR is a mean over images of unclamped RGB with peak 1. ssim has the Gaussian window, ssim_box the 11x11 box. \
      Several ranks give the same numbers as one.

        srdist evaluate --weights runs/hybrid/checkpoints/best --data faces
      """)

  @OptionGroup var weights: WeightOptions
  @Option(help: "Loss terms to measure. (default: the pixel terms)")
  var loss: String?
  @Option(help: "train or valid.")
  var split: NumPyPairDataset.Split = .valid
  @OptionGroup var workers: SettingOptions<WorkerSettings>
  @Flag(help: "Print one JSON object; numbers that are not finite are the strings Infinity, -Infinity, NaN.")
  var json = false
  @OptionGroup(title: SettingGroup.data.title) var data: SettingOptions<DataSettings>

  func run() throws {
    try Job.run(stallTimeout: { try TrainingConfiguration(layers: layers).stallTimeout }) { job in
      let result = try evaluation(job).run()
      guard job.communicator.rank == 0 else { return }
      if json {
        print(String(decoding: try ReadableJSON.encode(result, .indented), as: UTF8.self), terminator: "")
      } else {
        print(Self.table(result))
      }
    }
  }

  private var layers: [SettingLayer] {
    var given = data.layer.merging(workers.layer)
    given[.of(\.loss)] = loss.map { SettingValue(argument: $0) }
    return [.environment, given]
  }

  private func evaluation(_ job: Job) throws -> EvaluationRun {
    return try job.communicator.together(starting: job.activity) {
      var run = try EvaluationRun(
        weights: weights.weights, averaged: weights.averaged, key: weights.key.paramKey, settings: layers,
        split: split, communicator: job.communicator,
        kernels: job.kernels)
      run.activity = job.activity
      return run
    }
  }

  private static func table(_ result: EvaluationRun.Result) -> String {
    var table = TextTable([.left(atLeast: 14), .right, .left])
    for (name, value) in result.terms.sorted(by: { $0.key < $1.key }) {
      table.append([name, value.fixed(6), "loss term"])
    }
    func metric(_ name: String, _ unit: String) {
      guard let value = result.metrics[name] else { return }
      let bicubic = result.bicubic[name] ?? .nan
      table.append([name, value.fixed(6), "\(unit); bicubic \(bicubic.fixed(4))"])
    }
    metric("psnr", "dB")
    metric("ssim", "Gaussian window")
    for name in result.metrics.keys.sorted() where name != "psnr" && name != "ssim" { metric(name, "metric") }
    let title = "\(result.weights): \(result.model), \(result.images) images of \(result.data)"
    return ([title] + table.lines + result.provenance).map(\.onOneLine).joined(separator: "\n")
  }
}

extension NumPyPairDataset.Split: ExpressibleByArgument {}
