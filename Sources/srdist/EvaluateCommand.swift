import ArgumentParser
import SRCheckpoint
import SRData
import SRFiles
import SRTraining

/// `srdist evaluate`: measures a weight file on a data set, or on folders of pictures as the literature does.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract:
      "Measure a weight file on a data set or on pictures: PSNR, SSIM, LPIPS, and the bicubic baseline.",
    discussion: """
      The model is read from the weight file's metadata or, if there is none, told from the tensors' names and shapes. \
      Several ranks give the same numbers as one.

      ON A DATA SET (--data, or synthetic faces), it measures as training does: loss terms and metrics of unclamped RGB \
      with peak 1. ssim has the Gaussian window, ssim_box the 11x11 box.

      ON PICTURES OF ANY SIZE (--reference), it measures as the literature does: on 8-bit values, after clamping and \
      rounding, with a border left out. SSIM has the 11x11 Gaussian window without padding. There is a row for each \
      picture and one for the means. --eight-bit, --y-channel or --crop-border measures --data in this way too.

        srdist evaluate --weights runs/hybrid/checkpoints/best --data faces
        srdist evaluate --weights runs/hybrid/checkpoints/best --input Set5/LR --reference Set5/HR --y-channel
        srdist evaluate --method bicubic --reference Set5/HR --y-channel
      """)

  enum Method: String, ExpressibleByArgument, CaseIterable { case bicubic }

  @Option(help: WeightOptions.help, completion: .file())
  var weights: String?
  @OptionGroup var choice: WeightChoiceOptions
  @Option(help: "bicubic: measure bicubic upsampling alone, without weights.")
  var method: Method?
  @Option(help: "Loss terms to measure on a data set. (default: the pixel terms)")
  var loss: String?
  @Flag(
    help: """
      Also examine the network on a data set: the shift of colours (mean of the results less that of the inputs), and how far \
      attention depends on the image (mean and standard deviation over the images of each layer's gates, the factors of the \
      channels; a deviation of 0 means that the attention is a constant).
      """)
  var diagnose = false
  @Option(help: "train or valid. (default: valid)")
  var split: NumPyPairDataset.Split?
  @OptionGroup(title: "Pictures") var pictures: PictureOptions
  @OptionGroup var workers: SettingOptions<WorkerSettings>
  @Flag(help: "Print one JSON object; numbers that are not finite are the strings Infinity, -Infinity, NaN.")
  var json = false
  @OptionGroup(title: SettingGroup.data.title) var data: SettingOptions<DataSettings>

  func validate() throws {
    try ValidationError.checkPaths(["--weights": weights])
    switch (weights, method) {
    case (nil, nil):
      throw ValidationError("--weights is needed, or --method bicubic to measure bicubic upsampling alone")
    case (.some, .some):
      throw ValidationError("--method bicubic measures no weights: leave out --method, or --weights")
    default: break
    }
    if pictures.hasFolders, data.layer[.of(\.data)] != nil {
      throw ValidationError("--data and --reference name two sets of pictures: leave out one of them")
    }
    guard measuresPictures else { return try pictures.refuseWithoutPictures() }
    let ofTraining = data.layer.names(among: SettingGroup.data.settings).filter {
      !Self.ofPictures.contains($0)
    }
    let others = [(diagnose, "diagnose"), (loss != nil, "loss")].filter(\.0).map(\.1)
    for option in others + ofTraining {
      throw ValidationError(
        "--\(option) belongs to the measures of training; leave it out, or measure --data alone")
    }
    if pictures.hasFolders {
      let ofData = data.layer.names(among: [.of(\.syntheticTrain), .of(\.syntheticValid)])
      for option in ofData + (split == nil ? [] : ["split"]) {
        throw ValidationError("--\(option) belongs to --data; leave it out, or leave out --reference")
      }
    }
    guard method != nil else { return }
    let ofNetworks: KeyValuePairs = [
      "--ema or --no-ema": choice.ema != nil, "--param-key": choice.key.paramKey != nil,
      "--pooling": pictures.pooling != nil, "--memory": pictures.memory != nil,
    ]
    for (option, isGiven) in ofNetworks where isGiven {
      throw ValidationError("\(option) concerns a network; leave it out, or give --weights and no --method")
    }
  }

  /// The settings of data that concern pictures too.
  private static let ofPictures: [String] = [
    Setting.of(\.data), .of(\.syntheticTrain), .of(\.syntheticValid), .of(\.weightsDir),
  ].map(\.name)

  func run() throws {
    try Job.run(stallTimeout: { try TrainingConfiguration(layers: layers).stallTimeout }) { job in
      if measuresPictures { try measurePictures(job) } else { try measureData(job) }
    }
  }

  /// Whether the literature's conventions are asked for.
  private var measuresPictures: Bool { pictures.hasFolders || pictures.hasConvention || method != nil }

  private var layers: [SettingLayer] {
    var given = data.layer.merging(workers.layer)
    given[.of(\.loss)] = loss.map { SettingValue(argument: $0) }
    return [.environment, given]
  }

  private func measureData(_ job: Job) throws {
    let run = try job.communicator.together(starting: job.activity) {
      guard let network = try network() else { preconditionFailure("a data set is measured with weights") }
      var run = try EvaluationRun(
        network, settings: layers, split: split ?? .valid, communicator: job.communicator,
        kernels: job.kernels)
      run.activity = job.activity
      run.diagnoses = diagnose
      return run
    }
    let result = try run.run()
    if job.communicator.rank == 0 {
      if json {
        print(String(decoding: try ReadableJSON.encode(result, .indented), as: UTF8.self), terminator: "")
      } else {
        print(Self.table(result))
      }
    }
    try check(result.notFinite, job)
  }

  /// Ends the command with an error if numbers are no measures of a network.
  private func check(_ notFinite: [String], _ job: Job) throws {
    if notFinite.isEmpty { return }
    if job.communicator.rank == 0 {
      job.console.complain(
        "the network's results are not finite, so these numbers say nothing: \(notFinite.joined(separator: ", "))"
      )
    }
    throw ExitCode.failure
  }

  private func network() throws -> TrainedNetwork? { try weights.map(choice.network) }

  private func measurePictures(_ job: Job) throws {
    let run = try job.communicator.together(starting: job.activity) {
      if job.communicator.rank == 0 { try pictures.checkTable() }
      return try PictureEvaluationRun(
        network(), source: pictures.source(split: split ?? .valid), options: pictures.options,
        settings: layers,
        communicator: job.communicator, kernels: job.kernels, activity: job.activity)
    }
    let result = try run.run()
    if job.communicator.rank == 0 { try show(result, job.console) }
    try check(result.notFinite, job)
  }

  private func show(_ result: PictureEvaluationResult, _ console: Console) throws {
    for (conversion, count) in result.conversions.sorted(by: { $0.key < $1.key }) {
      console.print("warning: \(count) picture\(count == 1 ? "" : "s") \(conversion)")
    }
    try pictures.writeTable(result.csv)
    if json {
      print(String(decoding: try ReadableJSON.encode(result, .indented), as: UTF8.self), terminator: "")
    } else {
      for line in result.lines { print(line.onOneLine) }
    }
  }

  private static func table(_ result: EvaluationRun.Result) -> String {
    var table = TextTable([.left(atLeast: 14), .right, .left])
    for (name, value) in result.terms.sorted(by: { $0.key < $1.key }) {
      table.append([name, value.fixed(6), "loss term"])
    }
    func metric(_ name: String, _ unit: String) {
      guard let value = result.metrics[name] else { return }
      let bicubic = result.bicubic[name] ?? .nan
      table.append([name, value.fixed(6), "\(unit); bicubic \(bicubic.fixed(4))"])
    }
    metric("psnr", "dB")
    metric("ssim", "Gaussian window")
    for name in result.metrics.keys.sorted() where name != "psnr" && name != "ssim" { metric(name, "metric") }
    let title = "\(result.weights): \(result.model), \(result.images) images of \(result.data)"
    return ([title] + table.lines + (result.diagnosis?.lines ?? []) + result.provenance).map(\.onOneLine)
      .joined(separator: "\n")
  }
}

extension NumPyPairDataset.Split: ExpressibleByArgument {}

extension SettingLayer {
  /// The names of those settings that the layer gives.
  fileprivate func names(among settings: [Setting]) -> [String] {
    settings.filter { self[$0] != nil }.map(\.name)
  }
}
