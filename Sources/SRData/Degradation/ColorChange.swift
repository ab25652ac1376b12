import SRTensor

/// A change of a picture's colours, which leaves values from 0 to 1.
///
/// The functions are those of GFPGAN. Brightness, contrast, saturation and hue are torchvision's `adjust_*`, with g =
/// 0.2989 R + 0.587 G + 0.114 B of a pixel, and x a value.
package enum ColorChange: Sendable, Equatable {
  /// Adds a number to each channel.
  case shift(SIMD3<Double>)
  /// Each channel becomes 0.299 R + 0.587 G + 0.114 B, which is OpenCV's grey.
  case grey
  /// f x.
  case brightness(Double)
  /// f x + (1 - f) m, where m is the mean of g over the picture.
  case contrast(Double)
  /// f x + (1 - f) g.
  case saturation(Double)
  /// Turns the hue of HSV by so many turns.
  case hue(Double)
}

extension DegradationRecipe {
  /// What happens to the colours of low-resolution pictures, after everything else. Each part is nil if it never happens.
  package struct Color: Sendable, Equatable {
    struct Shift: Sendable, Equatable {
      var probability: Double
      /// Of 255 levels.
      var largest: Double
    }

    struct Grey: Sendable, Equatable {
      var probability: Double
      /// Whether the original becomes grey, too.
      var takesOriginal: Bool
    }

    struct Jitter: Sendable, Equatable {
      var probability: Double
      var brightness: Interval
      var contrast: Interval
      var saturation: Interval
      var hue: Interval
    }

    var shift: Shift?
    var grey: Grey?
    var jitter: Jitter?

    var isEmpty: Bool { self == Color() }
  }

  /// What is drawn for the colours of a picture: the changes in their order, and whether the original becomes grey.
  ///
  /// As many numbers are drawn for each picture, so no part of the recipe changes what another part draws.
  package func colorChanges(_ key: DegradationKey) -> (changes: [ColorChange], greysOriginal: Bool) {
    guard let color else { return ([], false) }
    var draw = key.colorGenerator
    var changes: [ColorChange] = []
    let shifts = draw.chance(color.shift?.probability ?? 0)
    let largest = (color.shift?.largest ?? 0) / 255
    let offsets = (0..<3).map { _ in draw.uniform(in: -largest...largest) }
    if shifts { changes.append(.shift(SIMD3(offsets[0], offsets[1], offsets[2]))) }
    let greys = draw.chance(color.grey?.probability ?? 0)
    if greys { changes.append(.grey) }
    if let jitter = color.jitter, draw.chance(jitter.probability) {
      let all: [ColorChange] = [
        .brightness(draw.uniform(in: jitter.brightness)), .contrast(draw.uniform(in: jitter.contrast)),
        .saturation(draw.uniform(in: jitter.saturation)), .hue(draw.uniform(in: jitter.hue)),
      ]
      changes += draw.permutation(of: all.count).map { all[$0] }
    }
    return (changes, greys && color.grey?.takesOriginal == true)
  }
}

/// Colours.
extension WorkingPicture {
  func apply(_ change: ColorChange) {
    switch change {
    case .shift(let offsets):
      let offsets = SIMD3<Float>(offsets)
      mapPixels { $0 + offsets }
    case .grey: mapPixels { SIMD3(repeating: 0.299 * $0.x + 0.587 * $0.y + 0.114 * $0.z) }
    case .brightness(let factor):
      let factor = Float(factor)
      mapPixels { factor * $0 }
    case .contrast(let factor):
      let pixels = pixels
      var sum = 0.0
      for pixel in 0..<width * height { sum += Double(Self.luma(pixels + 3 * pixel)) }
      let (factor, rest) = (Float(factor), Float((1 - factor) * (sum / Double(width * height))))
      mapPixels { factor * $0 + rest }
    case .saturation(let factor):
      let (factor, rest) = (Float(factor), Float(1 - factor))
      mapPixels { factor * $0 + rest * (0.2989 * $0.x + 0.587 * $0.y + 0.114 * $0.z) }
    case .hue(let turns):
      let turns = Float(turns)
      mapPixels { Self.turned($0.clamped(lowerBound: .zero, upperBound: .one), by: turns) }
    }
  }

  /// Replaces each pixel by a function of it, clamped to 0...1.
  @inline(__always) private func mapPixels(_ function: (SIMD3<Float>) -> SIMD3<Float>) {
    let pixels = pixels
    for start in stride(from: 0, to: count, by: 3) {
      let value = function(SIMD3(pixels[start], pixels[start + 1], pixels[start + 2]))
        .clamped(lowerBound: .zero, upperBound: .one)
      (pixels[start], pixels[start + 1], pixels[start + 2]) = (value.x, value.y, value.z)
    }
  }

  /// A colour of values 0...1 with its hue turned, by way of HSV.
  private static func turned(_ color: SIMD3<Float>, by turns: Float) -> SIMD3<Float> {
    let (high, low) = (color.max(), color.min())
    let span = high - low
    // Grey has no hue.
    guard span > 0 else { return color }
    let saturation = span / high
    let distance = (high - color) / span
    let sixths =
      color.x == high
      ? distance.z - distance.y
      : color.y == high ? 2 + distance.x - distance.z : 4 + distance.y - distance.x
    let hue = sixths / 6 + turns
    // 6 is possible, by rounding, and is 0.
    let sector = (hue - hue.rounded(.down)) * 6
    let whole = sector.rounded(.down)
    let share = sector - whole
    let p = high * (1 - saturation)
    let q = high * (1 - saturation * share)
    let t = high * (1 - saturation * (1 - share))
    switch Int(whole) % 6 {
    case 0: return SIMD3(high, t, p)
    case 1: return SIMD3(q, high, p)
    case 2: return SIMD3(p, high, t)
    case 3: return SIMD3(p, q, high)
    case 4: return SIMD3(t, p, high)
    default: return SIMD3(high, p, q)
    }
  }
}
