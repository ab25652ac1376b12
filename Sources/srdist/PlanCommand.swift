import ArgumentParser
import Foundation
import SRTraining

/// `srdist plan`: what a job on many ranks would reach, before anybody pays for it.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract:
      "Predict images per second and efficiency on up to N ranks, from this host's speed and a network's.",
    discussion: """
      Times a few steps of the configuration here, alone, and adds what the exchange of gradients would take over the \
      network (alpha-beta model, overlapped as in training). `srdist doctor` measures a network's figures.

        srdist plan --ranks 64 --bandwidth 10Gbit --latency 30us
        srdist plan --ranks 1024 --bandwidth 100Gbit --latency 5us --grow-batch --lr-scaling sqrt
      """)

  @Option(help: "The most ranks to look at.")
  var ranks: Int
  @Option(help: "Of each host's link: 1Gbit, 25Gbit, 125MB (a second).")
  var bandwidth: String
  @Option(help: "One way, of a small message: 30us, 0.1ms.")
  var latency: String
  @Option(help: "Ranks that share a host's link.")
  var ranksPerHost = 1
  @Flag(help: "Let the batch grow with the ranks: --batch-size is then each rank's.")
  var growBatch = false
  @Option(help: "Milliseconds of one image on one thread, where this host is not the one to measure.")
  var imageTime: Double?
  @OptionGroup var options: TrainOptions

  func validate() throws {
    guard ranks >= 1, ranksPerHost >= 1 else {
      throw ValidationError("--ranks and --ranks-per-host are at least 1")
    }
    _ = try (bytesPerSecond(), seconds())
  }

  func run() throws {
    try Job.run { job in
      guard job.communicator.worldSize == 1 else {
        throw ValidationError("srdist plan measures one rank: run it without a launcher")
      }
      var configuration = try TrainingConfiguration(layers: [
        try (Preset.standard).layer(), SettingLayer(origin: "the default", values: [.loss: "charbonnier=1"]),
        options.layer,
      ])
      if configuration.data == nil { configuration.syntheticTrain = 8 }
      var compute = try ScalingModel.Compute.measured(configuration, kernels: job.kernels)
      if let imageTime { compute.sample = imageTime / 1000 }
      let threads = configuration.threads ?? ProcessInfo.processInfo.activeProcessorCount
      var model = ScalingModel(
        compute: compute, network: .init(bandwidth: try bytesPerSecond(), latency: try seconds()),
        threads: threads, ranksPerHost: ranksPerHost)
      model.overlaps = configuration.overlap
      let table = ScalingTable(
        model, upTo: ranks, batchSize: configuration.batchSize, growsBatch: growBatch)
      let bytes = compute.bucketBytes.reduce(0, +)
      print(
        "one image takes \(milliseconds(compute.sample)) ms on a thread, a step \(milliseconds(compute.fixed)) ms besides; "
          + "\(threads) thread(s) a rank; gradient of \(bytes / 1024) KiB in \(compute.bucketBytes.count) bucket(s)"
      )
      print(table)
      printLearningRate(configuration, batchSize: table.best.batchSize)
    }
  }

  /// What a larger batch means for the rate.
  private func printLearningRate(_ configuration: TrainingConfiguration, batchSize: Int) {
    guard batchSize != 8 else { return }
    var scaled = configuration
    scaled.batchSize = batchSize
    print(
      "at a batch of \(batchSize) with --lr-scaling \(configuration.lrScaling.rawValue): learning rate "
        + "\(Float(scaled.scaledLearningRate)), reached after \(configuration.warmupEpochs) epochs (--warmup-epochs)"
    )
    if configuration.lrScaling == .none || configuration.warmupEpochs == 0 {
      print("such a batch usually wants --lr-scaling sqrt (or linear) and --warmup-epochs 1 or more")
    }
  }

  private func milliseconds(_ seconds: Double) -> String { String(format: "%.2f", seconds * 1000) }

  private func bytesPerSecond() throws -> Double {
    try quantity(
      bandwidth, "--bandwidth",
      units: ["Gbit": 125e6, "Mbit": 125e3, "GB": 1e9, "MB": 1e6])
  }

  private func seconds() throws -> Double {
    try quantity(latency, "--latency", units: ["us": 1e-6, "ms": 1e-3, "s": 1])
  }

  private func quantity(_ text: String, _ option: String, units: KeyValuePairs<String, Double>) throws
    -> Double
  {
    for (unit, factor) in units where text.hasSuffix(unit) {
      if let value = Double(text.dropLast(unit.count)), value > 0, value.isFinite { return value * factor }
    }
    let known = units.map(\.key).joined(separator: ", ")
    throw ValidationError("\(option): '\(text)' is not a number above 0 with one of the units \(known)")
  }
}
