import SRModels
import SROptimizers

/// One validated description of a training run.
public struct TrainingConfiguration: Sendable, Equatable {
  public enum ModelKind: String, CaseIterable, Sendable {
    case vanilla
    case attention

    public var network: SRResNetConfiguration {
      switch self {
      case .vanilla: .vanilla
      case .attention: .attention
      }
    }
  }

  public enum Schedule: String, CaseIterable, Sendable { case step, cosine }
  public enum Scaling: String, CaseIterable, Sendable { case none, linear, sqrt }
  public enum Augmentation: String, CaseIterable, Sendable { case none, flip }
  public enum Crop: String, CaseIterable, Sendable { case stored, random }
  public enum GradientDType: String, CaseIterable, Sendable { case float32, bfloat16 }
  public enum Reduction: String, CaseIterable, Sendable { case tree, mpi }
  public enum Validation: String, CaseIterable, Sendable { case dealt, rank0 }
  public enum VGGInput: String, CaseIterable, Sendable { case raw, imagenet }
  public enum LPIPSInput: String, CaseIterable, Sendable { case raw, symmetric }
  /// The linear layers of LPIPS; `automatic` leaves them out over a trunk they were not trained on; `mean` puts
  /// each layer's mean weight in their place, which keeps what LPIPS counts beside other terms.
  public enum LPIPSLinear: String, CaseIterable, Sendable { case automatic, v01 = "v0.1", mean, none }

  /// Where to go on from.
  public enum Resume: Sendable, Equatable {
    /// The newest checkpoint of the output folder that verifies; from the start where there is none.
    case auto
    case never
    case checkpoint(path: String)
  }

  /// The most threads of a rank: more than any host has cores.
  public static let mostThreads = 4096

  // What is learned.
  public var model = ModelKind.attention
  public var loss = "charbonnier=1"
  public var epochs = 20
  /// Ends the run after so many steps, counted from its very first.
  public var maxSteps: Int?
  /// Of all ranks together.
  public var batchSize = 8
  public var learningRate = 1e-3
  public var lrSchedule = Schedule.step
  public var lrStep = 10
  public var lrGamma = 0.5
  public var lrFinal = 0.01
  public var warmupEpochs = 0.0
  public var lrScaling = Scaling.none
  public var seed: UInt64 = 0
  public var shuffle = true
  public var augment = Augmentation.none
  public var crop = Crop.stored
  /// Decay of the weights' exponential moving average; nil for none.
  public var emaDecay: Double?
  public var gradientDType = GradientDType.float32
  public var reduction = Reduction.tree
  /// What the weights are at first, where no file says.
  public var initialization = SRResNet.Initialization.interpolation
  public var initWeights: String?

  // Data and perceptual networks.
  /// Folder of the .npy pairs; nil for the embedded synthetic faces.
  public var data: String?
  public var syntheticTrain = 400
  public var syntheticValid = 80
  public var weightsDir = "weights"
  public var vggInput = VGGInput.raw
  public var lpipsInput = LPIPSInput.raw
  public var lpipsLinear = LPIPSLinear.automatic

  // How the run is carried out.
  public var output = "runs/default"
  public var resume = Resume.auto
  /// Steps between checkpoints within an epoch; nil for the ends of epochs only.
  public var checkpointEvery: Int?
  public var keepCheckpoints = 3
  public var validation = Validation.dealt
  /// Worker threads of each rank; nil for the node's cores over its ranks.
  public var threads: Int?
  /// Ranks to play within one process; nil for the real ones.
  public var virtualRanks: Int?
  /// Bytes of gradient exchanged at a time.
  public var bucketSize = 1 << 20
  /// Whether gradients travel while others are computed; else all at the end of a step.
  public var overlap = true
  /// Validation images shown in each epoch's picture.
  public var samples = 4
  /// Whether losses, metrics and pictures are also written for TensorBoard.
  public var tensorboard = true
  /// Seconds within which a job that gets no further is ended; nil for never.
  public var stallTimeout: Double? = 120

  public init() {}

  /// The rate at the start, scaled from the paper's batch of 8 where that was asked for.
  public var scaledLearningRate: Double {
    let ratio = Double(batchSize) / 8
    switch lrScaling {
    case .none: return learningRate
    case .linear: return learningRate * ratio
    case .sqrt: return learningRate * ratio.squareRoot()
    }
  }

  public var learningRateSchedule: LearningRateSchedule {
    let decay: LearningRateSchedule.Decay =
      switch lrSchedule {
      case .step: .step(epochs: lrStep, gamma: lrGamma)
      case .cosine: .cosine(final: lrFinal)
      }
    return LearningRateSchedule(
      initial: scaledLearningRate, decay: decay, warmupEpochs: warmupEpochs)
  }
}
