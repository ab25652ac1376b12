import SRData
import SRDistributed
import SRFiles
import SRKernels
import SRLayers
import SRMetrics
import SRModels
import SRTensor

/// The memory that one rank allocates for its arenas, workers and networks.
struct MemoryPlan: Sendable, Equatable {
  /// Arenas: weights, gradient, moments, average, the copy from which checkpoints are written, leaves, and those of virtual ranks.
  /// Rank 0 alone has the copy.
  var arenas: Int
  /// Gradient leaves among the arenas.
  var leaves: Int
  /// The bytes of an arena.
  var arenaBytes: Int
  var workers: Int
  /// The bytes of a worker's workspace.
  var workerBytes: Int
  /// The bytes of prepared weights.
  var preparedBytes: Int
  /// The bytes of the perceptual networks' weights.
  var networkBytes: Int
  /// The bytes in which low-resolution images are made by a recipe.
  var degradationBytes: Int
  /// The bytes that measuring pictures of `--val` takes.
  var pictureBytes = 0

  var bytes: Int {
    arenas * arenaBytes + workers * workerBytes + preparedBytes + networkBytes + degradationBytes
      + pictureBytes
  }

  /// The plan with the memory in which sets of pictures are measured.
  func adding(_ validation: ValidationSets) -> MemoryPlan {
    var plan = self
    plan.pictureBytes = validation.bytes
    return plan
  }

  /// - Parameters:
  ///   - plan: its purpose decides what is allocated.
  ///   - layout: of the network's parameters.
  init(
    _ configuration: TrainingConfiguration, plan: any SuperResolutionPlan, layout: ParameterLayout,
    sizes: JobSizes,
    loss: LossAssembly, kernels: any KernelSet
  ) {
    let floatBytes = MemoryLayout<Float>.stride
    arenaBytes = floatBytes * layout.arenaCount
    workers = sizes.threads
    preparedBytes = floatBytes * plan.preparedCount
    networkBytes = floatBytes * loss.networkFloats
    degradationBytes = configuration.degradation.map { Self.bytes(of: $0, plan, sizes) } ?? 0
    switch plan.purpose {
    case .training:
      leaves = sizes.leaves
      arenas =
        4 + leaves + (configuration.emaDecay == nil ? 0 : 1) + CheckpointCopy.arenaCount(configuration)
        + ((configuration.virtualRanks ?? 1) - 1)
      workerBytes =
        floatBytes
        * SampleWorker.floatCount(
          plan: plan, loss: loss.loss, metrics: loss.metrics, groupSize: sizes.groupSize, kernels: kernels)
    case .inference:
      (arenas, leaves) = (1, 0)
      workerBytes =
        floatBytes
        * (NetworkWorkspace.floatCount(for: plan, images: 1, tails: 1)
          + PairMeasurement.floatCount(
            plan: plan, loss: loss.loss, metrics: loss.metrics, count: 1, kernels: kernels))
    }
  }

  /// Each worker degrades in buffers of its own. In training, the thread that works ahead does too, and keeps its results.
  private static func bytes(
    of recipe: DegradationRecipe, _ plan: any SuperResolutionPlan, _ sizes: JobSizes
  ) -> Int {
    let (highRes, lowRes) = (plan.highResShape, plan.lowResShape)
    let one = recipe.workingBytes(width: highRes.width, height: highRes.height)
    switch plan.purpose {
    case .training:
      return (sizes.threads + 1) * one + MemoryLayout<Float>.stride * highRes.count
        + InputsAhead.byteCount(floats: lowRes.count, samples: sizes.largestShare)
    case .inference: return sizes.threads * one
    }
  }

  /// The memory and its largest parts.
  var summary: String {
    "\(Self.mebibytes(bytes)): \(arenas) arenas of \(Self.mebibytes(arenaBytes)) "
      + (leaves > 0
        ? "(weights, gradient, moments, a copy for checkpoints, \(leaves) leaves), " : "(weights), ")
      + "\(workers) workers of \(Self.mebibytes(workerBytes)), "
      + "\(Self.mebibytes(preparedBytes)) of prepared weights, "
      + "\(Self.mebibytes(networkBytes)) of perceptual networks"
      + (degradationBytes > 0 ? ", \(Self.mebibytes(degradationBytes)) for degradations" : "")
      + (pictureBytes > 0 ? ", \(Self.mebibytes(pictureBytes)) for the pictures of --val" : "")
  }

  /// Throws ``ConfigurationError`` if this host can never have so much memory free. The system would kill the job.
  ///
  /// - Parameter ranks: the ranks on this host, each of which allocates as much.
  func check(_ host: AvailableResources, ranks: Int) throws {
    guard bytes > (host.memory.value + host.swap) / max(ranks, 1) else { return }
    throw ConfigurationError(
      "memory: each of \(ranks) rank(s) on this host needs \(summary). The host's limit is "
        + "\(Self.limit(host)). Use fewer --threads, fewer ranks on a host, or a host with more memory; a smaller "
        + "--batch-size needs less too, but is another run")
  }

  /// Such as `4096.0 MiB (cgroup memory limit)`.
  static func limit(_ host: AvailableResources) -> String {
    mebibytes(host.memory.value) + (host.memory.reason.map { " (\($0))" } ?? "")
      + (host.swap > 0 ? " and \(mebibytes(host.swap)) of swap" : "")
  }

  static func mebibytes(_ bytes: Int) -> String {
    let tenths = (bytes / 1024 * 10 + 512) / 1024
    return "\(tenths / 10).\(tenths % 10) MiB"
  }
}
