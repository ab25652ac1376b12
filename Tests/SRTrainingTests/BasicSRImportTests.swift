import Foundation
import SRData
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

  /// BasicSR runs on the CPU, one device, if it is told of no GPU.
  @Test func theBatchIsThatOfAllDevices() throws {
    func batch(_ gpus: String, _ size: String) throws -> (size: Int?, notes: [String]) {
      let yaml = "num_gpu: \(gpus)\ndatasets: {train: {batch_size_per_gpu: \(size)}}"
      let found = try imported(short(more: yaml))
      let text = found.settings[.of(\.batchSize)]?.spelling
      return (text.flatMap { Int($0) }, found.notes.map(\.description))
    }
    #expect(try batch("4", "8").size == 32)
    for gpus in ["0", "auto"] {
      let found = try batch(gpus, "16")
      #expect(found.size == 16)
      #expect(found.notes.contains { $0.contains("num_gpu: is taken as 1") }, "\(found.notes)")
    }
    let large = try batch("8", "4000000000000000000")
    #expect(large.size == nil)
    #expect(
      large.notes.contains { $0.contains("batch_size_per_gpu: is left out: it is too large") },
      "\(large.notes)")
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

  // MARK: - Degradations

  /// The recipe is a block that is read back, and nothing of it is left out.
  @Test func theDegradationIsABlock() throws {
    let found = try imported(BasicSRExample.realESRNet())
    let yaml = try found.yaml()
    #expect(yaml.contains("\ndegradation:\n  betag_range: [0.5, 4]\n  betag_range2: [0.5, 4]\n"), "\(yaml)")
    let configuration = try TrainingConfiguration(layers: [SettingLayer(yaml: yaml, origin: "b.yaml")])
    #expect(try configuration == TrainingConfiguration(layers: [found.settings]))
    // YOUR-DATA.md has the same recipe.
    let page = try String(contentsOfFile: Repository.file("YOUR-DATA.md"), encoding: .utf8)
    let block = try #require(page.firstMatch(of: /```yaml\n(# The first round.[^`]+)```/)?.1)
    let shown = try SettingLayer(
      yaml: "degradation:\n" + block.split(separator: "\n").map { "  \($0)\n" }.joined(), origin: "page")
    #expect(try configuration.degradation == TrainingConfiguration(layers: [shown]).degradation)
    #expect(configuration.resample == TrainingConfiguration().resample && configuration.trainLR.isEmpty)
    #expect(configuration.val.map(\.template) == [FileNameTemplate("{}x4")])
    #expect(
      found.notes.map(\.key) == ["gt_usm", "queue_size", "datasets.train.meta_info", "train.ema_decay"],
      "\(found.notes)")
  }

  /// Of a file whose network srdist does not have, too.
  @Test func aDegradationAloneIsARecipe() throws {
    let text = try BasicSRExample.gfpgan()
    #expect(refusal(text).contains("srdist has no 'GFPGANv1'"))
    #expect(
      refusal(text).hasSuffix("`srdist import-config --degradation-only` translates the degradation alone"))
    let found = try BasicSRDegradation(yaml: text, origin: "a.yml")
    #expect(
      found.yaml() == """
        # Translated by `srdist import-config` from a.yml
        betag_range: [0.5, 4]
        betap_range: [1, 2]
        blur_kernel_size: 41
        blur_prob: 1
        blur_sigma: [0.1, 10]
        brightness: [0.5, 1.5]
        color_jitter_prob: 0.3
        color_jitter_pt_prob: 0.3
        color_jitter_shift: 20
        contrast: [0.5, 1.5]
        downsample_range: [0.8, 8]
        gaussian_noise_prob: 1
        gray_noise_prob: 0
        gray_prob: 0.01
        gt_gray: true
        hue: [-0.1, 0.1]
        jpeg_range: [60, 100]
        kernel_list: ["iso", "aniso"]
        kernel_prob: [0.5, 0.5]
        noise_range: [0, 20]
        saturation: [0, 1.5]
        sinc_prob: 0

        """)
    #expect(found.notes.map(\.key) == ["datasets.train.out_size"])
    let realESRNet = try BasicSRExample.realESRNet()
    let alone = try BasicSRDegradation(yaml: realESRNet, origin: "a.yml")
    #expect(try TrainingConfiguration(layers: [imported(realESRNet).settings]).degradation == alone.recipe)
    #expect(alone.notes.map(\.key) == ["gt_usm", "queue_size"])
  }

  /// A key that the recipe does not take is named with its line, and the others are translated.
  @Test func badKeysOfADegradationAreNamed() throws {
    let keys = """
      jpeg_range: [30, 95]
      noise_range: [5, 300]
      gray_noise_prob: 0.4
      resize_range: {low: 1}
      poisson_scale_range: ~
      datasets: {train: {jpeg_range: [1, 2], blur_sigma: [1, 2], kernel_list: [box]}}
      high_order_degradation: false
      """
    let found = try imported(short(more: keys))
    let recipe = try TrainingConfiguration(layers: [found.settings]).degradation
    #expect(try recipe == DegradationRecipe(setting: "{jpeg_range: [30, 95], blur_sigma: [1, 2]}"))
    let notes = found.notes.map { "\($0)" }
    #expect(notes.count == 6, "\(notes)")
    for start in [
      "a.yml:3: noise_range: is left out: expected [LOWEST, HIGHEST] between 0 and 255, found [5, 300]",
      "a.yml:4: gray_noise_prob: is left out: has no use without",
      "a.yml:5: resize_range.low: has no counterpart",
      "a.yml:7: datasets.train.jpeg_range: is left out: 'jpeg_range' stands",
      "a.yml:7: datasets.train.kernel_list: is left out: expected a list of iso",
      "a.yml:8: high_order_degradation: is left out",
    ] { #expect(notes.contains { $0.hasPrefix(start) }, "\(start): \(notes)") }

    for (text, said) in [
      ("a: 1", "a.yml has no degradation: no key of one stands at its top level or in datasets.train"),
      ("sinc_prob: 0.5", "a.yml:1: sinc_prob: the degradation is left out: 'blur_sigma': is missing"),
      ("jpeg_range: [0, 1]", "no degradation can be translated: a.yml:1: jpeg_range: is left out"),
      ("- a", "no mapping"),
    ] {
      let error = #expect(throws: ConfigurationError.self) {
        try BasicSRDegradation(yaml: text, origin: "a.yml")
      }
      #expect(error?.description.contains(said) == true, "\(error!)")
    }
    let pairs = "jpeg_range: [30, 95]\ndatasets: {train: {dataroot_gt: a, dataroot_lq: b}}"
    let both = try imported(short(more: pairs)).notes.map { "\($0)" }
    #expect(both.count == 1 && both[0].contains("train.dataroot_lq: is not trained on"), "\(both)")
    // The rest of a file is translated without it.
    let rest = try imported(short(more: "sinc_prob: 0.5"))
    #expect(rest.notes.count == 1 && rest.notes[0].text.hasPrefix("the degradation is left out"))
    #expect(try TrainingConfiguration(layers: [rest.settings]).degradation == nil)
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
