import SRTestSupport
import SRTraining
import Testing

@Suite struct BasicSRImportTests {
  private func imported(_ yaml: String) throws -> BasicSRImport {
    try BasicSRImport(yaml: yaml, origin: "a.yml")
  }

  private func refusal(_ yaml: String) -> String {
    do {
      _ = try imported(yaml)
      return ""
    } catch {
      return "\(error)"
    }
  }

  /// A file of the least that is translated, with more lines.
  private func short(_ network: String = "SRVGGNetCompact", train: String = "", more: String = "") -> String {
    "network_g: {type: \(network), num_feat: 32, num_conv: 4}\n\(more)\ntrain:\n  total_iter: 10\n\(train)"
  }

  @Test func everySettingIsThatOfTheFile() throws {
    let found = try imported(BasicSRExample.yaml)
    #expect(
      try found.yaml() == """
        # Translated by `srdist import-config` from a.yml
        model: vanilla
        scale: 4
        features: 16
        blocks: 2
        loss: 'l1=1'
        epochs: 1000000000
        max-steps: 7
        batch-size: 4
        optimizer: adamw
        betas: '0.9,0.99'
        weight-decay: 0.01
        clip-grad-norm: 0.01
        learning-rate: 0.0002
        lr-schedule: cosine-restart
        lr-unit: steps
        lr-periods: '4,3'
        lr-restart-weights: '1,0.5'
        lr-final: 0.05
        warmup-steps: 2
        seed: 10
        augment: 'flip,rot'
        ema-decay: 0.999
        train-hr: datasets/DIV2K/HR_sub
        train-lr: datasets/DIV2K/LR_bicubic_X4_sub
        filename-tmpl: '{}'
        patch: 128
        patches-per-image: 100
        checkpoint-every: 5000
        val-every: 5000
        val: 'Set5=datasets/Set5/LRbicx4,datasets/Set5/GTmod12'
        tensorboard: false

        """)
  }

  /// What is written is read back, and has no differences.
  @Test func theFileIsReadBack() throws {
    let found = try imported(BasicSRExample.yaml)
    let written = try TrainingConfiguration(layers: [SettingLayer(yaml: found.yaml(), origin: "b.yaml")])
    let translated = try TrainingConfiguration(layers: [found.settings])
    #expect(written == translated)
  }

  /// Each line without a counterpart is named, in the file's order, and no other line is.
  @Test func whatHasNoCounterpartIsNamed() throws {
    let found = try imported(BasicSRExample.yaml)
    #expect(
      found.notes.map(\.key) == [
        "network_g.type", "train.ema_decay", "train.gan_opt.type", "train.gan_opt.loss_weight",
        "val.metrics.psnr.test_y_channel", "val.metrics.niqe.type",
        "val.metrics.niqe.crop_border",
      ])
    let gan = try #require(found.notes.first { $0.key == "train.gan_opt.type" })
    let lines = BasicSRExample.yaml.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[gan.line - 1].contains("GANLoss"))
    #expect(
      "\(gan)" == "a.yml:\(gan.line): train.gan_opt.type: has no counterpart in srdist, and is left out")
  }

  @Test func perceptualLossesTakeVGG16sLayers() throws {
    let train = """
        pixel_opt: {type: CharbonnierLoss, loss_weight: !!float 1e-2, eps: !!float 1e-6, reduction: mean}
        perceptual_opt:
          type: PerceptualLoss
          layer_weights: {conv1_2: 0.1, conv3_4: 1, relu3_3: 2, conv5_4: 1}
          vgg_type: vgg19
          use_input_norm: true
          range_norm: false
          perceptual_weight: 0.5
          style_weight: 0
          criterion: l1
      """
    let found = try imported(short(train: train))
    let configuration = try TrainingConfiguration(layers: [found.settings])
    #expect(configuration.loss.map(\.description) == ["charbonnier=0.01", "vgg=0.5"])
    #expect(configuration.vggLayers.description == "relu1_2=0.1,relu3_3=1,relu5_3=1")
    #expect(configuration.vggCriterion == .l1 && configuration.vggInput == .imageNet)
    #expect(
      found.notes.map(\.key.description).filter { $0.contains("layer_weights") || $0.contains("vgg") }
        .sorted() == [
          "train.perceptual_opt.layer_weights.conv1_2", "train.perceptual_opt.layer_weights.conv3_4",
          "train.perceptual_opt.layer_weights.conv5_4", "train.perceptual_opt.layer_weights.relu3_3",
          "train.perceptual_opt.vgg_type",
        ])
  }

  @Test func schedulesAndStartWeights() throws {
    let train = """
        optim_g: {type: Adam, lr: 0.0001}
        scheduler: {type: MultiStepLR, milestones: [200000, !!float 4e5], gamma: 0.25}
      """
    let path = "path: {pretrain_network_g: a b.pth, param_key_g: params_ema, strict_load_g: false}"
    let found = try imported(short(train: train, more: path))
    let configuration = try TrainingConfiguration(layers: [found.settings])
    #expect(configuration.model == .compact && configuration.features == 32 && configuration.blocks == 4)
    #expect(configuration.lrSchedule == .multistep && configuration.lrUnit == .steps)
    #expect(configuration.lrMilestones == [200_000, 400_000] && configuration.lrGamma == 0.25)
    #expect(configuration.initWeights == "a b.pth" && configuration.paramKey == "params_ema")
    #expect(!configuration.strict && found.notes.isEmpty)
  }

  /// A value that a setting does not take is a note, and the rest is translated.
  @Test func aBadValueIsNamed() throws {
    let found = try imported(short(train: "  optim_g: {type: Lion, lr: -1, betas: [0.9, x]}\n"))
    #expect(found.notes.map(\.key) == ["train.optim_g.betas", "train.optim_g.lr", "train.optim_g.type"])
    #expect(
      "\(found.notes[1])".hasPrefix("a.yml:5: train.optim_g.lr: is left out: learning-rate: a number above 0")
    )
    let configuration = try TrainingConfiguration(layers: [found.settings])
    #expect(configuration.maxSteps == 10 && configuration.learningRate == 1e-3)
  }

  @Test func whatIsNoOptionFileIsRefused() {
    #expect(refusal("a: 1").contains("has no network_g or no train"))
    #expect(refusal("- a").contains("no mapping at its top level"))
    #expect(refusal("").contains("no mapping at its top level"))
    #expect(refusal(short("RRDBNet")).hasPrefix("a.yml:1: network_g.type: srdist has no 'RRDBNet'"))
    #expect(refusal("network_g: &a {type: x}\ntrain: *a").hasPrefix("a.yml:1: '&a' is an anchor"))
    #expect(refusal("a: 1\na: 2").hasPrefix("a.yml:2: 'a' is given twice"))
    #expect(refusal("a: [").hasPrefix("a.yml:"))
    #expect(refusal(String(repeating: "[", count: 60)).contains("nested more than 32 levels"))
    // libyaml has a limit too.
    #expect(refusal(String(repeating: "[", count: 60_000)).contains("nest"))
    #expect(refusal(String(repeating: "a", count: 70_000)).contains("is it another file?"))
  }
}
