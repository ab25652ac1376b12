// The optimizer, its schedule and the losses.
extension BasicSRTranslation {
  mutating func optimizer() {
    if let type = options.take("train.optim_g.type") {
      switch type.text ?? "" {
      case "Adam": set("optimizer", "adam", from: type)
      case "AdamW": set("optimizer", "adamw", from: type)
      case let other: note(type, "srdist has adam and adamw, and takes adam instead of \(other)")
      }
    }
    pass("train.optim_g.lr", to: "learning-rate")
    pass("train.optim_g.weight_decay", to: "weight-decay")
    if let betas = options.take("train.optim_g.betas") {
      set("betas", text(betas.reals ?? []), from: betas)
    }
    if let clips = options.take("train.use_grad_clip"), clips.truth == true {
      // BasicSR's models that know this key clip at 0.01.
      set("clip-grad-norm", "0.01", from: clips)
    }
    if let decay = options.take("train.ema_decay") {
      set("ema-decay", decay.text ?? "", from: decay)
      if (decay.real ?? 0) > 0 {
        note(decay, "is translated; over the first steps srdist's decay rises to this value")
      }
    }
  }

  mutating func schedule() {
    let path = "train.scheduler"
    if let type = options.take("\(path).type") {
      switch type.text ?? "" {
      case "MultiStepLR", "MultiStepRestartLR":
        if let milestones = options.take("\(path).milestones") {
          set("lr-schedule", "multistep", from: type)
          set("lr-unit", "steps", from: type)
          set("lr-milestones", text(milestones.reals ?? []), from: milestones)
        } else {
          note(type, "has no milestones, and is left out")
        }
        pass("\(path).gamma", to: "lr-gamma")
        if options.take("\(path).gamma") == nil { set("lr-gamma", "0.1", from: type) }
        if let restarts = options.take("\(path).restarts"), restarts.reals != [0] {
          note(restarts, "multistep has no restarts")
        } else if let weights = options.take("\(path).restart_weights"), weights.reals != [1] {
          note(weights, "multistep has no restarts")
        }
      case "CosineAnnealingRestartLR": cosineRestart(type)
      case "CosineAnnealingLR":
        set("lr-schedule", "cosine", from: type)
        set("lr-unit", "steps", from: type)
        share("\(path).eta_min")
        if let period = options.take("\(path).T_max") {
          note(period, "srdist's cosine ends with the run, at --max-steps")
        }
      case let other:
        note(type, "srdist has no '\(other)', and the rate stays as it is")
        set("lr-schedule", "step", from: type)
        set("lr-gamma", "1", from: type)
      }
    } else if let first = options.leaves.first(where: { $0.path.hasPrefix("train.") }) {
      // Without a scheduler, the rate stays.
      set("lr-gamma", "1", from: first)
    }
    if let warmup = options.take("train.warmup_iter"), let steps = warmup.whole, steps > 0 {
      set("warmup-steps", "\(steps)", from: warmup)
    }
  }

  mutating func cosineRestart(_ type: BasicSROptions.Leaf) {
    let path = "train.scheduler"
    guard let periods = options.take("\(path).periods") else {
      return note(type, "has no periods, and is left out")
    }
    set("lr-schedule", "cosine-restart", from: type)
    set("lr-unit", "steps", from: type)
    set("lr-periods", text(periods.reals ?? []), from: periods)
    if let weights = options.take("\(path).restart_weights") {
      if weights.reals?.count == periods.reals?.count {
        set("lr-restart-weights", text(weights.reals ?? []), from: weights)
      } else {
        note(weights, "is left out: there are \(periods.reals?.count ?? 0) periods")
      }
    }
    share("\(path).eta_min")
  }

  /// The rate at a cosine's end, which srdist takes as a share of the initial rate. BasicSR's default is 0.
  mutating func share(_ path: String) {
    guard let rate = options.leaves.first(where: { $0.path == "train.optim_g.lr" }) else { return }
    let end = options.take(path)
    set("lr-final", text([(end?.real ?? 0) / (rate.real ?? 1)]), from: end ?? rate)
  }

  mutating func losses() {
    var terms: [String] = []
    var place: BasicSROptions.Leaf?
    let pixel = "train.pixel_opt"
    if let type = options.take("\(pixel).type") {
      place = type
      let weight = options.take("\(pixel).loss_weight")?.text ?? "1"
      switch type.text ?? "" {
      case "L1Loss": terms.append("l1=\(weight)")
      case "MSELoss": terms.append("mse=\(weight)")
      case "CharbonnierLoss":
        terms.append("charbonnier=\(weight)")
        let epsilon = options.take("\(pixel).eps")
        if epsilon?.real != 1e-6 { note(epsilon ?? type, "srdist's Charbonnier has an eps of 1e-6") }
      case let other: note(type, "srdist has no '\(other)'")
      }
      if let reduction = options.take("\(pixel).reduction"), reduction.text != "mean" {
        note(reduction, "srdist takes the mean; divide the weight accordingly")
      }
    }
    if options.has("train.perceptual_opt") {
      if let term = perceptual() { terms.append(term) }
      place = place ?? options.leaves.first { $0.path.hasPrefix("train.perceptual_opt") }
    }
    if let place, !terms.isEmpty { set("loss", terms.joined(separator: ","), from: place) }
  }

  mutating func perceptual() -> String? {
    let path = "train.perceptual_opt"
    var layers: [(name: String, weight: String)] = []
    for key in options.keys(of: "\(path).layer_weights") {
      guard let leaf = options.take("\(path).layer_weights.\(key)"), let weight = leaf.text else { continue }
      // The last convolutions of VGG19's blocks are the fourth, where VGG16 has three.
      var name = "relu\(key.drop { $0.isLetter })"
      if name.hasSuffix("_4") { name = "\(name.dropLast())3" }
      if layers.contains(where: { $0.name == name }) {
        note(leaf, "is left out: VGG16's \(name) is taken already")
        continue
      }
      if name != key { note(leaf, "becomes VGG16's \(name), after the ReLU") }
      layers.append((name, weight))
    }
    if let first = options.leaves.first(where: { $0.path.hasPrefix("\(path).layer_weights.") }),
      !layers.isEmpty
    {
      set("vgg-layers", layers.map { "\($0.name)=\($0.weight)" }.joined(separator: ","), from: first)
    }
    if let type = options.take("\(path).vgg_type"), type.text != "vgg16" {
      note(type, "srdist's perceptual network is VGG16")
    }
    _ = options.take("\(path).type")
    let normalizes = options.take("\(path).use_input_norm")
    if let leaf = normalizes ?? options.leaves.first(where: { $0.path.hasPrefix(path) }) {
      // BasicSR's default is true.
      set("vgg-input", normalizes?.truth == false ? "raw" : "imagenet", from: leaf)
    }
    if let range = options.take("\(path).range_norm"), range.truth == true {
      note(range, "srdist's images are 0...1")
    }
    if let criterion = options.take("\(path).criterion") {
      switch criterion.text ?? "" {
      case "l1": set("vgg-criterion", "l1", from: criterion)
      case "l2", "mse": set("vgg-criterion", "mse", from: criterion)
      case let other: note(criterion, "srdist compares features by l1 or mse, and not by \(other)")
      }
    } else if let leaf = options.leaves.first(where: { $0.path.hasPrefix(path) }) {
      set("vgg-criterion", "l1", from: leaf)
    }
    if let style = options.take("\(path).style_weight"), style.real != 0 {
      note(style, "srdist has no style loss")
    }
    let weight = options.take("\(path).perceptual_weight")
    return weight?.real == 0 ? nil : "vgg=\(weight?.text ?? "1")"
  }
}
