import SRTensor

/// One operation on a picture, with all of its parameters.
package enum DegradationStep: Sendable, Equatable {
  case blur(BlurKernel)
  case resize(ResizeFilter, width: Int, height: Int)
  /// `sigma` is of 255 levels.
  case gaussianNoise(sigma: Double, isGrey: Bool, NoiseStream)
  case poissonNoise(scale: Double, isGrey: Bool, NoiseStream)
  case jpeg(quality: Int)
  case color(ColorChange)
}

/// What is drawn for a picture: a function of a recipe, a seed, an epoch and an index.
package struct DegradationKey: Sendable, Equatable {
  package let seed: UInt64
  package let epoch: UInt32
  package let index: UInt32

  package init(seed: UInt64, epoch: Int, index: Int) {
    self.seed = seed
    self.epoch = UInt32(truncatingIfNeeded: epoch)
    self.index = UInt32(truncatingIfNeeded: index)
  }

  /// The key of a picture that is degraded once and for all.
  package init(seed: UInt64, fixed index: Int) {
    self.seed = seed
    epoch = .max
    self.index = UInt32(truncatingIfNeeded: index)
  }

  /// Keeps the draws apart from other uses of the seed, such as crops and flips. The two rounds' noises and the colours
  /// have the three tags above it.
  private static let tag: UInt64 = 0x6465_6772_0000  // "degr"

  var generator: PhiloxGenerator { PhiloxGenerator(seed: seed ^ Self.tag, stream: epoch, substream: index) }

  /// Colours have draws of their own.
  var colorGenerator: PhiloxGenerator {
    PhiloxGenerator(seed: seed ^ (Self.tag + 3), stream: epoch, substream: index)
  }

  func noise(round: Int) -> NoiseStream {
    NoiseStream(seed: seed ^ (Self.tag + UInt64(round + 1)), epoch: epoch, index: index)
  }
}

extension DegradationRecipe {
  /// The steps for a picture of `width` x `height` pixels that becomes one of `lowWidth` x `lowHeight`.
  ///
  /// As in Real-ESRGAN, a round is blur, resize, noise, JPEG. The factor of the first round's resize refers to the picture, that
  /// of the second round's to the low-resolution picture. In the last round of the long form, JPEG comes before or after the resize
  /// to the low resolution and the final filter, with even chances. A single round without a resize of its own goes to the low
  /// resolution directly. In the short form, which is GFPGAN's, each resize is bilinear. Colours are changed last.
  package func steps(
    _ key: DegradationKey, width: Int, height: Int, lowWidth: Int, lowHeight: Int
  ) -> [DegradationStep] {
    var draw = key.generator
    var steps: [DegradationStep] = []
    func size(_ width: Int, _ height: Int, _ factor: Double) -> (Int, Int) {
      (max(1, Int(Double(width) * factor)), max(1, Int(Double(height) * factor)))
    }
    let toLowRes = { (draw: inout PhiloxGenerator) -> [DegradationStep] in
      let filter = downsample == nil ? ResizeFilter.allCases[draw.index(below: 3)] : .bilinear
      let resize = DegradationStep.resize(filter, width: lowWidth, height: lowHeight)
      guard draw.chance(finalLowPassProbability) else { return [resize] }
      let side = draw.side(upTo: Self.largestDrawnSide)
      return [resize, .blur(BlurKernel(lowPass: draw.uniform(in: .pi / 3 ... .pi), side: side))]
    }
    for (number, round) in rounds.enumerated() {
      let isLast = number == rounds.count - 1
      if let blur = round.blur, draw.chance(blur.probability) { steps.append(.blur(blur.kernel(&draw))) }
      if let downsample {
        let (newWidth, newHeight) = size(width, height, 1 / draw.uniform(in: downsample))
        steps.append(.resize(.bilinear, width: newWidth, height: newHeight))
      } else if let resize = round.resize {
        let factor = resize.factor(&draw)
        let (newWidth, newHeight) =
          number == 0 ? size(width, height, factor) : size(lowWidth, lowHeight, factor)
        let filter = ResizeFilter.allCases[draw.index(below: 3)]
        steps.append(.resize(filter, width: newWidth, height: newHeight))
      } else if isLast {
        let filter = ResizeFilter.allCases[draw.index(below: 3)]
        steps.append(.resize(filter, width: lowWidth, height: lowHeight))
      }
      if let noise = round.noise { steps.append(noise.step(&draw, key.noise(round: number))) }
      let jpeg = round.jpegQuality.map { range in
        [DegradationStep.jpeg(quality: Int(draw.uniform(in: range).rounded()))]
      }
      if !isLast {
        steps += jpeg ?? []
      } else {
        let end = toLowRes(&draw)
        steps += downsample != nil || draw.chance(0.5) ? (jpeg ?? []) + end : end + (jpeg ?? [])
      }
    }
    return steps + colorChanges(key).changes.map { .color($0) }
  }
}

extension DegradationRecipe.Blur {
  fileprivate func kernel(_ draw: inout PhiloxGenerator) -> BlurKernel {
    let side = drawsSide ? draw.side(upTo: largestSide) : largestSide
    if draw.chance(lowPassProbability) {
      // A small filter that cuts off low frequencies would be a mere mean.
      return BlurKernel(lowPass: draw.uniform(in: (side < 13 ? .pi / 3 : .pi / 5) ... .pi), side: side)
    }
    let shape = draw.choice(shapes)
    let a = draw.uniform(in: sigma)
    let b = shape.isIsotropic ? a : draw.uniform(in: sigma)
    let turns = shape.isIsotropic ? 0 : draw.uniform(in: 0...1)
    if shape.isGaussian { return BlurKernel(shape, side: side, sigma: (a, b), turns: turns) }
    // Exponents below 1 and above 1 have even chances, if the range has both.
    let range = shape.isPlateau ? plateauExponent : generalizedExponent
    let isBelow = draw.chance(0.5)
    let beta =
      range.lowerBound < 1 && range.upperBound > 1
      ? draw.uniform(in: isBelow ? range.lowerBound...1 : 1...range.upperBound) : draw.uniform(in: range)
    return BlurKernel(shape, side: side, sigma: (a, b), turns: turns, beta: beta)
  }
}

extension DegradationRecipe.Resize {
  fileprivate func factor(_ draw: inout PhiloxGenerator) -> Double {
    switch draw.choice(directions) {
    case .up: draw.uniform(in: max(1, range.lowerBound)...range.upperBound)
    case .down: draw.uniform(in: range.lowerBound...min(1, range.upperBound))
    case .keep: 1
    }
  }
}

extension DegradationRecipe.Noise {
  fileprivate func step(_ draw: inout PhiloxGenerator, _ stream: NoiseStream) -> DegradationStep {
    let isGaussian = draw.chance(gaussianProbability)
    let isGrey = draw.chance(greyProbability)
    if isGaussian, let sigma {
      return .gaussianNoise(sigma: draw.uniform(in: sigma), isGrey: isGrey, stream)
    }
    return .poissonNoise(scale: draw.uniform(in: poissonScale ?? 0...0), isGrey: isGrey, stream)
  }
}

extension PhiloxGenerator {
  /// Uniform in a range, in steps of 2^-32 of its length.
  mutating func uniform(in range: ClosedRange<Double>) -> Double {
    let share = (Double(nextUInt32()) + 0.5) * 0x1p-32
    return range.lowerBound + share * (range.upperBound - range.lowerBound)
  }

  mutating func chance(_ probability: Double) -> Bool {
    Double(nextUInt32()) * 0x1p-32 < probability
  }

  /// One of the values, with probabilities in the ratio of the weights.
  fileprivate mutating func choice<Value>(_ values: [DegradationRecipe.Weighted<Value>]) -> Value {
    var rest = Double(nextUInt32()) * 0x1p-32 * values.reduce(0) { $0 + $1.weight }
    for candidate in values where candidate.weight > 0 {
      if rest < candidate.weight { return candidate.value }
      rest -= candidate.weight
    }
    return values.last { $0.weight > 0 }!.value
  }

  /// An odd number from 7 to `largest`, or `largest` if that is less.
  fileprivate mutating func side(upTo largest: Int) -> Int {
    let drawn = index(below: max(1, (largest - 7) / 2 + 1))
    return largest < 7 ? largest : 7 + 2 * drawn
  }
}
