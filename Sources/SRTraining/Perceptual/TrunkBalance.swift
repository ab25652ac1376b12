import SRCheckpoint
import SRData
import SRDistributed
import SRFiles
import SRLosses
import SRMetrics
import SRModels

/// Lets perceptual terms over a replacement of torchvision's VGG16 weigh as much as over torchvision's.
///
/// Two trainings of VGG16 have features of different sizes: those of the original, Caffe-trained network are some hundred times
/// as large. A term's factor is
///
///     factor = figure * mean(1 - SSIM) / mean(term)
///
/// Both means are over bicubic images of the first epoch's first pairs, by Pillow's filter and rounded to 8 bits; SSIM has the
/// Gaussian window. The figure is what the term over torchvision's VGG16 is in units of 1 - SSIM (``Figure``). The unit makes the
/// factor independent of how blurred the data's bicubic images are.
///
/// The means are sums in sample order, so every number of ranks and threads finds the same factor. A run finds it once, before
/// its first step. Checkpoints keep it.
struct TrunkBalance: Sendable {
  /// A term over torchvision's VGG16, divided by 1 - SSIM, over bicubic images.
  ///
  /// torchvision's network was not at hand, so the figures come from the tables of "Image Super Resolution using SR-ResNet":
  ///
  /// - `vgg`. The first two variants minimise MSE + 0.1 (1 - SSIM) + 0.1 VGG. Loss, PSNR and SSIM of a row give VGG: over the twenty
  ///   validation rows, VGG / (1 - SSIM) is 6.7 to 7.3, with a mean of 6.9, in all epochs and for both variants. So 86 to 87 % of
  ///   the validation loss is the term's.
  /// - `lpips_vgg`. The third variant minimises 0.4 LPIPS + 0.3 (1 - SSIM box) + 0.2 Charbonnier + 0.1 edge. The shares of the other
  ///   terms follow from PSNR and SSIM by the ratios that networks of the preset have: (1 - SSIM box) / (1 - SSIM) = 0.57,
  ///   Charbonnier / RMSE = 0.7, edge / RMSE = 2.7. The ten validation rows then give LPIPS / (1 - SSIM) of 0.90 to 1.01, with a mean
  ///   of 0.93. (The row's SSIM counts as the Gaussian one: with the box window, networks of that PSNR have .88, not the .80 of the
  ///   rows.)
  ///
  /// Both are figures of networks that were trained on the term. Over bicubic images the term is larger in relation to 1 - SSIM. Over
  /// the Caffe-trained network, it was 1.5 times (`vgg`, preset `attention`) and 1.75 times (`lpips_vgg`, preset `hybrid`) as large as
  /// over images of networks that had been trained for two and three epochs on 880 faces.
  private enum Figure {
    static let vgg = 6.9 * 1.5
    static let lpips = 0.93 * 1.75
  }

  /// The training pairs that are measured: so many first ones, or all if there are fewer.
  static let pairs = 64

  private struct Term: Sendable {
    let loss: BalancedLoss
    let figure: Double
  }

  private var terms: [Term] = []

  var isEmpty: Bool { terms.isEmpty }
  var names: [String] { terms.map(\.loss.name) }
  /// Whether all factors are known.
  var isKnown: Bool { terms.allSatisfy { $0.loss.factor != nil } }

  /// The loss with a factor that is found later.
  ///
  /// - Throws: ``ConfigurationError`` if there is no figure for the term in this form.
  mutating func balanced(
    _ loss: any Loss, _ kind: LossKind, _ configuration: TrainingConfiguration
  ) throws -> any Loss {
    let balanced = BalancedLoss(loss)
    terms.append(Term(loss: balanced, figure: try Self.figure(kind, configuration)))
    return balanced
  }

  private static func figure(_ kind: LossKind, _ configuration: TrainingConfiguration) throws -> Double {
    switch kind.source {
    case .vgg
    where configuration.vggInput == .raw && configuration.vggLayers == .standard
      && configuration.vggCriterion == .mse:
      Figure.vgg
    case .lpips(.vgg) where configuration.lpipsInput == .raw: Figure.lpips
    default:
      throw ConfigurationError(
        "trunk-balance: it is known how much \(kind) weighs over torchvision's VGG16 in the paper's form only "
          + "(--vgg-input raw --vgg-layers \(VGGLayers.standard) --vgg-criterion mse, --lpips-input raw). Use that form, or "
          + "leave out --trunk-balance and choose the term's weight in --loss")
    }
  }

  /// The means of 1 - SSIM and of all terms of the run's loss, over bicubic images of the first training pairs.
  struct Measurement: Sendable {
    let dissimilarity: Double
    let terms: [String: Double]
    let pairs: Int
  }

  /// What was measured, for a person to read.
  func text(_ measured: Measurement) -> String {
    let means = [("1 - SSIM", measured.dissimilarity)] + names.map { ($0, measured.terms[$0] ?? .nan) }
    return "over bicubic images of the first \(measured.pairs) training pairs, "
      + means.map { "\($0) is \($1.significant(5))" }.joined(separator: ", ")
  }

  /// Measures bicubic images. Collective; every rank returns the same means.
  ///
  /// If a signal asks a rank to stop, it leaves images out. The caller then discards the means of all ranks.
  func measure(_ run: RunContext) throws -> Measurement {
    run.activity.enter(.starting)
    let data = run.data.source
    let resize = PictureResize(
      by: .pillow, fromWidth: data.lowResWidth, height: data.lowResHeight, toWidth: data.highResWidth,
      height: data.highResHeight)
    let count = min(Self.pairs, data.count)
    let share = ReductionTree.share(
      of: count, rank: run.communicator.rank, worldSize: run.communicator.worldSize)
    let similarity = run.validationMetrics.filter { $0.name == MetricDescription.ssim.name }
    let layout = SampleValueLayout(terms: run.loss.names, metrics: similarity.map(\.name))
    let rows = try run.evaluation.gatherRows(of: share, fields: layout.count) {
      [workers = run.workers] worker, images, row in
      let index = images.lowerBound
      workers[worker].measureEnlarged(
        index, of: data, by: resize, metrics: similarity, values: row(index))
    }
    var sums = ValueSums(layout: layout)
    for row in rows { sums.add(row) }
    return Measurement(
      dissimilarity: 1 - (sums.metrics[MetricDescription.ssim.name] ?? .nan), terms: sums.terms, pairs: count)
  }

  /// Computes the factors.
  ///
  /// - Throws: ``ConfigurationError`` if the means give none.
  func use(_ measured: Measurement) throws {
    for term in terms {
      let name = term.loss.name
      let factor = term.figure * measured.dissimilarity / (measured.terms[name] ?? .nan)
      guard factor > 0, factor.isFinite else {
        throw ConfigurationError(
          "trunk-balance: no factor for \(name) can be found: \(text(measured)), expected numbers above 0. Train on other "
            + "pictures, or leave out --trunk-balance")
      }
      term.loss.use(factor)
    }
  }

  /// Takes the factors of a checkpoint. Precondition: there is one for each term.
  func use(_ factors: [String: Double]) {
    for term in terms {
      guard let factor = factors[term.loss.name] else {
        preconditionFailure("there is no factor for \(term.loss.name)")
      }
      term.loss.use(factor)
    }
  }

  /// By the terms' names; nil if no term has a factor.
  var factors: [String: Double]? {
    let known = terms.compactMap { term in term.loss.factor.map { (term.loss.name, $0) } }
    return known.isEmpty ? nil : Dictionary(uniqueKeysWithValues: known)
  }

  /// The factors with all digits, for comparisons.
  var text: String { factors.map(CheckpointState.text(ofFactors:)) ?? "none" }

  /// A line for each term, for a person to read.
  var lines: [String] {
    terms.compactMap { term in
      term.loss.factor.map {
        "trunk balance: \(term.loss.name) is multiplied by \($0.significant(5)), to weigh as much as over torchvision's VGG16"
      }
    }
  }
}
