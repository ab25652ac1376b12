import ArgumentParser
import SRTraining

/// The settings of a training run as options, one group of `--help` per subject.
struct TrainOptions: ParsableArguments {
  @OptionGroup(title: "What is learned") var learning: LearningOptions
  @OptionGroup(title: "Data and perceptual networks") var data: DataOptions
  @OptionGroup(title: "How the run is carried out") var execution: ExecutionOptions

  /// The options that were given.
  var layer: SettingLayer {
    SettingLayer(
      origin: "the command line",
      values: learning.values.merging(data.values) { $1 }.merging(execution.values) { $1 })
  }
}

struct LearningOptions: ParsableArguments {
  @Option(help: "vanilla (SRResNet) or attention (SE-SRResNet).")
  var model: String?
  @Option(
    help: """
      Weighted sum of terms, such as mse=1,ssim=0.1. Terms: mse, charbonnier, ssim (Gaussian window), ssim_box, \
      edge, vgg, lpips_vgg, lpips_alex, lpips_squeeze.
      """)
  var loss: String?
  @Option(help: "Passes over the training images.")
  var epochs: Int?
  @Option(help: "End after so many steps, counted from the run's first.")
  var maxSteps: Int?
  @Option(help: "Images per step, over all ranks together. (default: 8)")
  var batchSize: Int?
  @Option(help: "Adam's rate at the start. (default: 0.001)")
  var learningRate: Double?
  @Option(help: "step (multiplied by --lr-gamma every --lr-step epochs) or cosine (down to --lr-final).")
  var lrSchedule: String?
  @Option(help: "Epochs between decays of the rate. (default: 10)")
  var lrStep: Int?
  @Option(help: "Factor of each decay. (default: 0.5)")
  var lrGamma: Double?
  @Option(help: "Where the cosine ends, as a share of the initial rate. (default: 0.01)")
  var lrFinal: Double?
  @Option(help: "Epochs during which the rate rises linearly; may be a fraction. (default: 0)")
  var warmupEpochs: Double?
  @Option(help: "none, linear or sqrt: how the rate follows the batch size from the paper's 8.")
  var lrScaling: String?
  @Option(help: "Of initial weights, sample order, crops and flips. (default: 0)")
  var seed: UInt64?
  @Flag(
    inversion: .prefixedNo,
    help: "Take the images in another order each epoch; else step i takes images B*i ... B*i+B-1.")
  var shuffle: Bool?
  @Option(help: "none or flip (mirror half of the images, chosen anew each epoch).")
  var augment: String?
  @Option(help: "stored, or random (a fresh crop each epoch; needs `srdist prepare --keep-full`).")
  var crop: String?
  @Option(
    help: """
      Decay of averaged weights, such as 0.999; 0 for none. They are what is validated, and lie beside the others in each \
      checkpoint, as ema.safetensors.
      """)
  var emaDecay: Double?
  @Option(help: "float32 or bfloat16: how gradients travel between ranks.")
  var gradientDtype: String?
  @Option(
    help: """
      tree (fixed summation order: same bits on any number of ranks) or mpi (plain MPI_Allreduce, whose bits depend \
      on the number of ranks).
      """)
  var reduction: String?
  @Option(
    help: """
      Initial weights: pytorch (its default, as the paper's code) or interpolation (the same, but the whole network \
      begins as an interpolation, and passes bicubic within an epoch or two). (default: interpolation)
      """)
  var `init`: String?
  @Option(help: "Start from these weights (.safetensors, PyTorch's names).", completion: .file())
  var initWeights: String?

  var values: [Setting: String] {
    given([
      .model: model, .loss: loss, .epochs: text(epochs), .maxSteps: text(maxSteps),
      .batchSize: text(batchSize),
      .learningRate: text(learningRate), .lrSchedule: lrSchedule, .lrStep: text(lrStep),
      .lrGamma: text(lrGamma), .lrFinal: text(lrFinal), .warmupEpochs: text(warmupEpochs),
      .lrScaling: lrScaling, .seed: text(seed), .shuffle: text(shuffle), .augment: augment, .crop: crop,
      .emaDecay: text(emaDecay), .gradientDType: gradientDtype, .reduction: reduction,
      .initialization: `init`, .initWeights: initWeights,
    ])
  }
}

struct DataOptions: ParsableArguments {
  @Option(
    help: """
      Folder made by `srdist prepare` (hr_train.npy, lr_train.npy, hr_valid.npy, lr_valid.npy). Without it, srdist \
      trains on synthetic faces drawn by a generator in the program.
      """, completion: .directory)
  var data: String?
  @Option(help: "Synthetic training images. (default: 400)")
  var syntheticTrain: Int?
  @Option(help: "Synthetic validation images. (default: 80)")
  var syntheticValid: Int?
  @Option(
    help: "Folder of the perceptual networks' weights. (default: $SRDIST_WEIGHTS, else weights)",
    completion: .directory)
  var weightsDir: String?
  @Option(help: "What VGG16 sees in the vgg term: raw (0...1, as the paper's code) or imagenet (normalised).")
  var vggInput: String?
  @Option(help: "What LPIPS terms see: raw (0...1, as the paper's code) or symmetric (-1...1).")
  var lpipsInput: String?
  @Option(help: "LPIPS linear layers: automatic, v0.1, mean (of each layer) or none.")
  var lpipsLinear: String?

  var values: [Setting: String] {
    given([
      .data: data, .syntheticTrain: text(syntheticTrain), .syntheticValid: text(syntheticValid),
      .weightsDir: weightsDir, .vggInput: vggInput, .lpipsInput: lpipsInput, .lpipsLinear: lpipsLinear,
    ])
  }
}

struct ExecutionOptions: ParsableArguments {
  @Option(
    help: "Run folder. (default: runs/PRESET, or runs/MODEL where no preset is named)",
    completion: .directory)
  var output: String?
  @Option(help: "auto (the newest checkpoint that verifies), never, or a checkpoint's path. (default: auto)")
  var resume: String?
  @Option(help: "Steps between checkpoints within an epoch; 0: at the ends of epochs only. (default: 0)")
  var checkpointEvery: Int?
  @Option(help: "Newest checkpoints kept beside the best one. (default: 3)")
  var keepCheckpoints: Int?
  @Option(help: "dealt (over all ranks) or rank0 (alone); both give the same numbers. (default: dealt)")
  var validation: String?
  @Option(help: "Worker threads of each rank. (default: the node's cores over its ranks)")
  var threads: Int?
  @Option(help: "Play the reduction of so many ranks within this one process.")
  var virtualRanks: Int?
  @Option(help: "Bytes of gradient exchanged at a time. (default: 1048576)")
  var bucketSize: Int?
  @Flag(
    inversion: .prefixedNo, help: "Exchange gradients while others are still computed. (default: --overlap)")
  var overlap: Bool?
  @Option(help: "Validation images in each epoch's picture. (default: 4)")
  var samples: Int?
  @Flag(
    inversion: .prefixedNo,
    help: "Write losses, metrics and pictures for TensorBoard too. (default: --tensorboard)")
  var tensorboard: Bool?
  @Option(
    help: """
      Seconds within which a job that gets no further (a rank hangs, is stopped, or is cut off) is ended with \
      status 77; 0 for never. (default: 120)
      """)
  var stallTimeout: Double?

  var values: [Setting: String] {
    given([
      .output: output, .resume: resume, .checkpointEvery: text(checkpointEvery),
      .keepCheckpoints: text(keepCheckpoints), .validation: validation, .threads: text(threads),
      .virtualRanks: text(virtualRanks), .bucketSize: text(bucketSize), .overlap: text(overlap),
      .samples: text(samples), .tensorboard: text(tensorboard),
      .stallTimeout: text(stallTimeout),
    ])
  }
}

private func text(_ value: (some CustomStringConvertible)?) -> String? { value?.description }

private func given(_ values: [Setting: String?]) -> [Setting: String] { values.compactMapValues { $0 } }
