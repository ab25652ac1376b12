import SRData
import SRDistributed
import SRFiles
import SRKernels
import SRLosses
import SRModels

/// What a run will do and need, before it does anything: the answer of `--dry-run`.
package struct TrainingPlan: CustomStringConvertible {
  private let lines: [(String, String)]

  /// Reads the data's sizes and plans the memory; trains nothing. Throws what starting the run would.
  package init(
    _ configuration: TrainingConfiguration, communicator: Communicator, kernels: any KernelSet
  ) throws {
    let data = try RunData(configuration).load()
    let model = SRResNet(
      configuration.model.network, lowResHeight: data.train.lowResHeight,
      lowResWidth: data.train.lowResWidth, kernels: kernels)
    let batch = configuration.batchSize
    let sizes = JobSizes(
      configuration, ranks: configuration.virtualRanks ?? communicator.worldSize, communicator)
    let (ranks, threads) = (sizes.ranks, sizes.threads)
    let assembly = try LossAssembly(
      configuration, height: model.highResHeight, width: model.highResWidth, pairs: sizes.groupSize,
      kernels: kernels)
    let samples = try TrainingSamples(configuration, pairs: data.train).count
    let steps = SampleOrder.stepsPerEpoch(count: samples, batchSize: batch)
    let last = samples - (steps - 1) * batch
    let metrics = ImageMetrics(isTraining: false, perceptual: assembly.perceptualMetric, kernels: kernels)
    let worker = SampleWorker.floatCount(
      model: model, loss: assembly.loss, metrics: [metrics],
      groupSize: sizes.groupSize)
    let arenas = 4 + sizes.leaves + (configuration.emaDecay == nil ? 0 : 1)
    let floats =
      arenas * model.layout.arenaCount + threads * worker + model.preparedCount + assembly.networkFloats
    let bucketCount = GradientBuckets(layout: model.layout, targetBytes: configuration.bucketSize).count
    lines = [
      ("model", "\(configuration.model.rawValue), \(Self.grouped(model.layout.parameterCount)) parameters"),
      ("data", "\(data.train.summary): \(samples) training, \(data.valid.count) validation images"),
      ("loss", ([configuration.loss] + assembly.provenance).joined(separator: "; ")),
      (
        "steps",
        "\(configuration.epochs) epochs of \(steps) steps, batch \(batch) (the last \(last)); "
          + "\(min(configuration.epochs * steps, configuration.maxSteps ?? .max)) in all"
      ),
      ("learning rate", "\(configuration.scaledLearningRate), \(configuration.lrSchedule.rawValue) schedule"),
      ("ranks", "\(ranks), images of each batch: \(sizes.shares.map(String.init).joined(separator: " "))"),
      ("threads per rank", "\(threads)"),
      (
        "memory per rank",
        "\(Self.megabytes(4 * floats)) of floats: \(arenas) arenas of \(Self.megabytes(4 * model.layout.arenaCount)) "
          + "(weights, gradient, moments, \(sizes.leaves) leaves), \(threads) workers of \(Self.megabytes(4 * worker)), "
          + "\(Self.megabytes(4 * model.preparedCount)) of prepared weights, "
          + "\(Self.megabytes(4 * assembly.networkFloats)) of perceptual networks"
      ),
      ("exchanged per step", Self.traffic(configuration, model: model, ranks: ranks, buckets: bucketCount)),
      (
        "arithmetic",
        "\(model.forwardFLOPs / 1_000_000) MFLOP forward per image by the direct method, three times that per training image"
      ),
      ("output", configuration.output),
    ]
  }

  package var description: String {
    TextTable([.left, .left], rows: lines.map { [$0, $1] }).description
  }

  /// What a rank sends: its local roots, shard by shard, and then the mean of its own shard to all others.
  private static func traffic(
    _ configuration: TrainingConfiguration, model: SRResNet, ranks: Int, buckets: Int
  ) -> String {
    guard ranks > 1 else { return "nothing, there is one rank" }
    let bytes = configuration.gradientDType == .bfloat16 ? 2 : 4
    let arena = model.layout.arenaCount * bytes
    let tree = ReductionTree(batchSize: configuration.batchSize)
    let roots = (0..<ranks).map {
      tree.localRoots(of: ReductionTree.share(of: configuration.batchSize, rank: $0, worldSize: ranks)).count
    }
    let most = (roots.max() ?? 1) + 1
    return "up to \(megabytes(arena * most * (ranks - 1) / ranks)) sent per rank in \(buckets) buckets "
      + "(\(configuration.gradientDType.rawValue), reduction \(configuration.reduction.rawValue))"
  }

  private static func megabytes(_ bytes: Int) -> String {
    let tenths = (bytes * 10 + 524_288) / 1_048_576
    return "\(tenths / 10).\(tenths % 10) MiB"
  }

  /// 1550979 as 1,550,979.
  private static func grouped(_ number: Int) -> String {
    var text = String(number)
    for position in stride(from: text.count - 3, to: 0, by: -3) {
      text.insert(",", at: text.index(text.startIndex, offsetBy: position))
    }
    return text
  }
}
