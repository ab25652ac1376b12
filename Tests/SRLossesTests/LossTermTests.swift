import SRKernelDispatch
import SRKernels
import SRLosses
import SRTensor
import Testing

@Suite struct LossTermTests {
  @Test func parsesNamesAndWeights() throws {
    let terms = try LossTerm.parse("mse=1, ssim=0.1,lpips_alex=2e-3")
    #expect(
      terms == [
        LossTerm(.mse, weight: 1), LossTerm(.ssim, weight: 0.1), LossTerm(.lpipsAlex, weight: 0.002),
      ])
    for kind in LossTerm.Kind.allCases {
      let parsed = try LossTerm.parse("\(kind.rawValue)=1")
      #expect(parsed.first?.kind == kind)
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
    ("l1=1", .unknown(name: "l1")),
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
    for kind in LossTerm.Kind.allCases { #expect(message.contains(kind.rawValue)) }
  }

  @Test func weightedSumAddsItsTerms() throws {
    let kernels = try #require(CPULevel.supported().last).kernels
    let terms = try LossTerm.parse("ssim=0.1,mse=2").map { term in
      WeightedSum.Term(try #require(term.kind.pixelLoss(kernels: kernels)), weight: term.weight)
    }
    let sum = WeightedSum(terms)
    #expect(sum.names == ["ssim", "mse"])

    let images = FormulaImages(height: 10, width: 12)
    let scratch = AlignedBuffer(count: sum.scratchCount(height: 10, width: 12))
    var gradient = [Float](repeating: 0, count: images.shape.count)
    var values = [0.0, 0.0]
    let totals = gradient.withUnsafeMutableBufferPointer { gradient in
      images.superRes.withUnsafeBufferPointer { superRes in
        images.highRes.withUnsafeBufferPointer { highRes in
          let pair = ImagePair(
            superRes: superRes.baseAddress!, highRes: highRes.baseAddress!, gradient: gradient.baseAddress)
          return sum.evaluate([pair], height: 10, width: 12, scratch: scratch.pointer) { values[$1] = $2 }
        }
      }
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
    #expect(relativeDifference(gradient, expected) < 1e-6)
  }
}
