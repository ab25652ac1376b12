import Foundation
import SRData
import SRTensor
import SRTestSupport
import Testing

/// What GFPGAN's recipes do with colours.
@Suite struct DegradationColorTests {
  typealias Value = DegradationRecipe.Value
  typealias Entry = (key: String, value: Value)

  private static let all: [Entry] = [
    (key: "color_jitter_prob", value: .number(0.5)), (key: "color_jitter_shift", value: .number(30)),
    (key: "gray_prob", value: .number(0.25)), (key: "gt_gray", value: .truth(true)),
    (key: "color_jitter_pt_prob", value: .number(0.75)),
    (key: "brightness", value: DegradationRecipeTests.pair(0.75, 1.25)),
    (key: "contrast", value: DegradationRecipeTests.pair(0.5, 1.5)),
    (key: "saturation", value: DegradationRecipeTests.pair(0, 1.5)),
    (key: "hue", value: DegradationRecipeTests.pair(-0.1, 0.25)),
  ]

  private func changed(_ change: ColorChange, _ pixels: [Float], width: Int, height: Int = 1) -> [Float] {
    Degrader.apply([.color(change)], to: pixels, width: width, height: height).pixels
  }

  // MARK: - Definitions

  private typealias Color = (red: Double, green: Double, blue: Double)

  private func clamped(_ value: Double) -> Double { min(max(value, 0), 1) }

  private func grey(_ color: Color) -> Double {
    0.2989 * color.red + 0.587 * color.green + 0.114 * color.blue
  }

  /// By way of HSV as Smith defined it (1978): f(n) = V - V S max(0, min(k, 4 - k, 1)), k = (n + 6 H) mod 6, for n = 5, 3, 1.
  private func turned(_ color: Color, by turns: Double) -> [Double] {
    let values = [color.red, color.green, color.blue].map(clamped)
    let (high, low) = (values.max()!, values.min()!)
    guard high > low else { return values }
    let sixths: Double =
      switch values.firstIndex(of: high)! {
      case 0: (values[1] - values[2]) / (high - low)
      case 1: 2 + (values[2] - values[0]) / (high - low)
      default: 4 + (values[0] - values[1]) / (high - low)
      }
    return [5, 3, 1].map { n in
      let k = (n + sixths + 6 * turns + 12).truncatingRemainder(dividingBy: 6)
      return high - (high - low) * max(0, min(k, 4 - k, 1))
    }
  }

  private func expected(_ change: ColorChange, _ colors: [Color]) -> [[Double]] {
    let mean = colors.map(grey).reduce(0, +) / Double(colors.count)
    return colors.map { color in
      let values = [color.red, color.green, color.blue]
      switch change {
      case .shift(let offsets): return values.enumerated().map { clamped($1 + offsets[$0]) }
      case .grey:
        return values.map { _ in clamped(0.299 * color.red + 0.587 * color.green + 0.114 * color.blue) }
      case .brightness(let factor): return values.map { clamped(factor * $0) }
      case .contrast(let factor): return values.map { clamped(factor * $0 + (1 - factor) * mean) }
      case .saturation(let factor): return values.map { clamped(factor * $0 + (1 - factor) * grey(color)) }
      case .hue(let turns): return turned(color, by: turns)
      }
    }
  }

  private static let changes: [ColorChange] = [
    .shift([0.07, -0.03, 0.01]), .grey, .brightness(0.5), .brightness(1.5), .contrast(0.5), .contrast(1.5),
    .saturation(0), .saturation(1.5), .hue(-0.1), .hue(0.1), .hue(0.5), .hue(-0.5),
  ]

  /// Values a little beyond 0...1 too, which a bicubic resize leaves.
  @Test(arguments: changes) func eachChangeFollowsItsDefinition(change: ColorChange) {
    let (width, height) = (37, 23)
    let pixels = DegradationFilterTests.picture(width: width, height: height).map { 1.1 * $0 - 0.05 }
    let colors = (0..<width * height).map { pixel -> Color in
      let values = pixels[3 * pixel..<3 * pixel + 3].map { Double($0) }
      return (values[0], values[1], values[2])
    }
    let found = changed(change, pixels, width: width, height: height)
    let worst = zip(found, expected(change, colors).joined()).map { abs(Double($0) - $1) }.max() ?? .nan
    // A hue is a quotient of differences of neighbouring values.
    #expect(worst < 2e-6, "\(worst)")
    #expect(found != pixels)
  }

  @Test func knownColors() {
    let red: [Float] = [1, 0, 0]
    for (turns, color, expected) in [
      (1.0 / 3, red, [0, 1, 0]), (0.5, red, [0, 1, 1]), (-0.5, [1, 1, 0], [0, 0, 1]),
    ] as [(Double, [Float], [Float])] {
      let found = changed(.hue(turns), color, width: 1)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 }, "\(found), expected \(expected)")
    }
    // Greys have neither hue nor saturation.
    for change in [ColorChange.hue(0.3), .saturation(1.5), .grey] {
      let found = changed(change, [0.25, 0.25, 0.25, 1, 1, 1], width: 2)
      #expect(zip(found, [0.25, 0.25, 0.25, 1, 1, 1]).allSatisfy { abs($0 - $1) < 1e-4 }, "\(change)")
    }
    #expect(changed(.brightness(0), [0.5, 1, 0], width: 1) == [0, 0, 0])
    #expect(changed(.shift([0.5, 0.5, -0.5]), [0.25, 0.75, 0.25], width: 1) == [0.75, 1, 0])
    // No contrast is the mean of all greys.
    let flat = changed(.contrast(0), [1, 0, 0, 0, 1, 0], width: 2)
    #expect(flat.allSatisfy { abs($0 - (0.2989 + 0.587) / 2) < 1e-6 })
    for change in [ColorChange.brightness(1), .contrast(1), .saturation(1), .shift(.zero)] {
      #expect(changed(change, [0.25, 0.5, 0.75], width: 1) == [0.25, 0.5, 0.75], "\(change)")
    }
  }

  // MARK: - Draws

  private func key(_ index: Int) -> DegradationKey { DegradationKey(seed: 3, epoch: 1, index: index) }

  @Test func drawsAreWhatTheKeysSay() throws {
    let recipe = try DegradationRecipe(Self.all)
    let draws = (0..<1200).map { recipe.colorChanges(key($0)) }
    var (shifts, greys, jitters, orders) = (0, 0, 0, Set<[Int]>())
    var (sums, squares) = (SIMD3<Double>.zero, SIMD3<Double>.zero)
    for (changes, greysOriginal) in draws {
      var order: [Int] = []
      for (place, change) in changes.enumerated() {
        switch change {
        case .shift(let offsets):
          shifts += 1
          let levels = offsets * 255
          #expect(place == 0 && levels.max() <= 30 && levels.min() >= -30)
          sums += levels
          squares += levels * levels
        case .grey:
          greys += 1
          #expect(place < 2)
        case .brightness(let factor):
          order.append(0)
          #expect((0.75...1.25).contains(factor))
        case .contrast(let factor):
          order.append(1)
          #expect((0.5...1.5).contains(factor))
        case .saturation(let factor):
          order.append(2)
          #expect((0...1.5).contains(factor))
        case .hue(let turns):
          order.append(3)
          #expect((-0.1...0.25).contains(turns))
        }
      }
      #expect(greysOriginal == changes.contains(.grey))
      #expect(order.isEmpty || order.sorted() == [0, 1, 2, 3])
      if !order.isEmpty {
        jitters += 1
        orders.insert(order)
      }
    }
    // More than four standard errors.
    #expect(abs(shifts - 600) < 75 && abs(greys - 300) < 65 && abs(jitters - 900) < 65)
    #expect(orders.count == 24)
    // Uniform over -30...30, in each channel: a mean of 0, and a deviation of 30 / sqrt 3.
    let (mean, square) = (sums / Double(shifts), squares / Double(shifts))
    #expect(
      mean.max() < 3 && mean.min() > -3 && square.max() < 345 && square.min() > 255, "\(mean) \(square)")
  }

  /// A recipe's other draws do not depend on its colours, nor does one of their parts on the others. Colours come last.
  @Test(arguments: [DegradationRecipeTests.full, DegradationRecipeTests.short])
  func colorsChangeNoOtherDraw(entries: [Entry]) throws {
    func steps(_ entries: [Entry], _ index: Int) throws -> [DegradationStep] {
      try DegradationRecipe(entries).steps(
        key(index), width: 128, height: 96, lowWidth: 32, lowHeight: 24)
    }
    let some = Self.all.filter { !$0.key.hasPrefix("gray") && !$0.key.hasPrefix("gt") }
    for index in 0..<40 {
      let plain = try steps(entries, index)
      let colored = try steps(entries + Self.all, index)
      #expect(Array(colored.prefix(plain.count)) == plain)
      let rest = colored.dropFirst(plain.count).filter { $0 != .color(.grey) }
      #expect(try Array(steps(entries + some, index).dropFirst(plain.count)) == rest)
    }
  }

  /// Other draws would give every run with a recipe other bits.
  @Test func drawsOfARecipeStay() throws {
    let steps = try DegradationRecipe(DegradationRecipeTests.short + Self.all).steps(
      key(0), width: 128, height: 96, lowWidth: 32, lowHeight: 24)
    guard case .gaussianNoise(let sigma, false, let stream) = steps[2] else {
      Issue.record("\(steps)")
      return
    }
    #expect(sigma == 16.585429350379854 && stream.seed == 110_386_689_998_850)
    #expect(steps[1] == .resize(.bilinear, width: 19, height: 14) && steps[3] == .jpeg(quality: 66))
  }

  // MARK: - Originals

  /// Whether each pixel has the nearest level to the other one's grey. Of a grey between two levels, either is.
  private func isGrey(_ image: RGBImage, of original: RGBImage) -> Bool {
    isGrey(image) && image.pixels.count == original.pixels.count
      && stride(from: 0, to: image.pixels.count, by: 3).allSatisfy { start in
        let color = original.pixels[start..<start + 3].map { Double($0) }
        let luma: Double = 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]
        return abs(luma - Double(image.pixels[start])) < 0.5001
      }
  }

  private func isGrey(_ image: RGBImage) -> Bool {
    stride(from: 0, to: image.pixels.count, by: 3).allSatisfy { start in
      Set(image.pixels[start..<start + 3]).count == 1
    }
  }

  private func recipe(_ takesOriginal: Bool) throws -> DegradationRecipe {
    try DegradationRecipe([
      (key: "gray_prob", value: .number(0.5)), (key: "gt_gray", value: .truth(takesOriginal)),
    ])
  }

  /// Of fixed pairs, an original is grey if and only if its low-resolution picture is, and if the recipe says so.
  @Test(arguments: [true, false]) func originalsBecomeGreyToo(takesOriginal: Bool) throws {
    let folder = try TemporaryFolder()
    try SmallPairs.write(to: folder, count: 12)
    let base = try NumPyPairDataset(directory: folder.path, split: .valid)
    let degrader = try Degrader(recipe(takesOriginal), for: base)
    let lowRes = try DegradedPairs.lowRes(of: base, 0..<12, by: degrader, seed: 0, threads: 2)
    let pairs = DegradedPairs(base, lowRes: lowRes, by: degrader, seed: 0)
    var greys = 0
    for index in 0..<12 {
      let original = base.highResImage(at: index)
      let isGreyed = isGrey(pairs.lowResImage(at: index))
      greys += isGreyed ? 1 : 0
      let found = pairs.highResImage(at: index)
      #expect(isGreyed && takesOriginal ? isGrey(found, of: original) : found == original)
    }
    #expect(greys > 0 && greys < 12)
    let other = DegradedPairs(base, lowRes: lowRes, by: try Degrader(recipe(false), for: base), seed: 0)
    #expect((pairs.contentHash() == other.contentHash()) == !takesOriginal)
  }

  /// `srdist degrade --hr-output` writes the originals that belong to its pictures.
  @Test func writtenOriginalsBecomeGreyToo() throws {
    let folder = try TemporaryFolder()
    try folder.makeFolder("in")
    for index in 0..<8 {
      let pixels = Formulas.pair(index, height: 16, width: 16).high
      try ImageFile.writePNG(
        RGBImage(width: 16, height: 16, pixels: pixels), to: folder.file("in/\(index).png"))
    }
    let work = FolderDegradation(
      input: folder.file("in"), output: folder.file("lr"), originals: folder.file("hr"),
      degrader: Degrader(try recipe(true), scale: 4), seed: 0, threads: 2, overwrites: false, memory: 1 << 30)
    _ = try work.run()
    var greys = 0
    for index in 0..<8 {
      let original = try ImageFile.read(folder.file("in/\(index).png"))
      let isGreyed = try isGrey(ImageFile.read(folder.file("lr/\(index).png")))
      greys += isGreyed ? 1 : 0
      let found = try ImageFile.read(folder.file("hr/\(index).png"))
      #expect(isGreyed ? isGrey(found, of: original) : found == original)
    }
    #expect(greys > 0 && greys < 8)
  }

  // MARK: - Keys

  @Test func theCanonicalTextIsReadBack() throws {
    let recipe = try DegradationRecipe(Self.all)
    #expect(try DegradationRecipe(recipe.entries) == recipe)
    let short = try DegradationRecipe([
      (key: "gray_prob", value: .number(0.5)), (key: "color_jitter_prob", value: .number(0.25)),
      (key: "color_jitter_pt_prob", value: .number(0)),
    ])
    #expect(
      short.canonicalText
        == #"{"color_jitter_prob": 0.25, "color_jitter_shift": 20, "gray_prob": 0.5, "gt_gray": false}"#)
    #expect(try DegradationRecipe(short.entries) == short)
  }

  @Test(arguments: [
    ("color_jitter_shift", Value.number(300), "from 0 to 255, found 300"),
    ("gt_gray", .number(1), "expected true or false, found 1"),
    ("gray_prob", .truth(true), "from 0 to 1, found true"),
    ("hue", DegradationRecipeTests.pair(-0.6, 0), "between -0.5 and 0.5"),
    ("brightness", DegradationRecipeTests.pair(-1, 1), "between 0 and 10"),
    ("contrast", .number(0.5), "expected [LOWEST, HIGHEST]"),
  ])
  func badValuesAreNamed(key: String, value: Value, expected: String) throws {
    let entries = Self.all.filter { $0.key != key } + [(key: key, value: value)]
    let error = #expect(throws: DegradationError.self) { try DegradationRecipe(entries) }
    #expect(error?.key == key && error?.description.contains(expected) == true, "\(error!)")
  }

  @Test(arguments: [
    ("color_jitter_shift", Value.number(1), "'color_jitter_prob'"), ("gt_gray", .truth(true), "'gray_prob'"),
    ("hue", DegradationRecipeTests.pair(0, 0.1), "'color_jitter_pt_prob'"),
  ])
  func keysNeedTheirLeaders(key: String, value: Value, leader: String) {
    for more in [DegradationRecipeTests.short, DegradationRecipeTests.full] {
      let error = #expect(throws: DegradationError.self) {
        try DegradationRecipe(more + [(key: key, value: value)])
      }
      #expect(error?.description.contains("has no use without \(leader)") == true, "\(error!)")
    }
  }

  /// Colours are those of red, green and blue.
  @Test func otherChannelsAreRefused() throws {
    let folder = try TemporaryFolder()
    try ArrayPairs(SampleScale(.uint8), channels: 1, scale: 2, side: 16).writeFaces(
      train: 1, valid: 1, to: folder.path)
    let pairs = try NumPyPairDataset(directory: folder.path, split: .valid)
    let error = #expect(throws: DegradationError.self) {
      try Degrader(DegradationRecipe(Self.all), for: pairs)
    }
    #expect(error?.description.contains("not 8-bit RGB") == true, "\(error!)")
  }
}
