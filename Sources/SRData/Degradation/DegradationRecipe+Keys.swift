import SRFiles

extension DegradationRecipe {
  /// The value of a key, as a file has it.
  package enum Value: Sendable, Equatable {
    case number(Double)
    case text(String)
    case truth(Bool)
    case list([Value])
  }

  /// All keys.
  package static var keys: [String] { RecipeKeys.all }

  /// Reads BasicSR's keys. A key that ends in 2 belongs to the second round. What no key asks for does not happen.
  ///
  /// - Throws: ``DegradationError`` that names the key.
  package init(_ entries: [(key: String, value: Value)]) throws(DegradationError) {
    var keys = RecipeKeys()
    for (key, value) in entries { try keys.add(key, value) }
    self.init()
    if keys.isGiven("downsample_range") {
      downsample = try keys.interval("downsample_range", in: 0.1...64)
      let round = Round(
        blur: try keys.blur("", side: 41, drawsSide: false), resize: nil, noise: try keys.noise(""),
        jpegQuality: try keys.interval("jpeg_range", in: 1...100))
      rounds = [round]
    } else {
      rounds = [try keys.round("")]
      if keys.hasSecondRound { rounds.append(try keys.round("2")) }
    }
    if keys.isGiven("final_sinc_prob") {
      finalLowPassProbability = try keys.probability("final_sinc_prob", default: 0)
    }
    let color = try keys.color()
    if !color.isEmpty { self.color = color }
    if let unread = keys.unread {
      throw DegradationError(
        key: unread,
        problem: downsample != nil
          && !RecipeKeys.ofColor.contains(unread)
          ? "does not belong to a recipe with 'downsample_range', which has one round"
          : "has no use without \(RecipeKeys.leader(of: unread)); add that, or remove this")
    }
    if rounds == [Round()] && downsample == nil && finalLowPassProbability == 0 && self.color == nil {
      throw DegradationError(
        key: nil, problem: "no key asks for a degradation; see YOUR-DATA.md for the keys")
    }
  }
}

extension DegradationRecipe {
  /// The recipe as keys, from which it is read back. Keys that were left out have their defaults, and keys are sorted. So recipes
  /// that mean the same have the same entries.
  package var entries: [(key: String, value: Value)] {
    var entries: [String: Value] = [:]
    for (round, suffix) in zip(rounds, ["", "2"]) {
      for (key, value) in round.entries {
        entries[suffix == "2" && key == "blur_prob" ? "second_blur_prob" : key + suffix] = value
      }
    }
    if let downsample { entries["downsample_range"] = Value(downsample) }
    if finalLowPassProbability > 0 { entries["final_sinc_prob"] = .number(finalLowPassProbability) }
    entries.merge(color?.entries ?? [:]) { $1 }
    return entries.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// ``entries`` as JSON in one line, which is also YAML: the recipe's identity.
  package var canonicalText: String {
    "{" + entries.map { "\(ReadableJSON.string($0.key)): \($0.value.json)" }.joined(separator: ", ") + "}"
  }
}

extension DegradationRecipe.Round {
  /// The keys without the number of a second round.
  fileprivate var entries: [(String, DegradationRecipe.Value)] {
    typealias Value = DegradationRecipe.Value
    var entries: [(String, Value)] = []
    if let blur {
      entries += [
        ("blur_prob", .number(blur.probability)), ("blur_sigma", Value(blur.sigma)),
        ("kernel_list", .list(blur.shapes.map { .text($0.value.rawValue) })),
        ("kernel_prob", .list(blur.shapes.map { .number($0.weight) })),
        ("blur_kernel_size", .number(Double(blur.largestSide))),
        ("betag_range", Value(blur.generalizedExponent)), ("betap_range", Value(blur.plateauExponent)),
        ("sinc_prob", .number(blur.lowPassProbability)),
      ]
    }
    if let resize {
      entries += [
        ("resize_range", Value(resize.range)),
        ("resize_prob", .list(resize.directions.map { .number($0.weight) })),
      ]
    }
    if let noise {
      entries += [
        ("gaussian_noise_prob", .number(noise.gaussianProbability)),
        ("gray_noise_prob", .number(noise.greyProbability)),
      ]
      if let sigma = noise.sigma { entries.append(("noise_range", Value(sigma))) }
      if let scale = noise.poissonScale { entries.append(("poisson_scale_range", Value(scale))) }
    }
    if let jpegQuality { entries.append(("jpeg_range", Value(jpegQuality))) }
    return entries
  }
}

extension DegradationRecipe.Color {
  fileprivate var entries: [String: DegradationRecipe.Value] {
    typealias Value = DegradationRecipe.Value
    var entries: [String: Value] = [:]
    if let shift {
      entries["color_jitter_prob"] = .number(shift.probability)
      entries["color_jitter_shift"] = .number(shift.largest)
    }
    if let grey {
      entries["gray_prob"] = .number(grey.probability)
      entries["gt_gray"] = .truth(grey.takesOriginal)
    }
    if let jitter {
      entries["color_jitter_pt_prob"] = .number(jitter.probability)
      entries["brightness"] = Value(jitter.brightness)
      entries["contrast"] = Value(jitter.contrast)
      entries["saturation"] = Value(jitter.saturation)
      entries["hue"] = Value(jitter.hue)
    }
    return entries
  }
}

extension DegradationRecipe.Value {
  fileprivate init(_ interval: DegradationRecipe.Interval) {
    self = .list([.number(interval.lowerBound), .number(interval.upperBound)])
  }

  /// The fewest digits from which the number is read back exactly, and no fraction of zero.
  fileprivate static func text(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? "\(number)"
  }

  /// The value as JSON, which is also YAML.
  package var json: String {
    switch self {
    case .truth(let truth): "\(truth)"
    case .number(let number): Self.text(number)
    case .text(let text): ReadableJSON.string(text)
    case .list(let parts): "[" + parts.map(\.json).joined(separator: ", ") + "]"
    }
  }
}

/// The keys of a recipe, which are taken one by one.
private struct RecipeKeys {
  private var values: [String: DegradationRecipe.Value] = [:]
  private var read: Set<String> = []
  private var order: [String] = []

  /// The keys of a round, without the number of the second round.
  private static let ofRound = [
    "blur_prob", "kernel_list", "kernel_prob", "blur_kernel_size", "blur_sigma", "betag_range", "betap_range",
    "sinc_prob", "resize_prob", "resize_range", "gaussian_noise_prob", "noise_range", "poisson_scale_range",
    "gray_noise_prob", "jpeg_range",
  ]
  static let ofColor = [
    "color_jitter_prob", "color_jitter_shift", "gray_prob", "gt_gray", "color_jitter_pt_prob", "brightness",
    "contrast",
    "saturation", "hue",
  ]
  static let all =
    ofRound + ofRound.dropFirst().map { $0 + "2" }
    + ["second_blur_prob", "final_sinc_prob", "downsample_range"] + ofColor

  mutating func add(_ key: String, _ value: DegradationRecipe.Value) throws(DegradationError) {
    guard Self.all.contains(key) else {
      throw DegradationError(
        key: key, problem: "is not a key of a degradation; the keys are \(Self.all.joined(separator: ", "))")
    }
    guard values.updateValue(value, forKey: key) == nil else {
      throw DegradationError(key: key, problem: "is given twice")
    }
    order.append(key)
  }

  func isGiven(_ key: String) -> Bool { values[key] != nil }
  var hasSecondRound: Bool { order.contains { $0.hasSuffix("2") || $0 == "second_blur_prob" } }
  /// A key that nothing has asked for.
  var unread: String? { order.first { !read.contains($0) } }

  /// The keys without which another one has no use.
  static func leader(of key: String) -> String {
    switch key {
    case "color_jitter_shift": return "'color_jitter_prob'"
    case "gt_gray": return "'gray_prob'"
    case _ where ofColor.contains(key): return "'color_jitter_pt_prob'"
    default: break
    }
    let suffix = key.hasSuffix("2") || key == "second_blur_prob" ? "2" : ""
    if key.hasPrefix("resize") { return "'resize_range\(suffix)'" }
    if key.contains("noise") { return "'noise_range\(suffix)' or 'poisson_scale_range\(suffix)'" }
    return "'blur_sigma\(suffix)'"
  }

  private mutating func take(_ key: String) -> DegradationRecipe.Value? {
    read.insert(key)
    return values[key]
  }

  /// A pair of numbers, the lower one first.
  mutating func interval(
    _ key: String, in allowed: ClosedRange<Double>
  ) throws(DegradationError) -> ClosedRange<Double>? {
    guard let value = take(key) else { return nil }
    if case .list(let parts) = value, parts.count == 2, case .number(let low) = parts[0],
      case .number(let high) = parts[1], allowed.contains(low), allowed.contains(high), low <= high
    {
      return low...high
    }
    throw DegradationError(
      key: key,
      problem: "expected [LOWEST, HIGHEST] between \(text(allowed.lowerBound)) and "
        + "\(text(allowed.upperBound)), found \(Self.text(value))")
  }

  mutating func probability(_ key: String, default standard: Double) throws(DegradationError) -> Double {
    guard let value = take(key) else { return standard }
    if case .number(let number) = value, (0...1).contains(number) { return number }
    throw DegradationError(key: key, problem: "expected a probability from 0 to 1, found \(Self.text(value))")
  }

  /// So many weights, not negative and not all 0.
  private mutating func weights(_ key: String, _ count: Int, of what: String) throws(DegradationError)
    -> [Double]?
  {
    guard let value = take(key) else { return nil }
    if case .list(let parts) = value, parts.count == count {
      let numbers = parts.compactMap { part -> Double? in
        if case .number(let number) = part, (0...1e6).contains(number) { return number }
        return nil
      }
      if numbers.count == count, numbers.reduce(0, +) > 0 { return numbers }
    }
    throw DegradationError(
      key: key,
      problem:
        "expected \(count) probabilit\(count == 1 ? "y" : "ies"), for \(what), found \(Self.text(value))")
  }

  mutating func round(_ suffix: String) throws(DegradationError) -> DegradationRecipe.Round {
    DegradationRecipe.Round(
      blur: try blur(suffix, side: 21, drawsSide: true), resize: try resize(suffix),
      noise: try noise(suffix), jpegQuality: try interval("jpeg_range\(suffix)", in: 1...100))
  }

  mutating func blur(
    _ suffix: String, side: Int, drawsSide: Bool
  ) throws(DegradationError) -> DegradationRecipe.Blur? {
    let sinc = "sinc_prob\(suffix)"
    guard isGiven("blur_sigma\(suffix)") || isGiven(sinc) else { return nil }
    let lowPass = try probability(sinc, default: 0)
    guard let sigma = try interval("blur_sigma\(suffix)", in: 0.01...100) ?? (lowPass == 1 ? 1...1 : nil)
    else {
      throw DegradationError(key: "blur_sigma\(suffix)", problem: "is missing, and '\(sinc)' is less than 1")
    }
    let shapes = try shapes("kernel_list\(suffix)")
    let weights =
      try weights(
        "kernel_prob\(suffix)", shapes.count,
        of: "the kernels \(shapes.map(\.rawValue).joined(separator: ", "))")
      ?? shapes.map { _ in 1 }
    return DegradationRecipe.Blur(
      probability: try probability(suffix.isEmpty ? "blur_prob" : "second_blur_prob", default: 1),
      sigma: sigma,
      shapes: zip(shapes, weights).map { .init(value: $0, weight: $1) },
      largestSide: try self.side("blur_kernel_size\(suffix)", default: side, lowPass: lowPass),
      drawsSide: drawsSide,
      generalizedExponent: try interval("betag_range\(suffix)", in: 0.01...100) ?? 0.5...4,
      plateauExponent: try interval("betap_range\(suffix)", in: 0.01...100) ?? 1...2,
      lowPassProbability: lowPass)
  }

  private mutating func shapes(_ key: String) throws(DegradationError) -> [BlurKernel.Shape] {
    guard let value = take(key) else { return [.isotropic] }
    if case .list(let parts) = value {
      let shapes = parts.compactMap { part -> BlurKernel.Shape? in
        if case .text(let name) = part { return BlurKernel.Shape(rawValue: name) }
        return nil
      }
      if !shapes.isEmpty, shapes.count == parts.count { return shapes }
    }
    let names = BlurKernel.Shape.allCases.map(\.rawValue).joined(separator: ", ")
    throw DegradationError(key: key, problem: "expected a list of \(names), found \(Self.text(value))")
  }

  private mutating func side(_ key: String, default standard: Int, lowPass: Double) throws(DegradationError)
    -> Int
  {
    // The series of a larger low-pass filter is not computed.
    let largest = lowPass > 0 ? 25 : 61
    guard let value = take(key) else { return min(standard, largest) }
    if case .number(let number) = value, (3...Double(largest)).contains(number),
      number.rounded() == number, Int(number) % 2 == 1
    {
      return Int(number)
    }
    throw DegradationError(
      key: key, problem: "expected an odd number from 3 to \(largest), found \(Self.text(value))")
  }

  private mutating func resize(_ suffix: String) throws(DegradationError) -> DegradationRecipe.Resize? {
    guard let range = try interval("resize_range\(suffix)", in: 0.05...4) else { return nil }
    let weights =
      try weights("resize_prob\(suffix)", 3, of: "up, down and keep") ?? [
        range.upperBound > 1 ? 1 : 0, range.lowerBound < 1 ? 1 : 0, 0,
      ]
    for (weight, isPossible, name) in [
      (weights[0], range.upperBound >= 1, "above"), (weights[1], range.lowerBound <= 1, "below"),
    ] where weight > 0 && !isPossible {
      throw DegradationError(
        key: "resize_range\(suffix)",
        problem: "expected a factor \(name) 1, which 'resize_prob\(suffix)' asks for")
    }
    return DegradationRecipe.Resize(
      directions: zip(DegradationRecipe.Resize.Direction.allCases, weights).map {
        .init(value: $0, weight: $1)
      }, range: range)
  }

  mutating func noise(_ suffix: String) throws(DegradationError) -> DegradationRecipe.Noise? {
    let sigma = try interval("noise_range\(suffix)", in: 0...255)
    let scale = try interval("poisson_scale_range\(suffix)", in: 0...100)
    if sigma == nil && scale == nil { return nil }
    let key = "gaussian_noise_prob\(suffix)"
    let gaussian = try probability(key, default: sigma == nil ? 0 : scale == nil ? 1 : 0.5)
    for (isMissing, name) in [
      (sigma == nil && gaussian > 0, "noise_range"), (scale == nil && gaussian < 1, "poisson_scale_range"),
    ] where isMissing {
      throw DegradationError(
        key: name + suffix, problem: "is missing, and '\(key)' of \(text(gaussian)) asks for it")
    }
    return DegradationRecipe.Noise(
      gaussianProbability: gaussian, sigma: sigma, poissonScale: scale,
      greyProbability: try probability("gray_noise_prob\(suffix)", default: 0))
  }

  mutating func color() throws(DegradationError) -> DegradationRecipe.Color {
    var color = DegradationRecipe.Color()
    if isGiven("color_jitter_prob") {
      let probability = try probability("color_jitter_prob", default: 0)
      let largest = try number("color_jitter_shift", in: 0...255, default: 20)
      if probability > 0 { color.shift = .init(probability: probability, largest: largest) }
    }
    if isGiven("gray_prob") {
      let probability = try probability("gray_prob", default: 0)
      let takesOriginal = try truth("gt_gray", default: false)
      if probability > 0 { color.grey = .init(probability: probability, takesOriginal: takesOriginal) }
    }
    if isGiven("color_jitter_pt_prob") {
      let jitter = DegradationRecipe.Color.Jitter(
        probability: try probability("color_jitter_pt_prob", default: 0),
        brightness: try interval("brightness", in: 0...10) ?? 0.5...1.5,
        contrast: try interval("contrast", in: 0...10) ?? 0.5...1.5,
        saturation: try interval("saturation", in: 0...10) ?? 0...1.5,
        hue: try interval("hue", in: -0.5...0.5) ?? -0.1...0.1)
      if jitter.probability > 0 { color.jitter = jitter }
    }
    return color
  }

  private mutating func number(
    _ key: String, in allowed: ClosedRange<Double>, default standard: Double
  ) throws(DegradationError) -> Double {
    guard let value = take(key) else { return standard }
    if case .number(let number) = value, allowed.contains(number) { return number }
    throw DegradationError(
      key: key,
      problem: "expected a number from \(text(allowed.lowerBound)) to \(text(allowed.upperBound)), found "
        + Self.text(value))
  }

  private mutating func truth(_ key: String, default standard: Bool) throws(DegradationError) -> Bool {
    guard let value = take(key) else { return standard }
    if case .truth(let truth) = value { return truth }
    throw DegradationError(key: key, problem: "expected true or false, found \(Self.text(value))")
  }

  private func text(_ number: Double) -> String { DegradationRecipe.Value.text(number) }

  private static func text(_ value: DegradationRecipe.Value) -> String {
    switch value {
    case .number(let number): DegradationRecipe.Value.text(number)
    case .text(let text): "'\(text.onOneLine)'"
    case .truth(let truth): "\(truth)"
    case .list(let parts): "[\(parts.map(text).joined(separator: ", "))]"
    }
  }
}
