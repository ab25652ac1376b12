import SRData
import SRDistributed
import SRFiles
import SRLosses
import SRModels
import SROptimizers
import SRTensor

/// The description of a training run. Every field has a row in ``Setting/all``. The defaults are here.
package struct TrainingConfiguration: Sendable, Equatable {
  package enum ModelKind: String, CaseIterable, Sendable {
    case vanilla
    case attention
    case compact

    /// The network of this name.
    package var description: ModelDescription {
      switch self {
      case .vanilla: .vanilla
      case .attention: .attention
      case .compact: .compact
      }
    }
  }

  package enum Schedule: String, CaseIterable, Sendable {
    case step, multistep, cosine
    case cosineRestart = "cosine-restart"
  }
  /// What a schedule counts.
  package enum ScheduleUnit: String, CaseIterable, Sendable { case epochs, steps }
  package enum Optimizer: String, CaseIterable, Sendable { case adam, adamw }
  package enum Scaling: String, CaseIterable, Sendable { case none, linear, sqrt }
  package enum Crop: String, CaseIterable, Sendable { case stored, random }
  package enum TrunkBalance: String, CaseIterable, Sendable { case off, on }
  package enum Validation: String, CaseIterable, Sendable { case dealt, rank0 }

  /// What to resume from.
  package enum Resume: Sendable, Equatable {
    /// The newest checkpoint of the output folder that verifies. If there is none, the run begins at the start.
    case auto
    case never
    case checkpoint(path: String)
  }

  /// Where decoded training pictures are kept.
  package enum DataCache: Sendable, Equatable {
    /// In the run's folder, until the run is complete.
    case auto
    case folder(path: String)
  }

  /// Where features of targets are kept.
  package enum CacheFeatures: Sendable, Equatable {
    /// In the run's folder, until the run is complete.
    case auto
    case off
    case folder(path: String)
  }

  // What is learned.
  package var model = ModelKind.attention
  /// The network's scale, which must be the data's scale if there are data; nil for the data's scale.
  package var scale: Int?
  /// Replaces ``model``'s own value, as the next two fields do.
  package var features: Int?
  package var blocks: Int?
  package var attention: ModelDescription.Attention?
  /// Channels of the network's input and output, which must be the data's; nil for the data's.
  package var inChannels: Int?
  package var outChannels: Int?
  package var loss = [LossTerm(.charbonnier, weight: 1)]
  /// Whether perceptual terms weigh as much as over the paper's network.
  package var trunkBalance = TrunkBalance.off
  package var epochs = 20
  /// So many that the steps alone end a run.
  package static let mostEpochs = 1_000_000_000
  /// Ends the run after this many steps, counted from the run's first.
  package var maxSteps: Int?
  /// Images per step, over all ranks together.
  package var batchSize = 8
  package var optimizer = Optimizer.adam
  package var betas = Betas()
  package var adamEpsilon = 1e-8
  package var weightDecay = 0.0
  /// The largest norm that a gradient may have; nil for any norm.
  package var clipGradNorm: Double?
  package var learningRate = 1e-3
  package var lrSchedule = Schedule.step
  package var lrUnit = ScheduleUnit.epochs
  package var lrStep = 10
  package var lrMilestones: [Int] = []
  package var lrPeriods: [Int] = []
  /// A weight for each period; none for 1 each.
  package var lrRestartWeights: [Double] = []
  package var lrGamma = 0.5
  package var lrFinal = 0.01
  package var warmupEpochs = 0.0
  package var warmupSteps = 0
  package var lrScaling = Scaling.none
  package var seed: UInt64 = 0
  package var shuffle = true
  package var augment = Augmentation.none
  package var crop = Crop.stored
  /// Decay of the weights' exponential moving average; nil for none.
  package var emaDecay: Double?
  package var gradientDType = GradientDataType.float32
  package var reduction = ReductionMode.tree
  /// The initial weights, if no file gives them.
  package var initialization = WeightInitialization.interpolation
  package var initWeights: String?
  /// Whether the file of initial weights must hold exactly the network's parameters.
  package var strict = true
  /// Where the initial weights lie in their file; nil to look for them.
  package var paramKey: String?

  // Data and perceptual networks.
  /// Folder of the .npy pairs; nil for synthetic faces.
  package var data: String?
  /// Makes the low-resolution pictures; nil for stored or bicubic ones.
  package var degradation: DegradationRecipe?
  /// The values of the data that stand for the intensities 0 and 1; nil for the type's whole range.
  package var range: ValueRange?
  package var syntheticTrain = 400
  package var syntheticValid = 80
  package var weightsDir = "weights"
  package var vggInput = VGGLoss.Input.raw
  package var vggLayers = VGGLayers.standard
  package var vggCriterion = VGGLoss.Criterion.mse
  package var lpipsInput = LPIPSLoss.Input.raw
  package var lpipsLinear = LPIPSLinear.Choice.automatic

  // Folders of pictures.
  /// Folders of originals to cut patches from; none for ``data`` or synthetic faces.
  package var trainHR: [String] = []
  /// As many folders of their low-resolution pictures; none to make these.
  package var trainLR: [String] = []
  /// How a low-resolution picture is named after its original; nil to find out.
  package var filenameTmpl: FileNameTemplate?
  /// The side of high-resolution patches; nil for the standard one.
  package var patch: Int?
  package var patchesPerImage = 1
  /// The filter that makes low-resolution pictures.
  package var resample = Resampling.pillow
  /// The bits with which PNG and JPEG files are read.
  package var depth = PictureFormatRule.Depth.auto
  package var dataCache = DataCache.auto

  // How the run is carried out.
  package var output = "runs/default"
  package var resume = Resume.auto
  /// Steps between checkpoints within an epoch; nil for the ends of epochs only.
  package var checkpointEvery: Int?
  package var keepCheckpoints = 3
  package var cacheFeatures = CacheFeatures.auto
  /// The bytes that kept features may take on each host; nil for a share of what is free.
  package var cacheBudget: ByteCount?
  package var validation = Validation.dealt
  /// Steps between validations within an epoch; nil for the ends of epochs only.
  package var valEvery: Int?
  /// Sets of pictures that are measured at each validation.
  package var val: [ValidationPictures] = []
  /// Decides which epoch is the best; nil for the metric of the checkpoint that the run resumes from, or PSNR.
  package var bestMetric: BestMetric?
  /// Worker threads of each rank; nil for a share of the CPUs that the job may use on the host.
  package var threads: Int?
  /// Ranks whose reduction one process reproduces; nil for the real ranks.
  package var virtualRanks: Int?
  /// Bytes of gradient exchanged at a time.
  package var bucketSize = 1 << 20
  /// Whether gradients are exchanged while others are computed. Otherwise all are exchanged at the end of a step.
  package var overlap = true
  /// Whether the ranks of a host hold weights in common, and each updates and prepares a share of them.
  package var shareWeights = true
  /// Validation images shown in each epoch's picture.
  package var samples = 4
  /// Whether losses, metrics and pictures are also written for TensorBoard.
  package var tensorboard = true
  /// Seconds after which a job without progress is ended; nil for never.
  package var stallTimeout: Double? = 120

  package init() {}

  /// The rate at the start. If ``lrScaling`` asks for it, the rate is scaled from the paper's batch of 8.
  package var scaledLearningRate: Double {
    let ratio = Double(batchSize) / 8
    switch lrScaling {
    case .none: return learningRate
    case .linear: return learningRate * ratio
    case .sqrt: return learningRate * ratio.squareRoot()
    }
  }

  package var learningRateSchedule: LearningRateSchedule {
    let decay: LearningRateSchedule.Decay =
      switch lrSchedule {
      case .step: .step(every: lrStep, gamma: lrGamma)
      case .multistep: .multistep(milestones: lrMilestones, gamma: lrGamma)
      case .cosine: .cosine(final: lrFinal)
      case .cosineRestart:
        .cosineRestart(
          periods: lrPeriods,
          weights: lrRestartWeights.isEmpty ? lrPeriods.map { _ in 1 } : lrRestartWeights, final: lrFinal)
      }
    return LearningRateSchedule(
      initial: scaledLearningRate, decay: decay,
      unit: lrUnit == .epochs ? .epochs : .steps(total: maxSteps ?? 0), warmupEpochs: warmupEpochs,
      warmupSteps: warmupSteps)
  }

  package var adamHyperparameters: Adam.Hyperparameters {
    var hyperparameters = Adam.Hyperparameters()
    (hyperparameters.beta1, hyperparameters.beta2) = (betas.first, betas.second)
    hyperparameters.epsilon = adamEpsilon
    hyperparameters.weightDecay = weightDecay
    hyperparameters.decouplesDecay = optimizer == .adamw
    return hyperparameters
  }
}
