import SRLosses
import SRModels

/// Settings that the help shows together, under a title.
package struct SettingGroup: Sendable {
  package let title: String
  package let settings: [Setting]

  package static let all = [learning, data, execution]
}

extension Setting {
  /// Every setting of a run, in the order in which they are shown.
  package static let all = SettingGroup.all.flatMap(\.settings)
}

extension SettingGroup {
  package static let learning = SettingGroup(
    title: "What is learned",
    settings: [
      Setting(
        "model", \.model, .choice, .model, ranks: .alike,
        """
        The network: vanilla (SRResNet) or attention (SE-SRResNet), the paper's, or compact (SRVGGNetCompact of \
        Real-ESRGAN, small and fast). The next four settings change it.
        """
      ),
      Setting(
        "scale", \.scale, .optional(.whole(oneOf: ModelDescription.scales)), .model, ranks: .alike,
        defaultWords: "the data's scale; \(ModelDescription.attention.scale) for synthetic faces",
        "Height of the output over height of the input: 1, 2, 4 or 8; also 3 for compact."),
      Setting(
        "features", \.features,
        .optional(.whole(ModelDescription.featureRange, multipleOf: ModelDescription.featureStep)), .model,
        ranks: .alike, defaultWords: "\(ModelDescription.attention.features)",
        "Channels of the maps between the first and the last convolution: a multiple of 16."),
      Setting(
        "blocks", \.blocks, .optional(.whole(ModelDescription.blockRange)), .model, ranks: .alike,
        defaultWords: "\(ModelDescription.attention.blocks)",
        "Residual blocks; of a compact network, the convolutions between the first and the last one."),
      Setting(
        "attention", \.attention, .optional(.attention), .model, ranks: .alike,
        defaultWords: "as --model says",
        """
        Attention in each residual block: none, se (squeeze-and-excitation, reduction 16), or another reduction: 'se(8)'. \
        A compact network has none.
        """
      ),
      Setting(
        "loss", \.loss, .lossTerms, .result, ranks: .alike,
        "Weighted sum of terms, such as mse=1,ssim=0.1. Terms: \(LossKind.helpText)."),
      Setting(
        "epochs", \.epochs, .whole(from: 1),
        // A cosine schedule depends on its end.
        .resultIf { $0.lrSchedule == .cosine }, ranks: .alike, "Passes over the training images."),
      Setting(
        "max-steps", \.maxSteps, .optional(.whole(from: 1)), .execution, ranks: .alike,
        "End after this many steps, counted from the run's first."),
      Setting(
        "batch-size", \.batchSize, .whole(from: 1), .result, ranks: .alike,
        "Images per step, over all ranks together."),
      Setting(
        "learning-rate", \.learningRate, .real(above: 0), .result, ranks: .alike,
        "Adam's rate at the start."),
      Setting(
        "lr-schedule", \.lrSchedule, .choice, .result, ranks: .alike,
        "step (multiplied by --lr-gamma every --lr-step epochs) or cosine (down to --lr-final)."),
      Setting(
        "lr-step", \.lrStep, .whole(from: 1), .result, ranks: .alike, "Epochs between decays of the rate."),
      Setting(
        "lr-gamma", \.lrGamma, .real(above: 0, to: 1), .result, ranks: .alike, "Factor of each decay."),
      Setting(
        "lr-final", \.lrFinal, .real(from: 0, to: 1), .result, ranks: .alike,
        "Where the cosine ends, as a share of the initial rate."),
      Setting(
        "warmup-epochs", \.warmupEpochs, .real(from: 0), .result, ranks: .alike,
        "Epochs during which the rate rises linearly; may be a fraction."),
      Setting(
        "lr-scaling", \.lrScaling, .choice, .result, ranks: .alike,
        "none, linear or sqrt: how the rate follows the batch size from the paper's 8."),
      Setting(
        "seed", \.seed, .whole(0...UInt64.max), .result, ranks: .alike,
        "Random seed of initial weights, sample order, crops and flips."),
      Setting(
        "shuffle", \.shuffle, .truth, .result, ranks: .alike,
        "Take the images in a new order each epoch; otherwise step i takes images B*i ... B*i+B-1."),
      Setting(
        "augment", \.augment, .choice, .result, ranks: .alike,
        "none or flip (mirror half of the images, chosen at random each epoch)."),
      Setting(
        "crop", \.crop, .choice, .result, ranks: .alike,
        "stored, or random (a fresh crop each epoch; needs `srdist prepare --keep-full`)."),
      Setting(
        "ema-decay", \.emaDecay, .zeroForNone(.real(above: 0, below: 1)), .result, ranks: .alike,
        """
        Decay of the averaged weights, such as 0.999; 0 for none. Validation uses the averaged weights, and each \
        checkpoint stores them as ema.safetensors.
        """),
      Setting(
        "gradient-dtype", \.gradientDType, .choice, .result, ranks: .alike,
        "float32 or bfloat16: the format in which ranks exchange gradients."),
      Setting(
        "reduction", \.reduction, .choice, .result, ranks: .alike,
        """
        tree (fixed summation order: same bits on any number of ranks) or mpi (plain MPI_Allreduce: the bits depend on \
        the number of ranks).
        """),
      Setting(
        "init", \.initialization, .choice, .result, ranks: .alike,
        """
        Initial weights: pytorch (PyTorch's default, as in the paper's code) or interpolation (the same, but the whole \
        network begins as an interpolation, and beats bicubic within an epoch or two).
        """),
      Setting(
        "init-weights", \.initWeights, .optional(.file), .inputs, ranks: .own,
        """
        Start from these weights: a file (safetensors or PyTorch's .pth), a checkpoint, or a run, which stands for its best \
        checkpoint.
        """),
      Setting(
        "strict", \.strict, .truth, .inputs, ranks: .alike,
        """
        The file of --init-weights must hold exactly the network's tensors. With --no-strict, a run takes those that fit by \
        name and shape, and says which do not: so a network starts from one of another scale or attention.
        """),
      Setting(
        "param-key", \.paramKey, .optional(.name), .inputs, ranks: .alike,
        defaultWords: "known keys such as params_ema, params and state_dict",
        "Where the weights lie in the file of --init-weights: keys of nested dictionaries, joined by dots."),
    ])

  package static let data = SettingGroup(
    title: "Data and perceptual networks",
    settings: [
      Setting(
        "data", \.data, .optional(.folder), .inputs, ranks: .own,
        """
        Folder made by `srdist prepare` (hr_train.npy, lr_train.npy, hr_valid.npy, lr_valid.npy). Without it, srdist \
        trains on synthetic faces drawn by a generator in the program.
        """),
      Setting(
        "degradation", \.degradation, .optional(.file), .inputs, ranks: .own,
        """
        Make the low-resolution images from the high-resolution ones by this recipe, anew in each epoch: a YAML file of \
        Real-ESRGAN's keys, or in --config a block of them. YOUR-DATA.md has the keys.
        """),
      Setting(
        "synthetic-train", \.syntheticTrain, .whole(1...mostDrawnImages), .inputs, ranks: .alike,
        "Synthetic training images."),
      Setting(
        "synthetic-valid", \.syntheticValid, .whole(1...mostDrawnImages), .inputs, ranks: .alike,
        "Synthetic validation images."),
      Setting(
        "weights-dir", \.weightsDir, .folder, .inputs, ranks: .own, variable: "SRDIST_WEIGHTS",
        "Folder of the perceptual networks' weights."),
      Setting(
        "vgg-input", \.vggInput, .choice, .result, ranks: .alike,
        "VGG16's input in the vgg term: raw (0...1, as in the paper's code) or imagenet (normalised)."),
      Setting(
        "lpips-input", \.lpipsInput, .choice, .result, ranks: .alike,
        "The input of LPIPS terms: raw (0...1, as in the paper's code) or symmetric (-1...1)."),
      Setting(
        "lpips-linear", \.lpipsLinear, .choice, .result, ranks: .alike,
        "LPIPS linear layers: automatic, v0.1, mean (of each layer) or none."),
    ])

  /// Synthetic images are kept in memory, 52 KB each.
  private static let mostDrawnImages = 100_000

  package static let execution = SettingGroup(
    title: "How the run is carried out",
    settings: [
      Setting(
        "output", \.output, .folder, .invocation, ranks: .own,
        defaultWords: "runs/PRESET, or runs/MODEL if no preset is named", "Run folder."),
      Setting(
        "resume", \.resume, .resume, .invocation, ranks: .own,
        "auto (the newest checkpoint that verifies), never, or a checkpoint's path."),
      Setting(
        "checkpoint-every", \.checkpointEvery, .zeroForNone(.whole(from: 1)), .execution, ranks: .alike,
        "Steps between checkpoints within an epoch; 0: at the ends of epochs only."),
      Setting(
        "keep-checkpoints", \.keepCheckpoints, .whole(from: 1), .execution, ranks: .alike,
        "How many of the newest checkpoints are kept, beside the best one."),
      Setting(
        "validation", \.validation, .choice, .execution, ranks: .alike,
        "dealt (over all ranks) or rank0 (alone); both give the same numbers."),
      Setting(
        "val", \.val, .validationPictures, .execution, ranks: .own,
        """
        NAME=LR,HR: also measure these folders of pictures of any size at each validation, as `srdist evaluate --input LR \
        --reference HR --y-channel` does. May be given several times.
        """),
      Setting(
        "best-metric", \.bestMetric, .optional(.bestMetric), .execution, ranks: .alike,
        defaultWords: "the resumed checkpoint's, or psnr",
        "Chooses the best checkpoint: psnr, ssim, lpips, ssim_box or mse of the validation images, or NAME/psnr, NAME/ssim or NAME/lpips of a set of --val."
      ),
      Setting(
        // No host has this many cores.
        "threads", \.threads, .optional(.whole(1...4096)), .invocation, ranks: .own,
        defaultWords: "the CPUs that the job may use on the host, divided by its ranks there",
        "Worker threads of each rank."),
      Setting(
        "virtual-ranks", \.virtualRanks, .optional(.whole(from: 1)), .invocation, ranks: .alike,
        "Reproduce the reduction of this many ranks in one process."),
      Setting(
        "bucket-size", \.bucketSize, .whole(from: 4096), .execution, ranks: .alike,
        "Bytes of gradient exchanged at a time."),
      Setting(
        "overlap", \.overlap, .truth, .execution, ranks: .alike,
        "Exchange gradients while others are still being computed."),
      Setting(
        "samples", \.samples, .whole(from: 0), .execution, ranks: .alike,
        "Validation images in each epoch's picture."),
      Setting(
        "tensorboard", \.tensorboard, .truth, .execution, ranks: .alike,
        "Write losses, metrics and pictures for TensorBoard too."),
      Setting(
        // Heartbeats are sent once a second.
        "stall-timeout", \.stallTimeout, .zeroForNone(.real(from: 1)), .execution, ranks: .alike,
        """
        Seconds after which a job without progress (a rank hangs, is stopped, or is cut off) ends with status 77; 0 \
        for never.
        """),
    ])
}
