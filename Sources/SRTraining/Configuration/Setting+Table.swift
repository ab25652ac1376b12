import SRData
import SRLosses
import SRModels

/// Settings that the help shows together, under a title.
package struct SettingGroup: Sendable {
  package let title: String
  package let settings: [Setting]

  package static let all = [learning, pictures, data, execution]
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
        Real-ESRGAN, small and fast). The next six settings change it.
        """
      ),
      Setting(
        "scale", \.scale, .optional(.whole(oneOf: ModelDescription.scales)), .model, ranks: .alike,
        defaultWords: "the data's scale; \(ModelDescription.attention.scale) for synthetic faces",
        "Height of the output over height of the input: 1, 2, 3, 4 or 8."),
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
        "in-channels", \.inChannels, .optional(.whole(ModelDescription.channelRange)), .model, ranks: .alike,
        defaultWords: "the data's channels",
        "Channels of the low-resolution pictures: 1 for grey, 3 for RGB, 4 for RGB and alpha, or any other number of an array's."
      ),
      Setting(
        "out-channels", \.outChannels, .optional(.whole(ModelDescription.channelRange)), .model,
        ranks: .alike, defaultWords: "the data's channels",
        "Channels of the high-resolution pictures. A compact network needs as many as --in-channels."),
      Setting(
        "loss", \.loss, .lossTerms, .result, ranks: .alike,
        "Weighted sum of terms, such as mse=1,ssim=0.1. Terms: \(LossKind.helpText)."),
      Setting(
        "trunk-balance", \.trunkBalance, .choice, .result, ranks: .alike,
        """
        on: scale perceptual terms over a VGG16 that is not torchvision's, so that they weigh as much as over torchvision's. \
        off: take them as they are.
        """),
      Setting(
        "epochs", \.epochs, .whole(from: 1),
        // A cosine schedule depends on its end.
        .resultIf { $0.lrSchedule == .cosine && $0.lrUnit == .epochs }, ranks: .alike,
        "Passes over the training images."),
      Setting(
        "max-steps", \.maxSteps, .optional(.whole(from: 1)),
        .resultIf { $0.lrSchedule == .cosine && $0.lrUnit == .steps }, ranks: .alike,
        """
        End after this many steps, counted from the run's first. Given without --epochs, it replaces the epochs of a preset or file, \
        unless a cosine counts them.
        """),
      Setting(
        "batch-size", \.batchSize, .whole(from: 1), .result, ranks: .alike,
        "Images per step, over all ranks together."),
      Setting(
        "optimizer", \.optimizer, .choice, .result, ranks: .alike,
        "adam, or adamw, whose weight decay is decoupled from the gradient."),
      Setting(
        "betas", \.betas, .betas, .result, ranks: .alike,
        "Adam's decay rates of the first and of the second moments."),
      Setting(
        "adam-epsilon", \.adamEpsilon, .real(above: 0), .result, ranks: .alike,
        "Adam's term in the denominator."),
      Setting(
        "weight-decay", \.weightDecay, .real(from: 0), .result, ranks: .alike,
        """
        adam adds this times the weights to the gradient. adamw shrinks the weights by this times the learning rate before each \
        update.
        """),
      Setting(
        "clip-grad-norm", \.clipGradNorm, .zeroForNone(.real(above: 0)), .result, ranks: .alike,
        "Scale a batch's gradient down to this norm if its norm is larger; 0 for never."),
      Setting(
        "learning-rate", \.learningRate, .real(above: 0), .result, ranks: .alike,
        "Adam's rate at the start."),
      Setting(
        "lr-schedule", \.lrSchedule, .choice, .result, ranks: .alike,
        """
        step (multiplied by --lr-gamma every --lr-step), multistep (multiplied by --lr-gamma at each of --lr-milestones), cosine \
        (down to --lr-final at the run's end), or cosine-restart (down to --lr-final in each of --lr-periods).
        """),
      Setting(
        "lr-unit", \.lrUnit, .choice, .result, ranks: .alike,
        """
        What --lr-step, --lr-milestones and --lr-periods count: epochs or steps. With steps, a cosine ends at --max-steps.
        """),
      Setting(
        "lr-step", \.lrStep, .whole(from: 1), .result, ranks: .alike,
        "Epochs or steps between decays of the rate."),
      Setting(
        "lr-milestones", \.lrMilestones, .wholes(rising: true), .result, ranks: .alike,
        "Epochs or steps after which multistep decays the rate, such as 100000,200000."),
      Setting(
        "lr-periods", \.lrPeriods, .wholes(rising: false), .result, ranks: .alike,
        "The lengths of cosine-restart's periods, in epochs or steps, such as 250000,250000."),
      Setting(
        "lr-restart-weights", \.lrRestartWeights, .reals, .result, ranks: .alike,
        defaultWords: "1 for each period",
        "The shares of the rate at which the periods of cosine-restart begin, such as 1,0.5."),
      Setting(
        "lr-gamma", \.lrGamma, .real(above: 0, to: 1), .result, ranks: .alike, "Factor of each decay."),
      Setting(
        "lr-final", \.lrFinal, .real(from: 0, to: 1), .result, ranks: .alike,
        "Where a cosine ends, as a share of the initial rate."),
      Setting(
        "warmup-epochs", \.warmupEpochs, .real(from: 0), .result, ranks: .alike,
        "Epochs during which the rate rises linearly; may be a fraction."),
      Setting(
        "warmup-steps", \.warmupSteps, .whole(from: 0), .result, ranks: .alike,
        "Steps during which the rate rises linearly, instead of --warmup-epochs."),
      Setting(
        "lr-scaling", \.lrScaling, .choice, .result, ranks: .alike,
        "none, linear or sqrt: how the rate follows the batch size from the paper's 8."),
      Setting(
        "seed", \.seed, .whole(0...UInt64.max), .result, ranks: .alike,
        "Random seed of initial weights, sample order, crops and orientations."),
      Setting(
        "shuffle", \.shuffle, .truth, .result, ranks: .alike,
        "Take the images in a new order each epoch; otherwise step i takes images B*i ... B*i+B-1."),
      Setting(
        "augment", \.augment, .augmentation, .result, ranks: .alike,
        """
        none, flip (mirror half of the images, chosen at random each epoch), rot (also swap top and bottom, or rows and columns), \
        or 'flip,rot' (all eight orientations).
        """),
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

  package static let pictures = SettingGroup(
    title: "Training pictures of any size, in folders",
    settings: [
      Setting(
        "train-hr", \.trainHR, .folders, .inputs, ranks: .own, aliases: ["dataroot_gt"],
        """
        Folders of PNG, JPEG and .npy files (one picture each) of any size, such as A or A,B: patches of these originals are the \
        high-resolution images. Folders below them count too. --val NAME=LR,HR measures pictures, and so does --data, if it is given too.
        """),
      Setting(
        "train-lr", \.trainLR, .folders, .inputs, ranks: .own, aliases: ["dataroot_lq"],
        defaultWords: "the originals, made smaller by --resample",
        """
        Folders of the low-resolution pictures, one for each of --train-hr. Pictures are partners by their names; an original, cropped \
        to a multiple of the scale, has scale times the size.
        """),
      Setting(
        "filename-tmpl", \.filenameTmpl, .optional(.template), .inputs, ranks: .alike,
        aliases: ["filename_tmpl"], defaultWords: "{}, or {}x2 to {}x16 if that fits all",
        "The name of a low-resolution picture: {} stands for its original's name, without the ending."),
      Setting(
        "patch", \.patch, .optional(.whole(from: NumPyPairDataset.smallestHighResSide)), .result,
        ranks: .alike, aliases: ["gt_size"],
        defaultWords: "\(FolderData.standardPatch), or the next smaller multiple of the scale",
        "Side of the high-resolution patches of --train-hr, which are cut at random in each epoch: a multiple of the scale."
      ),
      Setting(
        "patches-per-image", \.patchesPerImage, .whole(from: 1), .result, ranks: .alike,
        aliases: ["dataset_enlarge_ratio"], "Patches of each picture in an epoch."),
      Setting(
        "resample", \.resample, .choice, .inputs, ranks: .alike,
        "Whose bicubic makes the low-resolution pictures without --train-lr: pillow or matlab."),
      Setting(
        "depth", \.depth, .choice, .inputs, ranks: .alike,
        """
        Bits of PNG and JPEG files: auto (16 if one of them has as many), 8 (the upper 8 of 16, as --degradation needs it), or 16. Bytes \
        become 16 bits by 257.
        """),
      Setting(
        "data-cache", \.dataCache, .dataCache, .invocation, ranks: .own,
        """
        Where the pictures of --train-hr lie after they are decoded, once: auto (in the run folder until the run is complete), or a \
        folder, in which other runs find them too.
        """),
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
        "degradation", \.degradation, .optional(.recipe), .result, ranks: .alike,
        """
        Make the low-resolution images from the high-resolution ones by this recipe, anew in each epoch: a YAML file of \
        Real-ESRGAN's keys, or a block of them in the file of --config. YOUR-DATA.md has the keys.
        """),
      Setting(
        // The network's description has it.
        "range", \.range, .optional(.valueRange), .model, ranks: .alike,
        defaultWords: "the type's whole range; 0,1 for float32",
        """
        LOW,HIGH: the values in --data or --train-hr that stand for black and full intensity, such as 0,4095. The network learns \
        from (value - LOW) / (HIGH - LOW), and its weight files record the range. Write --range=-1000,3000 if LOW is negative.
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
        "vgg-layers", \.vggLayers, .vggLayers, .result, ranks: .alike,
        "The features of the vgg term with their weights: relu1_1 to relu5_3."),
      Setting(
        "vgg-criterion", \.vggCriterion, .choice, .result, ranks: .alike,
        "How the vgg term compares features: mse (squared differences) or l1 (absolute differences)."),
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
        "cache-features", \.cacheFeatures, .cacheFeatures, .execution, ranks: .own,
        """
        Keep what the frozen networks of losses and metrics see in the targets, which is the same in every epoch: auto (in the \
        run folder until the run is complete, unless that lies on a network), off, or a folder, which other runs may use too. \
        The results have the same bits.
        """),
      Setting(
        "cache-budget", \.cacheBudget, .optional(.byteCount), .invocation, ranks: .own,
        defaultWords: "half of the host's free memory, at most half of the disk's free space",
        "Bytes that --cache-features may take on each host, such as 4G."),
      Setting(
        "validation", \.validation, .choice, .execution, ranks: .alike,
        "dealt (over all ranks) or rank0 (alone); both give the same numbers."),
      Setting(
        "val-every", \.valEvery, .zeroForNone(.whole(from: 1)), .execution, ranks: .alike,
        aliases: ["val_freq"],
        """
        Also validate after every so many steps and at the run's end. The best checkpoint is chosen among all validations. If \
        --max-steps alone ends the run, the ends of epochs are not validated then. 0: at the ends of epochs only.
        """),
      Setting(
        "val", \.val, .validationPictures, .execution, ranks: .own,
        """
        NAME=LR,HR: also measure these folders of pictures of any size at each validation, as `srdist evaluate --input LR \
        --reference HR --y-channel --modcrop SCALE` does. NAME=LR,HR,TEMPLATE is that with --filename-tmpl TEMPLATE. May be given \
        several times.
        """),
      Setting(
        "best-metric", \.bestMetric, .optional(.bestMetric), .execution, ranks: .alike,
        defaultWords: "the resumed checkpoint's, or psnr; without validation images, psnr of the first --val",
        "Chooses the best checkpoint: psnr, ssim, lpips, ssim_box, mse or lr_psnr of the validation images, or NAME/psnr, NAME/ssim or NAME/lpips of a set of --val."
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
        "share-weights", \.shareWeights, .truth, .execution, ranks: .alike,
        "The ranks of a host hold weights and moments in common, and each updates a share of them. The bits are the same."
      ),
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
