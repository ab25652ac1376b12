import Foundation
import SRCheckpoint
import SRData
import SRDistributed
import SRKernelDispatch
import SRKernels
import SRLosses
import SRMetrics
import SRModels
import SROptimizers
import SRTensor

/// Everything that one rank of a run works with, made once at the start.
struct RunContext: Sendable {
  let configuration: TrainingConfiguration
  let communicator: Communicator
  /// What this rank is doing, for the watchdog.
  let activity: RankActivity
  let kernels: any KernelSet
  let data: DatasetSplit
  let samples: TrainingSamples
  let network: SRResNet
  /// Names, shapes and arena order of all parameters that are trained.
  let layout: ParameterLayout
  let plan: SRResNetPlan
  let sizes: JobSizes
  let lossAssembly: LossAssembly
  let weights: StepWeights
  let optimizer: Adam
  /// The weights' moving average; nil where none is kept.
  let average: ParameterArena?
  let pool: WorkerPool
  let workers: [SampleWorker]

  var loss: WeightedSum { lossAssembly.loss }
  var trainingMetrics: [Metric] { lossAssembly.metrics.filter(\.description.isForTraining) }
  var validationMetrics: [Metric] { lossAssembly.metrics }

  /// Reads weights and allocates all memory. Not collective; every rank does it.
  ///
  /// - Parameter model: of the data's scale.
  init(
    _ configuration: TrainingConfiguration, model: ModelDescription, communicator: Communicator,
    kernels: any KernelSet, data: DatasetSplit, activity: RankActivity = RankActivity()
  ) throws {
    self.configuration = configuration
    self.communicator = communicator
    self.activity = activity
    self.kernels = kernels
    self.data = data
    samples = try TrainingSamples(configuration, pairs: data.train)
    var layout = ParameterLayout()
    network = SRResNet(model, in: &layout)
    self.layout = layout
    plan = SRResNetPlan(
      network, lowResHeight: data.train.lowResHeight, lowResWidth: data.train.lowResWidth,
      purpose: .training, kernels: kernels)
    let sizes = JobSizes(configuration, ranks: communicator.worldSize, communicator)
    let groupSize = sizes.groupSize
    self.sizes = sizes
    let assembly = try LossAssembly(
      configuration, shape: ImageShape(height: plan.highResHeight, width: plan.highResWidth),
      pairs: groupSize, kernels: kernels, progress: activity.mark)
    lossAssembly = assembly

    let parameters = ParameterArena(layout: layout)
    if let path = configuration.initWeights {
      try loadInitialWeights(from: path, into: parameters, of: model)
    } else {
      network.initialize(parameters, as: configuration.initialization, seed: configuration.seed)
    }
    weights = StepWeights(plan: plan, parameters: parameters)
    optimizer = Adam(layout: layout, kernels: kernels)
    average = configuration.emaDecay.map { _ in ParameterArena(layout: parameters.layout) }
    average?.buffer.copy(from: parameters.buffer)

    pool = WorkerPool(count: sizes.threads)
    workers = (0..<sizes.threads).map { [plan] _ in
      defer { activity.mark() }
      return SampleWorker(
        plan: plan, loss: assembly.loss, metrics: assembly.metrics, groupSize: groupSize, kernels: kernels)
    }
  }

  /// The reduction that the configuration asks for, leaving its means in `destination`. Collective.
  func makeReducer(destination: AlignedBuffer) throws -> any GradientReducer {
    let buckets = GradientBuckets(layout: layout, targetBytes: configuration.bucketSize)
    let options = ReductionOptions(
      mode: configuration.reduction, dataType: configuration.gradientDType,
      overlapsComputation: configuration.overlap)
    let kernels = kernels
    let add: VectorAdd = { kernels.accumulate($1, into: $0, count: $2) }
    if let virtualRanks = configuration.virtualRanks {
      return VirtualExchange(
        virtualRanks: virtualRanks, buckets: buckets, destination: destination, options: options, add: add)
    }
    return try GradientExchange(
      communicator: communicator, buckets: buckets, destination: destination, options: options,
      reservedLeaves: sizes.leaves, trace: activity.trace, add: add)
  }
}
