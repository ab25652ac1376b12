import SRCheckpoint
import SRData
import SRDistributed
import SRFiles
import SRInference
import SRKernels
import SRMetrics
import SRProcess
import SRReport
import SRTraining

/// Enlarges files with a network: `srdist upscale`. Ranks share the files. A file's bytes are the same on any number of ranks and
/// threads.
///
/// A file that cannot be read or written is named, and does not keep the others from being enlarged.
package struct UpscaleRun {
  private let options: UpscaleOptions
  package let network: TrainedNetwork
  private let pooling: NetworkInference.Pooling
  private let threads: Int
  private let weightsDirectory: String
  private let communicator: Communicator
  private let kernels: any KernelSet
  private let activity: RankActivity
  /// Called on every rank as its own files get on.
  package var onProgress: (FileProgress) -> Void = { _ in }
  /// Called on the file's rank.
  package var onPicture: (UpscaledPicture) -> Void = { _ in }
  /// Called on the file's rank, or on rank 0 for a file that no rank can read.
  package var onFailure: (FailedPicture) -> Void = { _ in }
  /// Called on rank 0 before the work, with what the folders hold beside pictures.
  package var onRemark: (String) -> Void = { _ in }

  /// The bytes that the program itself takes: code, libraries, stacks, and the parts of a page.
  private static let ownBytes = 96 << 20

  /// - Parameters:
  ///   - weightsDirectory: holds the weights of LPIPS.
  package init(
    _ options: UpscaleOptions, network: TrainedNetwork, pooling: NetworkInference.Pooling, threads: Int,
    weightsDirectory: String, communicator: Communicator, kernels: any KernelSet, activity: RankActivity
  ) {
    self.options = options
    self.network = network
    self.pooling = pooling
    self.threads = threads
    self.weightsDirectory = weightsDirectory
    self.communicator = communicator
    self.kernels = kernels
    self.activity = activity
  }

  /// Enlarges all files. Collective. Returns the result of all ranks on rank 0, and that of its own files on another rank;
  /// ``UpscaleResult/failed`` is empty on all ranks or on none.
  ///
  /// - Throws: the same error on every rank if the job cannot start.
  package func run() throws -> UpscaleResult {
    let pool = try communicator.together { try WorkerPool(count: threads) }
    defer { pool.close() }
    let plan = try communicator.broadcast(
      try communicator.together(starting: activity) {
        communicator.rank == 0 ? try makePlan(pool) : nil
      })
    guard let plan else { preconditionFailure("rank 0 made no plan") }
    if communicator.rank == 0 {
      for remark in plan.passedOver { onRemark(remark) }
      for failure in plan.failures { onFailure(failure) }
    }
    let scores = try communicator.together(starting: activity) { try PictureScores(metrics: metrics(plan)) }
    try RankFacts.compare(communicator, activity) {
      var facts = try RankFacts.ofNetwork(network, progress: activity.mark)
      facts.add(scores.metrics)
      return facts
    }
    let own = work(plan, scores, pool)
    activity.enter(.gathering)
    let all = try communicator.allGather(own).flatMap { $0 }
    let order = Dictionary(
      uniqueKeysWithValues: plan.items.enumerated().map { ($1.output, $0) })
    let pictures = all.compactMap(\.picture).sorted { order[$0.output]! < order[$1.output]! }
    return UpscaleResult(
      weights: network.file, model: network.model.description, scale: network.model.scale,
      pooling: pooling.rawValue, pictures: pictures, failed: plan.failures + all.compactMap(\.failure),
      skipped: plan.skipped, metrics: Self.means(pictures.map(\.metrics)),
      bicubic: Self.means(pictures.map(\.bicubic)),
      conventions: scores.metrics.map { metrics in
        metrics.descriptions.map(metrics.convention.text) + metrics.provenance
      } ?? [])
  }

  private func makePlan(_ pool: WorkerPool) throws -> UpscalePlan {
    var bounded = options
    bounded.memory = max(0, options.memory - Self.ownBytes)
    let inference = inference(within: nil, pool)
    return try UpscalePlan(
      bounded, network.model, needs: { FileUpscaler.bytes(for: $0, network.model) },
      least: { Self.ownBytes + $0.bytes + inference.memoryNeeded(height: $0.height, width: $0.width) },
      progress: activity.mark)
  }

  /// - Parameter memory: the bytes that the network may take; nil for no limit.
  private func inference(within memory: Int?, _ pool: WorkerPool) -> NetworkInference {
    NetworkInference(
      network.model, graph: network.graph, weights: network.weights, pooling: pooling, memory: memory,
      kernels: kernels, pool: pool, progress: activity.mark)
  }

  /// Nil if no picture has an original.
  private func metrics(_ plan: UpscalePlan) throws -> PictureMetrics? {
    let measured = plan.items.filter { $0.reference != nil }
    guard !measured.isEmpty else { return nil }
    return try PictureMetrics(
      PictureConvention(channels: options.channels, border: options.border ?? network.model.scale),
      of: measured.map {
        (name: "\($0.input)", size: PictureSize(width: $0.outputWidth, height: $0.outputHeight))
      }, weightsDirectory: weightsDirectory, kernels: kernels, progress: activity.mark)
  }

  /// What became of one file.
  private struct Outcome: Codable {
    var picture: UpscaledPicture?
    var failure: FailedPicture?
  }

  private func work(_ plan: UpscalePlan, _ scores: PictureScores, _ pool: WorkerPool) -> [Outcome] {
    let items = UpscaleItem.shares(of: plan.items, ranks: communicator.worldSize)[communicator.rank]
    guard !items.isEmpty else { return [] }
    activity.enter(.upscaling)
    let reserved = Self.ownBytes + (plan.items.map(\.bytes).max() ?? 0)
    let inference = inference(within: options.memory - reserved, pool)
    var progress = FileProgress("pictures", files: items.count, total: items.reduce(0) { $0 + $1.work })
    onProgress(progress)
    return items.map { item in
      let before = progress
      let upscaler = FileUpscaler(
        network: inference, quality: options.quality, reserved: reserved, kernels: kernels, comparison: scores
      ) { share in
        activity.mark()
        // The file is done when it has its place.
        progress.done = before.done + min(Int(share * Double(item.work)), item.work - 1)
        onProgress(progress)
      }
      defer {
        activity.mark()
        progress.done = before.done + item.work
        progress.filesDone = before.filesDone + 1
        onProgress(progress)
      }
      do {
        let picture = try upscaler.run(item)
        onPicture(picture)
        return Outcome(picture: picture)
      } catch {
        let failure = FailedPicture(item.input, error)
        onFailure(failure)
        return Outcome(failure: failure)
      }
    }
  }

  /// The mean of each metric; nil if no picture was measured.
  private static func means(_ values: [[String: Double]?]) -> [String: Double]? {
    let measured = values.compactMap { $0 }
    guard let first = measured.first else { return nil }
    return Dictionary(
      uniqueKeysWithValues: first.keys.map { name in
        (name, measured.reduce(0.0) { $0 + ($1[name] ?? .nan) } / Double(measured.count))
      })
  }
}
