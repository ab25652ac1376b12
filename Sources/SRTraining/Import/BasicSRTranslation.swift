import SRData

/// A translation in progress. Each part of the file has a function, which takes the part's values and leaves notes.
struct BasicSRTranslation {
  private(set) var settings: SettingLayer
  private(set) var notes: [BasicSRImport.Note] = []
  var options: BasicSROptions
  let origin: String

  init(options: BasicSROptions, origin: String) {
    self.options = options
    self.origin = origin
    settings = SettingLayer(origin: origin)
  }

  mutating func translate() throws {
    guard options.has("network_g"), options.has("train") else {
      throw ConfigurationError(
        "\(origin) has no network_g or no train, which an option file of BasicSR for training has; nothing is translated"
      )
    }
    try network()
    degradation()
    data()
    optimizer()
    schedule()
    losses()
    length()
    start()
    surroundings()
    for leaf in options.unused { note(leaf, "has no counterpart in srdist, and is left out") }
  }

  var sortedNotes: [BasicSRImport.Note] { notes.sorted { ($0.line, $0.key) < ($1.line, $1.key) } }

  mutating func note(_ leaf: BasicSROptions.Leaf, _ text: String) {
    notes.append(BasicSRImport.Note(origin: origin, line: leaf.line, key: leaf.path, text: text))
  }

  /// Gives a setting a value. A value that the setting does not take becomes a note.
  mutating func set(_ name: String, _ text: String, from leaf: BasicSROptions.Leaf) {
    guard let setting = Setting.all.first(where: { $0.name == name }) else {
      preconditionFailure("\(name) is no setting")
    }
    let value = SettingValue(argument: text)
    var trial = TrainingConfiguration()
    do {
      try setting.apply(value, to: &trial)
      settings[setting] = value
    } catch {
      note(leaf, "is left out: \(name): \(error)")
    }
  }

  /// Whether a setting has a value.
  func gives(_ name: String) -> Bool {
    Setting.all.first { $0.name == name }.flatMap { settings[$0] } != nil
  }

  /// Gives a setting the value of a key, if the file has it.
  mutating func pass(_ path: String, to name: String) {
    guard let leaf = options.take(path) else { return }
    // Numbers may be written as 5e3, which a whole number is not.
    let text = leaf.whole.map(String.init) ?? leaf.text
    guard let text else { return note(leaf, "is left out: a plain value is needed") }
    set(name, text, from: leaf)
  }

  func text(_ values: [Double]) -> String { NumberList.text(values) }
}

// The network and the data.
extension BasicSRTranslation {
  mutating func network() throws {
    guard let type = options.take("network_g.type") else {
      throw ConfigurationError("\(origin): network_g has no type, and nothing is translated")
    }
    let blocks: String
    switch type.text ?? "" {
    case "SRVGGNetCompact":
      set("model", "compact", from: type)
      blocks = "num_conv"
      if let activation = options.take("network_g.act_type"), activation.text != "prelu" {
        note(activation, "srdist's compact network has PReLUs")
      }
    case "MSRResNet":
      set("model", "vanilla", from: type)
      note(
        type,
        "becomes SRResNet, which has PReLUs, 9x9 convolutions at both ends and a long skip. It is not the same network, "
          + "and weights of MSRResNet do not fit it")
      blocks = "num_block"
    case "SRResNet":
      set("model", "vanilla", from: type)
      blocks = "num_block"
    case let other:
      throw ConfigurationError(
        "\(origin):\(type.line): network_g.type: srdist has no '\(other)', and nothing is translated; it has MSRResNet (as "
          + "SRResNet) and SRVGGNetCompact"
          + (hasRecipe ? ". `srdist import-config --degradation-only` translates the degradation alone" : ""))
    }
    pass("network_g.num_feat", to: "features")
    pass("network_g.\(blocks)", to: "blocks")
    for (key, setting) in [("num_in_ch", "in-channels"), ("num_out_ch", "out-channels")] {
      // RGB needs no setting: the data decide.
      guard let channels = options.take("network_g.\(key)"), channels.whole != 3 else { continue }
      set(setting, channels.whole.map(String.init) ?? channels.text ?? "", from: channels)
    }
    pass("scale", to: "scale")
    if let scale = options.take("network_g.upscale") {
      if let text = scale.whole.map(String.init) { set("scale", text, from: scale) }
    }
  }

  private mutating func degradation() {
    let first = options.leaves.first { isOfRecipe($0) }
    guard let first, let recipe = recipe() else { return }
    set("degradation", recipe.canonicalText, from: first)
  }

  private var hasRecipe: Bool { options.leaves.contains(where: isOfRecipe) }

  private func isOfRecipe(_ leaf: BasicSROptions.Leaf) -> Bool {
    DegradationRecipe.keys.contains { leaf.path == $0 || leaf.path == "datasets.train.\($0)" }
  }

  mutating func data() {
    let train = "datasets.train"
    folders(train)
    let gpus = options.take("num_gpu")
    if let batch = options.take("\(train).batch_size_per_gpu") {
      // BasicSR takes 0, no GPU, as one device.
      let count = gpus?.whole.map { max($0, 1) } ?? 1
      if let gpus, gpus.whole.map({ $0 < 1 }) ?? true {
        note(gpus, "is taken as 1; --batch-size is that of all ranks together")
      }
      if let (size, overflow) = batch.whole?.multipliedReportingOverflow(by: count), !overflow {
        set("batch-size", "\(size)", from: batch)
      } else {
        note(
          batch, batch.whole == nil ? "is left out: a whole number is needed" : "is left out: it is too large"
        )
      }
    }
    let flips = options.take("\(train).use_hflip")
    let rotates = options.take("\(train).use_rot")
    if let leaf = flips ?? rotates {
      let augmentation = Augmentation(flips: flips?.truth ?? false, rotates: rotates?.truth ?? false)
      set("augment", augmentation.description, from: leaf)
    }
    validationSets()
  }

  /// The training pictures, and the patches that are cut from them.
  private mutating func folders(_ train: String) {
    guard let highRes = options.take("\(train).dataroot_gt") else { return }
    setFolders("train-hr", from: highRes)
    if let lowRes = options.take("\(train).dataroot_lq") {
      setFolders("train-lr", from: lowRes)
      // BasicSR's default is '{}'.
      let template = options.take("\(train).filename_tmpl")
      set("filename-tmpl", template?.text ?? "{}", from: template ?? lowRes)
      if gives("degradation") {
        note(
          lowRes,
          "is not trained on, because the degradation makes the low-resolution images; remove the block 'degradation' to train "
            + "on these")
      }
    } else {
      options.discard("\(train).filename_tmpl")
      if !gives("degradation") {
        set("resample", "matlab", from: highRes)
        note(highRes, "there is no dataroot_lq, so MATLAB's bicubic makes the low-resolution images")
      }
    }
    pass("\(train).gt_size", to: "patch")
    pass("\(train).dataset_enlarge_ratio", to: "patches-per-image")
    for key in ["meta_info_file", "meta_info"] {
      if let leaf = options.take("\(train).\(key)") {
        note(
          leaf, "srdist takes all pictures of the folders; put links to those that are listed into a folder")
      }
    }
  }

  private mutating func setFolders(_ name: String, from leaf: BasicSROptions.Leaf) {
    guard let paths = leaf.value.scalars?.map(\.spelling), !paths.isEmpty else {
      return note(leaf, "is left out: one path or a list of paths is needed")
    }
    if let database = paths.first(where: { $0.hasSuffix(".lmdb") }) {
      return note(
        leaf, "is left out: '\(database)' is a database, and srdist reads folders of PNG and JPEG files")
    }
    set(name, paths.joined(separator: ","), from: leaf)
  }

  mutating func validationSets() {
    var sets: [String] = []
    var place: BasicSROptions.Leaf?
    for key in options.keys(of: "datasets") where key.hasPrefix("val") {
      let path = "datasets.\(key)"
      let name = options.take("\(path).name")?.text ?? key
      guard let highRes = options.take("\(path).dataroot_gt") else { continue }
      place = place ?? highRes
      guard let lowRes = options.take("\(path).dataroot_lq") else {
        note(highRes, "srdist needs the folder of the low-resolution images too (dataroot_lq)")
        continue
      }
      let template = options.take("\(path).filename_tmpl")?.text ?? "{}"
      sets.append(
        "\(name)=\(lowRes.text ?? ""),\(highRes.text ?? "")" + (template == "{}" ? "" : ",\(template)"))
    }
    if let place { set("val", sets.joined(separator: ";"), from: place) }
  }
}

// The run's length, its start, and what surrounds it.
extension BasicSRTranslation {
  mutating func length() {
    guard let total = options.take("train.total_iter") else { return }
    if let steps = total.whole {
      set("max-steps", "\(steps)", from: total)
      // The steps alone end the run.
      set("epochs", "\(TrainingConfiguration.mostEpochs)", from: total)
    } else {
      note(total, "is left out: a whole number is needed")
    }
  }

  mutating func start() {
    pass("manual_seed", to: "seed")
    if let weights = options.take("path.pretrain_network_g") {
      set("init-weights", weights.text ?? "", from: weights)
      pass("path.param_key_g", to: "param-key")
      pass("path.strict_load_g", to: "strict")
    } else {
      for key in ["param_key_g", "strict_load_g"] { options.discard("path.\(key)") }
    }
    if let state = options.take("path.resume_state") {
      note(state, "a state of BasicSR cannot be resumed; path.pretrain_network_g starts from its weights")
    }
  }

  mutating func surroundings() {
    pass("val.val_freq", to: "val-every")
    for key in options.keys(of: "val.metrics") {
      let path = "val.metrics.\(key)"
      guard let type = options.take("\(path).type") else { continue }
      if let name = ["calculate_psnr", "calculate_ssim", "calculate_lpips"].first(where: { $0 == type.text })
      {
        let border = options.take("\(path).crop_border")
        let luma = options.take("\(path).test_y_channel")
        if name != "calculate_lpips", let leaf = luma ?? border, luma?.truth != true {
          note(
            leaf,
            "--val measures luma and leaves out a border of the scale; `srdist evaluate` has other conventions"
          )
        }
      } else {
        note(type, "srdist does not measure it")
      }
      options.discard("\(path).better")
      options.discard("\(path).input_order")
    }
    pass("logger.save_checkpoint_freq", to: "checkpoint-every")
    pass("logger.use_tb_logger", to: "tensorboard")
    // These say how BasicSR itself runs, and change no result.
    for path in [
      "name", "model_type", "dist_params", "logger.print_freq", "val.save_img", "val.pbar", "val.suffix",
      "datasets.train.name", "datasets.train.type", "datasets.train.io_backend",
      "datasets.train.num_worker_per_gpu", "datasets.train.prefetch_mode",
      "datasets.train.use_shuffle", "datasets.train.persistent_workers", "datasets.train.pin_memory",
    ] { options.discard(path) }
    for key in options.keys(of: "datasets") where key.hasPrefix("val") {
      options.discard("datasets.\(key).type")
      options.discard("datasets.\(key).io_backend")
    }
    // Nulls set nothing.
    for leaf in options.unused where leaf.value.scalar?.type == .null { options.discard(leaf.path) }
  }
}
