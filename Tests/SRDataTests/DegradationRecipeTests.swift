import Foundation
import SRData
import SRTestSupport
import Testing

/// Recipes: their keys, what they draw, and what becomes of a picture.
@Suite struct DegradationRecipeTests {
  typealias Value = DegradationRecipe.Value
  typealias Entry = (key: String, value: Value)

  static func pair(_ low: Double, _ high: Double) -> Value { .list([.number(low), .number(high)]) }
  static func numbers(_ values: Double...) -> Value { .list(values.map { .number($0) }) }

  /// Real-ESRGAN's recipe.
  static let full: [Entry] = {
    let kernels = BlurKernel.Shape.allCases.map { Value.text($0.rawValue) }
    let both: [(String, Value, Value)] = [
      ("resize_prob", numbers(0.2, 0.7, 0.1), numbers(0.3, 0.4, 0.3)),
      ("resize_range", pair(0.15, 1.5), pair(0.3, 1.2)),
      ("gaussian_noise_prob", .number(0.5), .number(0.5)), ("noise_range", pair(1, 30), pair(1, 25)),
      ("poisson_scale_range", pair(0.05, 3), pair(0.05, 2.5)),
      ("gray_noise_prob", .number(0.4), .number(0.4)), ("jpeg_range", pair(30, 95), pair(30, 95)),
      ("blur_kernel_size", .number(21), .number(21)), ("kernel_list", .list(kernels), .list(kernels)),
      (
        "kernel_prob", numbers(0.45, 0.25, 0.12, 0.03, 0.12, 0.03),
        numbers(0.45, 0.25, 0.12, 0.03, 0.12, 0.03)
      ),
      ("sinc_prob", .number(0.1), .number(0.1)), ("blur_sigma", pair(0.2, 3), pair(0.2, 1.5)),
      ("betag_range", pair(0.5, 4), pair(0.5, 4)), ("betap_range", pair(1, 2), pair(1, 2)),
    ]
    var entries: [Entry] = []
    for (key, first, _) in both { entries.append((key: key, value: first)) }
    for (key, _, second) in both { entries.append((key: key + "2", value: second)) }
    entries.append((key: "second_blur_prob", value: .number(0.8)))
    entries.append((key: "final_sinc_prob", value: .number(0.8)))
    return entries
  }()

  /// GFPGAN's.
  static let short: [Entry] = [
    (key: "blur_sigma", value: pair(0.1, 10)), (key: "downsample_range", value: pair(0.8, 8)),
    (key: "noise_range", value: pair(0, 20)), (key: "jpeg_range", value: pair(60, 100)),
  ]

  private func steps(_ entries: [Entry], count: Int = 400) throws -> [[DegradationStep]] {
    let recipe = try DegradationRecipe(entries)
    return (0..<count).map {
      recipe.steps(
        DegradationKey(seed: 3, epoch: 1, index: $0), width: 128, height: 96, lowWidth: 32, lowHeight: 24)
    }
  }

  @Test func theFullRecipeDrawsWhatItsKeysSay() throws {
    let all = try steps(Self.full)
    /// How many steps of a kind a picture has on average.
    func mean(_ isCounted: (DegradationStep) -> Bool) -> Double {
      Double(all.joined().count(where: isCounted)) / Double(all.count)
    }
    // Four standard errors of a share of 400 draws are at most 0.1.
    #expect(abs(mean(\.isBlur) - 2.6) < 0.15)
    #expect(mean(\.isJPEG) == 2)
    #expect(mean { $0.size != nil } == 3)
    #expect(abs(mean(\.isGaussianNoise) - 1) < 0.15)
    #expect(abs(mean(\.isGreyNoise) - 0.8) < 0.15)
    var lastIsJPEG = 0
    for steps in all {
      for step in steps {
        switch step {
        case .jpeg(let quality): #expect((30...95).contains(quality))
        case .gaussianNoise(let sigma, _, _): #expect((1...30).contains(sigma))
        case .poissonNoise(let scale, _, _): #expect((0.05...3).contains(scale))
        case .blur(let kernel): #expect((7...21).contains(kernel.side))
        case .color: Issue.record("\(step)")
        case .resize(_, let width, let height):
          #expect((9...192).contains(width) && (7...144).contains(height))
        }
      }
      if steps.last!.isJPEG { lastIsJPEG += 1 }
      let sizes = steps.compactMap(\.size)
      #expect(sizes.last == [32, 24])
      // The second round's factors refer to the low resolution.
      #expect((9...38).contains(sizes[1][0]))
    }
    #expect((150...250).contains(lastIsJPEG))
    // The two noises of a picture have streams of their own.
    let seeds = all.map { Set($0.compactMap(\.noiseSeed)) }
    #expect(seeds.allSatisfy { $0.count == 2 })
  }

  @Test func theShortRecipeIsOneRound() throws {
    for steps in try steps(Self.short, count: 50) {
      #expect(steps.count == 5)
      guard case .blur(let kernel) = steps[0], case .resize(.bilinear, let width, _) = steps[1],
        case .gaussianNoise = steps[2], case .jpeg = steps[3],
        steps[4] == .resize(.bilinear, width: 32, height: 24)
      else {
        Issue.record("\(steps)")
        continue
      }
      #expect(kernel.side == 41)
      #expect((16...160).contains(width))
    }
  }

  @Test func aSingleStepIsARecipe() throws {
    for steps in try steps([(key: "jpeg_range", value: Self.pair(50, 50))], count: 20) {
      #expect(steps.contains(.jpeg(quality: 50)))
      #expect(steps.compactMap(\.size).last == [32, 24])
    }
  }

  /// Equal recipes have equal texts, however they are spelled, and a text is read back.
  @Test func theCanonicalTextIsTheRecipesIdentity() throws {
    for entries in [Self.full, Self.short, [(key: "final_sinc_prob", value: .number(0.5))]] {
      let recipe = try DegradationRecipe(entries)
      #expect(try DegradationRecipe(recipe.entries) == recipe)
      #expect(try DegradationRecipe(entries.reversed()).canonicalText == recipe.canonicalText)
      let keys = recipe.entries.map(\.key)
      #expect(keys == keys.sorted())
      let read = try JSONSerialization.jsonObject(with: Data(recipe.canonicalText.utf8)) as? [String: Any]
      #expect(read.map { Set($0.keys) } == Set(keys))
    }
    let short = try DegradationRecipe([(key: "noise_range2", value: Self.pair(0.5, 20))])
    #expect(
      short.canonicalText == #"{"gaussian_noise_prob2": 1, "gray_noise_prob2": 0, "noise_range2": [0.5, 20]}"#
    )
    // What a key that is left out means.
    let spelled = short.entries.map { (key: $0.key, value: $0.value) }
    #expect(try DegradationRecipe(spelled) == short)
    let other = try DegradationRecipe([(key: "noise_range2", value: Self.pair(0.5, 21))])
    #expect(other.canonicalText != short.canonicalText)
  }

  /// GFPGAN's form may enlarge, too.
  @Test func sizesAreChecked() throws {
    let recipe = try DegradationRecipe([(key: "downsample_range", value: Self.pair(0.1, 8))])
    #expect(recipe.largestFactor == 10)
    let degrader = Degrader(recipe, scale: 4)
    try degrader.check(width: 6550, height: 4)
    for (width, height) in [(6551, 4), (3, 4)] {
      let error = #expect(throws: DegradationError.self) { try degrader.check(width: width, height: height) }
      #expect(error?.description.contains("\(width) x \(height) pixels, and 4 to 6550") == true, "\(error!)")
    }
    #expect(recipe.workingBytes(width: 100, height: 50) > 3 * 12 * 1000 * 500)
    #expect(recipe.workingBytes(width: .max, height: .max) == .max)
  }

  static let badValues: [(key: String, value: Value, expected: String)] = [
    ("blur_sigmas", Value.number(1), "is not a key"),
    ("jpeg_range", .number(30), "expected [LOWEST, HIGHEST]"),
    ("jpeg_range", pair(95, 30), "between 1 and 100, found [95, 30]"),
    ("jpeg_range", pair(0, 30), "between 1 and 100"), ("jpeg_range", .text("strong"), "found 'strong'"),
    ("resize_prob", numbers(1, 1), "expected 3 probabilities, for up, down and keep"),
    ("resize_prob", numbers(0, 0, 0), "expected 3"),
    ("kernel_list", .list([.text("box")]), "expected a list of iso"),
    ("kernel_prob", numbers(1, 2), "expected 6 probabilities"),
    ("gray_noise_prob", .number(1.5), "from 0 to 1"),
    ("blur_kernel_size", .number(20), "expected an odd number"),
    ("blur_kernel_size", .number(41), "from 3 to 25"), ("noise_range", numbers(0, 300), "between 0 and 255"),
    ("blur_sigma", numbers(0, 2), "between 0.01 and 100"),
    ("poisson_scale_range", pair(0, .infinity), "between 0 and 100"),
  ]

  @Test(arguments: badValues)
  func badValuesAreNamed(key: String, value: Value, expected: String) throws {
    let entries: [Entry] = Self.full.filter { $0.key != key } + [(key: key, value: value)]
    let error = #expect(throws: DegradationError.self) { try DegradationRecipe(entries) }
    #expect(error?.key == key)
    #expect(error?.description.contains(expected) == true, "\(error!)")
  }

  @Test func keysThatDoNotGoTogetherAreNamed() throws {
    func refused(_ entries: [Entry], _ key: String?, _ text: String) {
      let error = #expect(throws: DegradationError.self) { try DegradationRecipe(entries) }
      #expect(error?.key == key)
      #expect(error?.description.contains(text) == true, "\(error!)")
    }
    let (pair, one) = (Self.pair(1, 2), Value.number(1))
    refused([], nil, "no key asks")
    refused(
      [(key: "resize_prob", value: Self.numbers(1, 1, 1))], "resize_prob", "no use without 'resize_range'")
    refused([(key: "gray_noise_prob", value: one)], "gray_noise_prob", "'noise_range'")
    refused([(key: "sinc_prob", value: .number(0.5))], "blur_sigma", "is missing")
    refused(
      [(key: "noise_range", value: pair), (key: "gaussian_noise_prob", value: .number(0.5))],
      "poisson_scale_range", "is missing")
    refused(Self.short + [(key: "jpeg_range2", value: pair)], "jpeg_range2", "has one round")
    refused(Self.short + [(key: "jpeg_range", value: pair)], "jpeg_range", "given twice")
    refused(
      [
        (key: "resize_range", value: Self.pair(0.2, 0.5)), (key: "resize_prob", value: Self.numbers(1, 0, 0)),
      ],
      "resize_range", "expected a factor above 1")
  }

  @Test func resultsDependOnRecipeKeyAndPictureAlone() throws {
    let image = RGBImage(
      width: 128, height: 96,
      pixels: DegradationFilterTests.picture(width: 128, height: 96).map { UInt8($0 * 255) })
    let full = try DegradationRecipe(Self.full)
    let (one, other) = (Degrader(full, scale: 4), Degrader(full, scale: 4))
    let keys = (0..<24).map { DegradationKey(seed: 1, epoch: $0 / 8, index: $0 % 8) }
    let results = keys.map { one.degrade(image, key: $0) }
    #expect(results.allSatisfy { ($0.width, $0.height) == (32, 24) })
    #expect(Set(results.map(\.pixels)).count == 24)
    // Backwards, on four threads, in buffers that other sizes have used.
    let again = Results(24)
    DispatchQueue.concurrentPerform(iterations: 24) { position in
      let index = 23 - position
      again.set(index, other.degrade(image, key: keys[index]))
    }
    #expect(again.images == results)
  }

  @Test func fixedPairsAreDegradedOnce() throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 5)
    let base = try NumPyPairDataset(directory: folder.path, split: .valid)
    let recipe = try DegradationRecipe(Self.full)
    let degrader = try Degrader(recipe, for: base)
    func lowRes(_ range: Range<Int>, threads: Int) throws -> [UInt8] {
      try DegradedPairs.lowRes(of: base, range, by: degrader, seed: 0, threads: threads)
    }
    func degraded(_ lowRes: [UInt8]) -> DegradedPairs {
      DegradedPairs(base, lowRes: lowRes, by: degrader, seed: 0)
    }
    let pairs = degraded(try lowRes(0..<5, threads: 2))
    // As two ranks share them.
    let alone = degraded(try lowRes(0..<3, threads: 1) + lowRes(3..<5, threads: 1))
    #expect(pairs.contentHash() == alone.contentHash())
    #expect(pairs.contentHash() != base.contentHash())
    for index in 0..<5 {
      #expect(pairs.highResImage(at: index) == base.highResImage(at: index))
      #expect(
        pairs.lowResImage(at: index)
          == Degrader(recipe, scale: 4).degrade(
            base.highResImage(at: index), key: DegradationKey(seed: 0, fixed: index)))
    }
  }
}

extension DegradationStep {
  fileprivate var isBlur: Bool { if case .blur = self { true } else { false } }
  fileprivate var isJPEG: Bool { if case .jpeg = self { true } else { false } }
  fileprivate var isGaussianNoise: Bool { if case .gaussianNoise = self { true } else { false } }

  fileprivate var isGreyNoise: Bool {
    switch self {
    case .gaussianNoise(_, let isGrey, _), .poissonNoise(_, let isGrey, _): isGrey
    case .blur, .resize, .jpeg, .color: false
    }
  }

  fileprivate var noiseSeed: UInt64? {
    switch self {
    case .gaussianNoise(_, _, let stream), .poissonNoise(_, _, let stream): stream.seed
    case .blur, .resize, .jpeg, .color: nil
    }
  }

  /// The size that a resize gives.
  fileprivate var size: [Int]? {
    if case .resize(_, let width, let height) = self { [width, height] } else { nil }
  }
}

/// Pictures that several threads store.
private final class Results: @unchecked Sendable {
  private let lock = NSLock()
  private var stored: [RGBImage?]

  init(_ count: Int) { stored = Array(repeating: nil, count: count) }
  func set(_ index: Int, _ image: RGBImage) { lock.withLock { stored[index] = image } }
  var images: [RGBImage] { stored.compactMap { $0 } }
}
