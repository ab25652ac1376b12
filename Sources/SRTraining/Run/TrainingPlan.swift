import SRData
import SRDistributed
import SRFiles
import SRKernels
import SRLosses
import SRModels
import SRTensor

/// What a run will do and need. `--dry-run` prints it.
package struct TrainingPlan: CustomStringConvertible {
  private let lines: [(String, String)]

  /// Reads the data's sizes and plans the memory, but does not train. Throws the errors that the start of the run would throw.
  package init(
    _ configuration: TrainingConfiguration, communicator: Communicator, kernels: any KernelSet,
    activity: RankActivity = RankActivity()
  ) throws {
    let data = try RunData(configuration).load(progress: activity.mark)
    let description = try configuration.modelDescription(for: data.train)
    var layout = ParameterLayout()
    let plan = SRResNet(description, in: &layout).plan(for: data, purpose: .training, kernels: kernels)
    let batch = configuration.batchSize
    let sizes = JobSizes(
      configuration, ranks: configuration.virtualRanks ?? communicator.worldSize, communicator)
    let (ranks, threads) = (sizes.ranks, sizes.threads)
    let assembly = try LossAssembly(
      configuration, shape: plan.highResShape,
      pairs: sizes.groupSize, purpose: .training, kernels: kernels)
    let samples = try TrainingSamples(configuration, pairs: data.train).count
    let steps = SampleOrder.stepsPerEpoch(count: samples, batchSize: batch)
    let last = samples - (steps - 1) * batch
    let worker = SampleWorker.floatCount(
      plan: plan, loss: assembly.loss, metrics: assembly.metrics, groupSize: sizes.groupSize, kernels: kernels
    )
    let arenas = 4 + sizes.leaves + (configuration.emaDecay == nil ? 0 : 1)
    let floats =
      arenas * layout.arenaCount + threads * worker + plan.preparedCount + assembly.networkFloats
    let bucketCount = GradientBuckets(layout: layout, targetBytes: configuration.bucketSize).count
    lines = [
      ("model", "\(description.name) (\(description)), \(Self.grouped(layout.parameterCount)) parameters"),
      ("data", "\(data.train.summary): \(samples) training, \(data.valid.count) validation images"),
      ("loss", ([LossTerm.text(configuration.loss)] + assembly.provenance).joined(separator: "; ")),
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
        "\(Self.megabytes(4 * floats)) of floats: \(arenas) arenas of \(Self.megabytes(4 * layout.arenaCount)) "
          + "(weights, gradient, moments, \(sizes.leaves) leaves), \(threads) workers of \(Self.megabytes(4 * worker)), "
          + "\(Self.megabytes(4 * plan.preparedCount)) of prepared weights, "
          + "\(Self.megabytes(4 * assembly.networkFloats)) of perceptual networks"
      ),
      ("exchanged per step", Self.traffic(configuration, layout: layout, ranks: ranks, buckets: bucketCount)),
      (
        "arithmetic",
        "\(plan.forwardFLOPs / 1_000_000) MFLOP forward per image by the direct method, three times that per training image"
      ),
      ("output", configuration.output),
    ]
  }

  package var description: String {
    TextTable([.left, .left], rows: lines.map { [$0, $1] }).description
  }

  /// What a rank sends: first its local roots, shard by shard, then its own shard's mean to all other ranks.
  private static func traffic(
    _ configuration: TrainingConfiguration, layout: ParameterLayout, ranks: Int, buckets: Int
  ) -> String {
    guard ranks > 1 else { return "nothing, there is one rank" }
    let bytes = configuration.gradientDType.byteCount
    let arena = layout.arenaCount * bytes
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
