// The small vocabulary of the face painter: colours, soft steps and the edges of shapes. All operations are exact in IEEE's
// sense (nothing of libm but the square root), so a picture has the same bits on every machine.

/// A colour of the painter: red, green and blue in 0...1, mixed linearly.
typealias Color = SIMD3<Float>

func mix(_ a: Float, _ b: Float, _ t: Float) -> Float { a + (b - a) * t }
func mix(_ a: Color, _ b: Color, _ t: Float) -> Color { a + (b - a) * t }

func clamp(_ x: Float) -> Float { min(max(x, 0), 1) }

/// 0 below `low`, 1 above `high`, and a smooth cubic between.
func step(_ low: Float, _ high: Float, _ x: Float) -> Float {
  let t = clamp((x - low) / (high - low))
  return t * t * (3 - 2 * t)
}

/// 1 at the origin, falling smoothly to 0 at distance 1.
func blob(_ x: Float, _ y: Float) -> Float {
  let rest = max(0, 1 - x * x - y * y)
  return rest * rest
}

/// The signed distance to an axis-aligned ellipse around the origin, to first order. It is negative inside.
func ellipse(_ x: Float, _ y: Float, _ a: Float, _ b: Float) -> Float {
  let (u, v) = (x / a, y / b)
  let k = (u * u + v * v).squareRoot()
  let slope = (u * u / (a * a) + v * v / (b * b)).squareRoot()
  return slope > 0 ? k * (k - 1) / slope : -min(a, b)
}

/// A triangle wave between 0 and 1, with period 1.
func triangle(_ x: Float) -> Float {
  let t = x - x.rounded(.down)
  return t < 0.5 ? 2 * t : 2 - 2 * t
}

/// Smooth random values on the plane: hashes at integer points, and cubic blends between them.
struct ValueNoise: Sendable {
  let seed: UInt32

  /// Between 0 and 1.
  func callAsFunction(_ x: Float, _ y: Float) -> Float {
    let (fx, fy) = (x.rounded(.down), y.rounded(.down))
    let (ix, iy) = (Int32(fx), Int32(fy))
    let (tx, ty) = (x - fx, y - fy)
    let (sx, sy) = (tx * tx * (3 - 2 * tx), ty * ty * (3 - 2 * ty))
    return mix(
      mix(at(ix, iy), at(ix &+ 1, iy), sx), mix(at(ix, iy &+ 1), at(ix &+ 1, iy &+ 1), sx), sy)
  }

  /// The random value at an integer point.
  func at(_ x: Int32, _ y: Int32) -> Float {
    var hash =
      UInt32(bitPattern: x) &* 0x8DA6_B343 ^ UInt32(bitPattern: y) &* 0xD816_3841 ^ seed &* 0x9E37_79B9
    hash = (hash ^ hash >> 15) &* 0x2C1B_3C6D
    hash = (hash ^ hash >> 12) &* 0x297A_2D39
    hash ^= hash >> 15
    return Float(hash >> 8) * 0x1p-24
  }

  /// A sum of octaves. Each has about half the size and half the weight of the one before. Between 0 and 1.
  func fractal(_ x: Float, _ y: Float, octaves: Int) -> Float {
    var (sum, weight, total, scale) = (Float(0), Float(1), Float(0), Float(1))
    for _ in 0..<octaves {
      sum += weight * self(x * scale, y * scale)
      total += weight
      weight *= 0.5
      scale *= 2.03
    }
    return sum / total
  }
}
