import SRDistributed
import SRLosses
import SRModels
import SROptimizers

/// One description of a training run. Every field has a row in ``Setting/all``, and its default here.
package struct TrainingConfiguration: Sendable, Equatable {
  package enum ModelKind: String, CaseIterable, Sendable {
    case vanilla
    case attention

    /// The paper's network of this name.
    package var description: ModelDescription {
      switch self {
      case .vanilla: .vanilla
      case .attention: .attention
      }
    }
  }

  package enum Schedule: String, CaseIterable, Sendable { case step, cosine }
  package enum Scaling: String, CaseIterable, Sendable { case none, linear, sqrt }
  package enum Augmentation: String, CaseIterable, Sendable { case none, flip }
  package enum Crop: String, CaseIterable, Sendable { case stored, random }
  package enum Validation: String, CaseIterable, Sendable { case dealt, rank0 }

  /// Where to go on from.
  package enum Resume: Sendable, Equatable {
    /// The newest checkpoint of the output folder that verifies; from the start where there is none.
    case auto
    case never
    case checkpoint(path: String)
  }

  // What is learned.
  package var model = ModelKind.attention
  /// Of the data, if there are some; nil for theirs.
  package var scale: Int?
  /// In place of those of ``model``.
  package var features: Int?
  package var blocks: Int?
  package var attention: ModelDescription.Attention?
  package var loss = [LossTerm(.charbonnier, weight: 1)]
  package var epochs = 20
  /// Ends the run after so many steps, counted from its very first.
  package var maxSteps: Int?
  /// Of all ranks together.
  package var batchSize = 8
  package var learningRate = 1e-3
  package var lrSchedule = Schedule.step
  package var lrStep = 10
  package var lrGamma = 0.5
  package var lrFinal = 0.01
  package var warmupEpochs = 0.0
  package var lrScaling = Scaling.none
  package var seed: UInt64 = 0
  package var shuffle = true
  package var augment = Augmentation.none
  package var crop = Crop.stored
  /// Decay of the weights' exponential moving average; nil for none.
  package var emaDecay: Double?
  package var gradientDType = GradientDataType.float32
  package var reduction = ReductionMode.tree
  /// What the weights are at first, where no file says.
  package var initialization = SRResNet.Initialization.interpolation
  package var initWeights: String?

  // Data and perceptual networks.
  /// Folder of the .npy pairs; nil for the embedded synthetic faces.
  package var data: String?
  package var syntheticTrain = 400
  package var syntheticValid = 80
  package var weightsDir = "weights"
  package var vggInput = VGGLoss.Input.raw
  package var lpipsInput = LPIPSLoss.Input.raw
  package var lpipsLinear = LPIPSLinear.Choice.automatic

  // How the run is carried out.
  package var output = "runs/default"
  package var resume = Resume.auto
  /// Steps between checkpoints within an epoch; nil for the ends of epochs only.
  package var checkpointEvery: Int?
  package var keepCheckpoints = 3
  package var validation = Validation.dealt
  /// Worker threads of each rank; nil for the node's cores over its ranks.
  package var threads: Int?
  /// Ranks to play within one process; nil for the real ones.
  package var virtualRanks: Int?
  /// Bytes of gradient exchanged at a time.
  package var bucketSize = 1 << 20
  /// Whether gradients travel while others are computed; else all at the end of a step.
  package var overlap = true
  /// Validation images shown in each epoch's picture.
  package var samples = 4
  /// Whether losses, metrics and pictures are also written for TensorBoard.
  package var tensorboard = true
  /// Seconds within which a job that gets no further is ended; nil for never.
  package var stallTimeout: Double? = 120

  package init() {}

  /// The rate at the start, scaled from the paper's batch of 8 where that was asked for.
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
      case .step: .step(epochs: lrStep, gamma: lrGamma)
      case .cosine: .cosine(final: lrFinal)
      }
    return LearningRateSchedule(
      initial: scaledLearningRate, decay: decay, warmupEpochs: warmupEpochs)
  }
}
