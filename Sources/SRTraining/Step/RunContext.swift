import Foundation
import SRCheckpoint
import SRData
import SRDistributed
import SRFiles
import SRKernelDispatch
import SRKernels
import SRLayers
import SRLosses
import SRMetrics
import SRModels
import SROptimizers
import SRProcess
import SRTensor

/// Everything that one rank needs to measure a network: data, weights, loss, metrics, threads. Made once at the start.
struct EvaluationContext: Sendable {
  let configuration: TrainingConfiguration
  let communicator: Communicator
  /// What this rank is doing, for the watchdog.
  let activity: RankActivity
  let kernels: any KernelSet
  /// The stored pairs that can be measured. All have the size of the images that the plans are for.
  let parts: [SampleIdentity.Part: any PairDataset]
  let network: any SuperResolutionNetwork
  /// Names, shapes and arena order of the network's parameters.
  let layout: ParameterLayout
  let parameters: ParameterArena
  /// What was taken from the file of the initial weights, for a person to read.
  let weightNotes: [String]
  /// The network's passes over the data's size of image, without a backward pass.
  let inferencePlan: any SuperResolutionPlan
  let sizes: JobSizes
  let memory: MemoryPlan
  let lossAssembly: LossAssembly
  let pool: WorkerPool

  var loss: WeightedSum { lossAssembly.loss }
  var trainingMetrics: [Metric] { lossAssembly.metrics.filter(\.description.isForTraining) }
  var validationMetrics: [Metric] { lossAssembly.metrics }

  /// Reads weights and networks. Not collective, but every rank does it.
  ///
  /// - Parameters:
  ///   - model: the network, which has the data's scale.
  ///   - weights: the network's; nil for those with which the configuration starts a run.
  ///   - purpose: for training, the loss can compute gradients.
  ///   - images: the plans are for their size.
  ///   - parts: of that size.
  /// - Throws: ``ConfigurationError`` if the host has too little memory, and what reading weights and networks throws.
  init(
    _ configuration: TrainingConfiguration, model: ModelDescription, weights: ParameterArena? = nil,
    purpose: LayerPlanner.Purpose,
    communicator: Communicator, kernels: any KernelSet, images: any PairSource,
    parts: [SampleIdentity.Part: any PairDataset], activity: RankActivity
  ) throws {
    self.configuration = configuration
    self.communicator = communicator
    self.activity = activity
    self.kernels = kernels
    self.parts = parts
    var layout = ParameterLayout()
    network = model.network(in: &layout)
    self.layout = layout
    let plan = network.plan(for: images, purpose: .inference, kernels: kernels)
    inferencePlan = plan
    sizes = JobSizes(configuration, ranks: communicator.worldSize, communicator)
    lossAssembly = try LossAssembly(
      configuration, shape: plan.highResShape, inputChannels: plan.lowResShape.channels,
      pairs: purpose == .training ? sizes.groupSize : 1, purpose: purpose, kernels: kernels,
      progress: activity.mark)
    memory = MemoryPlan(
      configuration, plan: network.plan(for: images, purpose: purpose, kernels: kernels), layout: layout,
      sizes: sizes, loss: lossAssembly, kernels: kernels)
    try memory.check(AvailableResources(), ranks: communicator.localSize)
    parameters = weights ?? ParameterArena(layout: layout, inOwnPages: true)
    weightNotes =
      try weights == nil ? configuration.start(parameters, of: network) : []
    pool = try WorkerPool(count: sizes.threads)
  }

  /// Precondition: the part is there.
  func pairs(of part: SampleIdentity.Part) -> any PairDataset {
    guard let pairs = parts[part] else { preconditionFailure("there are no images for \(part)") }
    return pairs
  }
}

/// Everything that one rank of a run needs to measure and to train. Made once at the start.
@dynamicMemberLookup
struct RunContext: Sendable {
  let evaluation: EvaluationContext
  let data: TrainingData
  let samples: TrainingSamples
  let plan: any SuperResolutionPlan
  let weights: StepWeights
  let optimizer: Adam
  /// The weights' moving average; nil if none is kept.
  let average: ParameterArena?
  let workers: [SampleWorker]
  /// The ranks that hold weights, moments and average in common.
  let sharing: SharedWork

  subscript<Value>(dynamicMember member: KeyPath<EvaluationContext, Value>) -> Value {
    evaluation[keyPath: member]
  }

  /// Reads weights and allocates all memory. Not collective, but every rank does it.
  init(
    _ configuration: TrainingConfiguration, communicator: Communicator, kernels: any KernelSet,
    data: TrainingData, sharing: SharedWork = SharedWork(), activity: RankActivity = RankActivity()
  ) throws {
    self.data = data
    self.sharing = sharing
    samples = try TrainingSamples(configuration, source: data.source)
    let evaluation = try EvaluationContext(
      configuration, model: configuration.modelDescription(for: data.source), purpose: .training,
      communicator: communicator, kernels: kernels, images: data.source,
      parts: data.valid.map { [.validation: $0] } ?? [:], activity: activity)
    self.evaluation = evaluation
    let plan = evaluation.network.plan(for: data.source, purpose: .training, kernels: kernels)
    self.plan = plan
    weights = StepWeights(plan: plan, parameters: evaluation.parameters, sharing: sharing)
    optimizer = Adam(
      layout: evaluation.layout, hyperparameters: configuration.adamHyperparameters, kernels: kernels)
    average = configuration.emaDecay.map { _ in
      ParameterArena(layout: evaluation.layout, inOwnPages: true)
    }
    average?.buffer.copy(from: evaluation.parameters.buffer)
    workers = (0..<evaluation.sizes.threads).map { _ in
      defer { activity.mark() }
      return SampleWorker(
        plan: plan, loss: evaluation.loss, metrics: evaluation.validationMetrics,
        groupSize: evaluation.sizes.groupSize, kernels: kernels, progress: activity.mark)
    }
  }

  /// Has the ranks of a host hold in common what is the same on all ranks. Collective.
  ///
  /// - Returns: why ranks do not, for a person to read.
  /// - Precondition: weights, moments and average are the same on all ranks.
  func shareWeights() throws -> [String] {
    let arenas =
      [evaluation.parameters, optimizer.firstMoments, optimizer.secondMoments] + (average.map { [$0] } ?? [])
    return try sharing.join(arenas.map(\.buffer) + [weights.prepared], workers: evaluation.pool.count)
  }

  /// The weights that are validated: the averaged ones if the run keeps an average. The forms prepared from them lie in the
  /// training weights' memory, which the next step prepares again.
  var validatedWeights: StepWeights {
    StepWeights(
      plan: evaluation.inferencePlan, parameters: average ?? evaluation.parameters, within: weights)
  }

  /// The reduction that the configuration asks for. It writes the means to `destination`. Collective.
  func makeReducer(destination: AlignedBuffer) throws -> any GradientReducer {
    let configuration = evaluation.configuration
    let buckets = GradientBuckets(layout: evaluation.layout, targetBytes: configuration.bucketSize)
    let options = ReductionOptions(
      mode: configuration.reduction, dataType: configuration.gradientDType,
      overlapsComputation: configuration.overlap)
    let kernels = evaluation.kernels
    let add: VectorAdd = { kernels.accumulate($1, into: $0, count: $2) }
    if let virtualRanks = configuration.virtualRanks {
      return VirtualExchange(
        virtualRanks: virtualRanks, buckets: buckets, destination: destination, options: options, add: add)
    }
    return try GradientExchange(
      communicator: evaluation.communicator, buckets: buckets, destination: destination, options: options,
      reservedLeaves: evaluation.sizes.leaves, trace: evaluation.activity.trace, add: add)
  }
}

extension SuperResolutionNetwork {
  /// A plan for the low-resolution images of a source.
  func plan(
    for pairs: any PairSource, purpose: LayerPlanner.Purpose, kernels: any KernelSet
  ) -> any SuperResolutionPlan {
    plan(
      lowResHeight: pairs.lowResHeight, lowResWidth: pairs.lowResWidth, purpose: purpose,
      kernels: kernels)
  }
}
