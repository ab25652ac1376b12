import SRData
import SRDistributed
import SRFiles
import SRLosses
import SRModels
import SRTensor

/// What a run will do and need. `--dry-run` prints it.
package struct TrainingPlan: CustomStringConvertible {
  private let lines: [(String, String)]

  /// - Parameters:
  ///   - run: has this rank's sizes. The ranks of a host have the same.
  ///   - position: where the run starts.
  init(_ run: RunContext, validation: ValidationSets, features: FeatureCache?, position: RunPosition) {
    let memory = run.memory.adding(validation)
    let configuration = run.configuration
    let batch = configuration.batchSize
    let host = AvailableResources()
    // The traffic and the shares are those of the virtual ranks, if there are any.
    let sizes = JobSizes(
      configuration, ranks: configuration.virtualRanks ?? run.communicator.worldSize, run.communicator)
    let (samples, steps) = (run.samples.count, run.stepsPerEpoch)
    let last = samples - (steps - 1) * batch
    let buckets = GradientBuckets(layout: run.layout, targetBytes: configuration.bucketSize).count
    let model = run.network.model
    let images = run.data.valid.map { "\($0.count)" } ?? "no"
    let interval = configuration.valEvery.map { ", validation every \($0)" } ?? ""
    lines =
      [
        ("model", "\(model.name) (\(model)), \(Self.grouped(run.layout.parameterCount)) parameters"),
        ("data", "\(run.data.source.summary): \(samples) training, \(images) validation images"),
        ("best checkpoint", position.judge.map { "by \($0)" } ?? Self.noJudge),
        ("loss", ([LossTerm.text(configuration.loss)] + run.lossAssembly.provenance).joined(separator: "; ")),
        (
          "steps",
          "\(run.epochs) epochs of \(steps) steps, batch \(batch) (the last \(last)); "
            + "\(run.totalSteps) in all\(interval)"
        ),
        (
          "start",
          position.step == 0
            ? "at the beginning" : "resumes in epoch \(position.epoch + 1), after step \(position.step)"
        ),
        (
          "learning rate",
          "\(configuration.scaledLearningRate), \(configuration.lrSchedule.rawValue) schedule in "
            + configuration.lrUnit.rawValue
        ),
        (
          "ranks",
          "\(sizes.ranks), images of each batch: \(sizes.shares.map(String.init).joined(separator: " "))"
        ),
        ("threads per rank", "\(run.sizes.threads) (this host: \(host.cpuSummary))"),
        ("memory per rank", memory.summary),
        (
          "memory of this host",
          "\(MemoryPlan.mebibytes(host.memoryAvailable)) free of \(MemoryPlan.limit(host)); its "
            + "\(run.communicator.localSize) rank(s) need \(MemoryPlan.mebibytes(run.communicator.localSize * memory.bytes))"
        ),
        (
          "exchanged per step",
          Self.traffic(configuration, layout: run.layout, ranks: sizes.ranks, buckets: buckets)
        ),
        (
          "arithmetic",
          "\(run.plan.forwardFLOPs / 1_000_000) MFLOP forward per image by the direct method, three times that per training image"
        ),
        ("output", configuration.output),
      ]
      + run.lossAssembly.balance.lines.map { ("trunk balance", $0) }
      + (features?.lines ?? []).map { ("feature cache", $0) }
      + validation.summaries.map { ("val", $0) }
  }

  private static let noJudge = "none: there are no validation images, and no --val"

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
    return
      "up to \(MemoryPlan.mebibytes(arena * most * (ranks - 1) / ranks)) sent per rank in \(buckets) buckets "
      + "(\(configuration.gradientDType.rawValue), reduction \(configuration.reduction.rawValue))"
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
