import Foundation
import SRCheckpoint
import SRData
import SRDistributed
import SRKernelDispatch
import SRKernels
import SRLosses
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
  let model: SRResNet
  let sizes: JobSizes
  let lossAssembly: LossAssembly
  let trainingMetrics: ImageMetrics
  let validationMetrics: ImageMetrics
  let weights: StepWeights
  let optimizer: Adam
  /// The weights' moving average; nil where none is kept.
  let average: ParameterArena?
  let pool: WorkerPool
  let workers: [SampleWorker]

  var loss: WeightedSum { lossAssembly.loss }

  /// Reads data and weights and allocates all memory. Not collective; every rank does it.
  init(
    _ configuration: TrainingConfiguration, communicator: Communicator, kernels: any KernelSet,
    data: DatasetSplit, activity: RankActivity = RankActivity()
  ) throws {
    self.configuration = configuration
    self.communicator = communicator
    self.activity = activity
    self.kernels = kernels
    self.data = data
    samples = try TrainingSamples(configuration, pairs: data.train)
    model = SRResNet(
      configuration.model.network, lowResHeight: data.train.lowResHeight,
      lowResWidth: data.train.lowResWidth, kernels: kernels)
    let sizes = JobSizes(configuration, ranks: communicator.worldSize, communicator)
    let groupSize = sizes.groupSize
    self.sizes = sizes
    let assembly = try LossAssembly(
      configuration, height: model.highResHeight, width: model.highResWidth, pairs: groupSize,
      kernels: kernels)
    lossAssembly = assembly
    let trainingMetrics = ImageMetrics(isTraining: true, perceptual: nil, kernels: kernels)
    let validationMetrics = ImageMetrics(
      isTraining: false, perceptual: assembly.perceptualMetric, kernels: kernels)
    self.trainingMetrics = trainingMetrics
    self.validationMetrics = validationMetrics

    let parameters = ParameterArena(layout: model.layout)
    if let path = configuration.initWeights {
      try loadParameters(from: try CheckpointDirectory.weightFile(path), into: parameters)
    } else {
      model.initialize(parameters, as: configuration.initialization, seed: configuration.seed)
    }
    weights = StepWeights(model: model, parameters: parameters)
    optimizer = Adam(layout: model.layout, kernels: kernels)
    average = configuration.emaDecay.map { _ in ParameterArena(layout: parameters.layout) }
    average?.buffer.copy(from: parameters.buffer)

    pool = WorkerPool(count: sizes.threads)
    workers = (0..<sizes.threads).map { [model] _ in
      SampleWorker(
        model: model, loss: assembly.loss, metrics: [trainingMetrics, validationMetrics], groupSize: groupSize
      )
    }
  }

  /// The reduction that the configuration asks for, leaving its means in `destination`. Collective.
  func makeReducer(destination: AlignedBuffer) throws -> any GradientReducer {
    let buckets = GradientBuckets(layout: model.layout, targetBytes: configuration.bucketSize)
    let options = ReductionOptions(
      mode: configuration.reduction == .mpi ? .mpi : .tree,
      dataType: configuration.gradientDType == .bfloat16 ? .bfloat16 : .float32,
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
