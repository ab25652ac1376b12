import SRKernelDispatch
import SRKernels
import SRLosses
import SRTensor
import Testing

@Suite struct LossTermTests {
  @Test func parsesNamesAndWeights() throws {
    let terms = try LossTerm.parse("mse=1, ssim=0.1,lpips_alex=2e-3")
    #expect(terms.map(\.kind.name) == ["mse", "ssim", "lpips_alex"])
    #expect(terms.map(\.weight) == [1, 0.1, 0.002])
    for kind in LossKind.all { #expect(try LossTerm.parse("\(kind)=1").map(\.kind.name) == [kind.name]) }
  }

  /// These names are in users' files and logs.
  @Test func everyLossHasItsOwnName() {
    let names = [
      "mse", "l1", "charbonnier", "ssim", "ssim_box", "ms_ssim", "consistency", "edge", "vgg", "lpips_vgg",
      "lpips_alex", "lpips_squeeze",
    ]
    #expect(LossKind.all.map(\.name) == names)
    #expect(LossKind.pixelLosses.map(\.name) == Array(names.prefix(8)))
    for name in names { #expect(LossKind.helpText.contains("\(name) (")) }
  }

  /// The sides are computed by hand; see ``TinyFeatureNetworkTests/smallestImages()``.
  @Test(arguments: [
    ("mse", 1, nil), ("ssim", 6, "ssim"), ("ssim_box", 1, nil), ("vgg", 4, "VGG16"),
    ("lpips_vgg", 16, "VGG16"), ("lpips_alex", 31, "AlexNet"),
    ("lpips_squeeze", 25, "SqueezeNet 1.1"),
  ])
  func imagesThatALossCannotTakeAreNamed(_ name: String, smallest: Int, subject: String?) {
    let kind = lossKind(name)
    #expect(kind.misfit(ImageShape(height: smallest, width: smallest)) == nil)
    if let subject {
      let reason = kind.misfit(ImageShape(height: 50, width: smallest - 1))
      #expect(
        reason
          == "\(subject) needs images of at least \(smallest)x\(smallest), and the high-resolution images are "
          + "50x\(smallest - 1)")
    }
    // The frozen networks see RGB alone.
    for channels in [1, 2, 4, 8] {
      let reason = kind.misfit(ImageShape(height: 64, width: 64, channels: channels))
      #expect((reason == nil) == (kind.formula != nil))
      #expect(reason?.contains("needs RGB images of 3 channels") ?? true, "\(reason ?? "")")
    }
  }

  @Test(arguments: ["mse=1,ssim=0.1", "lpips_vgg=0.4,vgg=1.2e-05,edge=1e+20"])
  func textIsReadBack(_ text: String) throws {
    #expect(LossTerm.text(try LossTerm.parse(text)) == text)
  }

  @Test(arguments: [
    ("", LossTermError.notATerm("")),
    ("mse", .notATerm("mse")),
    ("mse=1,", .notATerm("")),
    ("l2=1", .unknown(name: "l2")),
    ("mse=one", .badWeight(name: "mse", weight: "one")),
    ("mse=0", .badWeight(name: "mse", weight: "0")),
    ("mse=-1", .badWeight(name: "mse", weight: "-1")),
    ("mse=nan", .badWeight(name: "mse", weight: "nan")),
    ("mse=inf", .badWeight(name: "mse", weight: "inf")),
    ("mse=1=2", .badWeight(name: "mse", weight: "1=2")),
    ("mse=1,ssim=1,mse=2", .duplicate(name: "mse")),
  ])
  func refusesWhatIsNoSum(_ text: String, _ expected: LossTermError) {
    #expect(throws: expected) { try LossTerm.parse(text) }
  }

  @Test func unknownNameListsTheKnownOnes() {
    let message = LossTermError.unknown(name: "l1").description
    for kind in LossKind.all { #expect(message.contains(kind.name)) }
  }

  @Test func weightedSumAddsItsTerms() throws {
    let kernels = try #require(CPULevel.supported().last).kernels
    let terms = try LossTerm.parse("ssim=0.1,mse=2").map { term in
      WeightedSum.Term(try #require(term.kind.pixelLoss(kernels: kernels)), weight: term.weight)
    }
    let sum = WeightedSum(terms)
    #expect(sum.names == ["ssim", "mse"])

    let images = FormulaImages(height: 10, width: 12)
    let scratch = AlignedBuffer(count: sum.scratchCount(images.shape))
    let gradient = AlignedBuffer(count: images.shape.count)
    var values = [0.0, 0.0]
    let totals = withPair(images.superRes, images.highRes, images.shape, gradient: gradient.pointer) {
      sum.evaluate([$0], scratch: scratch.pointer) { values[$1] = $2 }
    }
    #expect(totals.count == 1)
    let total = totals[0]
    #expect(total == Double(Float(0.1)) * values[0] + 2 * values[1])

    let runs = terms.map {
      LossRun(
        $0.loss, superRes: images.superRes, highRes: images.highRes, shape: images.shape, weight: $0.weight)
    }
    #expect(values == runs.map(\.value))
    let expected = zip(runs[0].gradient, runs[1].gradient).map(+)
    #expect(relativeDifference(gradient.values, expected) < 1e-6)
  }
}
