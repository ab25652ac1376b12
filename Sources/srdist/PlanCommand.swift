import ArgumentParser
import Foundation
import SRCluster
import SRTraining

/// `srdist plan`: predicts the speed of a job on many ranks before anybody pays for it.
struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract:
      "Predict images per second and efficiency on up to N ranks, from this host's speed and a network's.",
    discussion: """
      Times a few steps of the configuration in one process on this host, and adds the time that the exchange of \
      gradients would take over the network (alpha-beta model, overlapped as in training, including the time that the \
      exchange takes from the workers).

      With figures from a network's data sheet, the prediction is a bound. With figures measured on the network, it is \
      an estimate. To measure them, run `srdist doctor` under mpirun on two or more hosts: it prints them as options.

        srdist plan --ranks 64 --bandwidth 10Gbit --latency 30us
        srdist plan --ranks 64 --bandwidth 0.76Gbit --payload 1 --latency 9us --busy-share 0.6 --worker-time 4ns
        srdist plan --ranks 1024 --bandwidth 100Gbit --latency 5us --grow-batch --lr-scaling sqrt
      """)

  @Option(help: "The largest number of ranks to predict.")
  var ranks: Int
  @OptionGroup(title: "The network") var networkOptions: NetworkOptions
  @Flag(help: "Let the batch grow with the ranks: --batch-size is then the batch of each rank.")
  var growBatch = false
  @Option(help: "Milliseconds that one image takes on one thread, instead of the time measured on this host.")
  var imageTime: Double?
  @OptionGroup var options: TrainOptions

  func validate() throws {
    guard NetworkOptions.rankCounts.contains(ranks) else {
      throw ValidationError("--ranks is \(ranks), expected \(NetworkOptions.rankCounts)")
    }
    if let imageTime, !(1e-6...1e9).contains(imageTime) {
      throw ValidationError("--image-time is \(imageTime), expected 1e-6 to 1e9 milliseconds")
    }
  }

  private var settings: TrainingConfiguration {
    get throws {
      var standard = try TrainingConfiguration(layers: [.environment, try Preset.standard.layer()])
      standard.loss = TrainingConfiguration().loss
      return try TrainingConfiguration(layers: [options.layer], over: standard)
    }
  }

  func run() throws {
    try Job.run(stallTimeout: { try settings.stallTimeout }) { job in
      try job.communicator.together(starting: job.activity) {
        if job.communicator.worldSize > 1 {
          throw ValidationError("srdist plan measures one rank. Run it without a launcher")
        }
      }
      var configuration = try settings
      if configuration.data == nil { configuration.syntheticTrain = 8 }
      var compute = try StepTimes.measured(
        configuration, kernels: job.kernels, activity: job.activity)
      job.activity.enter(.starting)
      if let imageTime { compute.sample = imageTime / 1000 }
      let threads = JobSizes(configuration, ranks: 1, job.communicator).threads
      let network = try networkOptions.network(threads: threads, kernels: job.kernels)
      var model = ScalingModel(
        compute: compute, network: network, threads: threads, ranksPerHost: networkOptions.ranksPerHost)
      model.overlaps = configuration.overlap
      let table = ScalingTable(
        model, upTo: ranks, batchSize: configuration.batchSize, growsBatch: growBatch)
      let bytes = compute.bucketBytes.reduce(0, +)
      print(
        "one image takes \(milliseconds(compute.sample)) ms on a thread, a step \(milliseconds(compute.fixed)) ms besides; "
          + "\(threads) thread(s) a rank; gradient of \(bytes / 1024) KiB in \(compute.bucketBytes.count) bucket(s); "
          + "an exchange takes \(String(format: "%.2f", network.workerTime * 1e9)) ns a byte from the workers"
      )
      print(table)
      if table.predictions.last!.ranks < ranks {
        print(
          "a batch of \(configuration.batchSize) images feeds \(configuration.batchSize) ranks at most: raise --batch-size, "
            + "or let it grow with the ranks (--grow-batch)")
      }
      printLearningRate(configuration, batchSize: table.best.batchSize)
    }
  }

  /// Prints the learning rate that another batch size leads to.
  private func printLearningRate(_ configuration: TrainingConfiguration, batchSize: Int) {
    guard batchSize > 8 else { return }
    var scaled = configuration
    scaled.batchSize = batchSize
    let warmup =
      configuration.warmupSteps > 0
      ? "\(configuration.warmupSteps) steps (--warmup-steps)"
      : "\(configuration.warmupEpochs) epochs (--warmup-epochs)"
    print(
      "at a batch of \(batchSize) with --lr-scaling \(configuration.lrScaling.rawValue): learning rate "
        + "\(Float(scaled.scaledLearningRate)), reached after \(warmup)"
    )
    let lacksWarmup = configuration.warmupEpochs < 2 && configuration.warmupSteps == 0
    if batchSize <= Self.largestSteadyBatch, configuration.lrScaling == .none || lacksWarmup {
      print("such a batch usually wants --lr-scaling sqrt and --warmup-epochs 2 or more")
    }
    print(Self.costOfLargeBatches)
  }

  /// The largest batch with which a rate scaled by the square root was seen to converge.
  private static let largestSteadyBatch = 128

  /// What RESULTS.md measures.
  private static let costOfLargeBatches = """
    a larger batch takes fewer steps in the same epochs, and ends less accurate: on 2,000 faces (bicubic: 28.1 dB), eight epochs \
    of `best` end at 30.4 dB with a batch of 8, and with --lr-scaling sqrt --warmup-epochs 2 at 30.0 dB with one of 32, and at \
    29.0 dB with one of 128. With one of 512 such a rate diverges, and the rate of a batch of 8 ends at 27.5 dB
    """

  private func milliseconds(_ seconds: Double) -> String { String(format: "%.2f", seconds * 1000) }
}
