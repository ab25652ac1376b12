import SRKernels

/// An image pair of slanted waves with noise. The super-resolved image is off by up to 1/16. All values are multiples of
/// 1/1024, computed with whole numbers, so `scripts/make-loss-fixtures` makes the same bits.
struct FormulaImages {
  let shape: ImageShape
  private(set) var superRes: [Float] = []
  private(set) var highRes: [Float] = []

  init(height: Int, width: Int, channels: Int = ImageShape.rgbChannels) {
    shape = ImageShape(height: height, width: width, channels: channels)
    for y in 0..<UInt32(height) {
      for x in 0..<UInt32(width) {
        for c in 0..<UInt32(channels) {
          let phase = (5 * x + 3 * y + 17 * c) % 64
          let wave = phase < 32 ? phase : 63 - phase
          let high = Float(20 + 5 * wave + Self.noise(y, x, c, salt: 1) % 64) / 256
          highRes.append(high)
          superRes.append(high + (Float(Self.noise(y, x, c, salt: 2) % 128) - 64) / 1024)
        }
      }
    }
  }

  /// 32 bits, mixed from a pixel's position.
  private static func noise(_ y: UInt32, _ x: UInt32, _ c: UInt32, salt: UInt32) -> UInt32 {
    var h = y &* 374_761_393 &+ x &* 668_265_263 &+ c &* 974_634_529 &+ salt
    h = (h ^ (h >> 15)) &* 2_246_822_519
    h = (h ^ (h >> 13)) &* 3_266_489_917
    return h ^ (h >> 16)
  }
}
