import SRTensor

/// Everything that distinguishes one synthetic face from another, drawn from one random stream.
///
/// Lengths are in head units: the head is about 2 high, its centre is the origin, and y points down.
struct FaceTraits: Sendable {
  enum HairStyle: CaseIterable { case short, long, fringe, parted, bald }
  enum Backdrop: CaseIterable { case studio, foliage, lights, stripes, bricks }
  enum Fabric: CaseIterable { case plain, knit, stripes, checks }

  // Camera.
  let center: SIMD2<Float>
  /// Half the picture's width.
  let reach: Float
  let (cosine, sine): (Float, Float)
  /// Towards the light.
  let light: SIMD3<Float>
  let exposure: Float

  // Head.
  let skin: Color
  let headWidth: Float
  let jaw: Float
  let freckles: Float
  let stubble: Float
  let age: Float
  let noseWidth: Float
  let noseLength: Float

  // Eyes.
  let iris: Color
  let eyeWidth: Float
  let eyeHeight: Float
  let eyeSpacing: Float
  let eyeTilt: Float
  let gaze: Float
  let makeup: Float
  let browHeight: Float
  let browThickness: Float
  let hasGlasses: Bool
  let glasses: Color

  // Mouth.
  let lip: Color
  let mouthWidth: Float
  let lipHeight: Float
  let smile: Float
  let opening: Float

  // Hair and surroundings.
  let hair: Color
  let hairStyle: HairStyle
  let hairLength: Float
  let hairline: Float
  let parting: Float
  let curl: Float
  let shine: Float
  let backdrop: Backdrop
  let backdropColors: (Color, Color)
  let fabric: Fabric
  let fabricColors: (Color, Color)
  let noiseSeed: UInt32

  /// Keeps these draws apart from other uses of the same seed.
  private static let substream: UInt32 = 0x6661_6365  // "face"

  init(seed: UInt64, index: Int) {
    var draw = TraitGenerator(seed: seed, stream: UInt32(truncatingIfNeeded: index), Self.substream)
    center = [draw.between(-0.35, 0.35), draw.between(-0.25, 0.4)]
    reach = draw.between(0.85, 1.5)
    let turn = draw.between(-0.1, 0.1)  // tangent of half the angle
    cosine = (1 - turn * turn) / (1 + turn * turn)
    sine = 2 * turn / (1 + turn * turn)
    let (x, y) = (draw.between(-0.7, 0.7), draw.between(-0.7, 0.1))
    light = SIMD3(x, y, 0.8) / (x * x + y * y + 0.64).squareRoot()
    exposure = draw.between(0.85, 1.1)

    let skin = draw.color(among: FacePalette.skins)
    self.skin = skin
    // Hair and eyes are rarely light if the skin is dark.
    let isDark = skin.x < 0.6
    headWidth = draw.between(0.68, 0.78)
    jaw = draw.between(0.12, 0.32)
    freckles = draw.chance(0.25) ? draw.between(0.3, 1) : 0
    let isBearded = draw.chance(0.3)
    stubble = isBearded ? draw.between(0.25, 1) : 0
    age = draw.between(0, 1)
    noseWidth = draw.between(0.13, 0.19)
    noseLength = draw.between(0.26, 0.36)

    iris = draw.color(among: isDark ? FacePalette.darkIrises : FacePalette.irises)
    eyeWidth = draw.between(0.15, 0.19)
    eyeHeight = draw.between(0.062, 0.09)
    eyeSpacing = draw.between(0.29, 0.34)
    eyeTilt = draw.between(-0.12, 0.12)
    gaze = draw.between(-0.03, 0.03)
    makeup = isBearded ? 0 : draw.between(0, 1)
    browHeight = draw.between(0.17, 0.23)
    browThickness = draw.between(0.022, 0.05)
    hasGlasses = draw.chance(0.15)
    glasses = draw.color(among: FacePalette.hairs) * 0.6

    let lipTint = draw.color(among: FacePalette.lipsticks)
    lip = mix(skin * Color(0.86, 0.62, 0.6), lipTint, makeup * draw.between(0.1, 0.9))
    mouthWidth = draw.between(0.22, 0.3)
    lipHeight = draw.between(0.05, 0.085)
    smile = draw.between(-0.01, 0.08)
    opening = draw.chance(0.4) ? draw.between(0.02, 0.07) : 0

    hair = draw.color(among: isDark ? FacePalette.darkHairs : FacePalette.hairs)
    hairStyle = draw.pick(HairStyle.self)
    hairLength = hairStyle == .short || hairStyle == .bald ? 0.1 : draw.between(0.3, 2)
    hairline = draw.between(-0.68, -0.5)
    parting = draw.between(-0.4, 0.4)
    curl = draw.between(0, 1)
    shine = draw.between(0.1, 0.8)
    backdrop = draw.pick(Backdrop.self)
    backdropColors = (draw.color(among: FacePalette.backdrops), draw.color(among: FacePalette.backdrops))
    fabric = draw.pick(Fabric.self)
    fabricColors = (draw.color(among: FacePalette.fabrics), draw.color(among: FacePalette.fabrics))
    noiseSeed = draw.bits()
  }
}

/// The kinds of draws that traits need.
private struct TraitGenerator {
  private var generator: PhiloxGenerator

  init(seed: UInt64, stream: UInt32, _ substream: UInt32) {
    generator = PhiloxGenerator(seed: seed, stream: stream, substream: substream)
  }

  mutating func between(_ low: Float, _ high: Float) -> Float { mix(low, high, generator.uniform()) }
  mutating func chance(_ probability: Float) -> Bool { generator.uniform() < probability }
  mutating func bits() -> UInt32 { generator.nextUInt32() }

  mutating func pick<Choice: CaseIterable>(_: Choice.Type) -> Choice {
    let all = Array(Choice.allCases)
    return all[generator.index(below: all.count)]
  }

  /// A colour between two neighbours of a palette, slightly varied.
  mutating func color(among palette: [Color]) -> Color {
    let first = generator.index(below: palette.count - 1)
    let color = mix(palette[first], palette[first + 1], generator.uniform())
    return color * Color(between(0.94, 1.06), between(0.94, 1.06), between(0.94, 1.06))
  }
}

/// Colours, ordered so that neighbours mix well.
private enum FacePalette {
  static let skins: [Color] = [
    [0.95, 0.80, 0.71], [0.91, 0.72, 0.60], [0.82, 0.60, 0.47], [0.66, 0.46, 0.34], [0.48, 0.32, 0.23],
    [0.34, 0.22, 0.16],
  ]
  static let hairs: [Color] = [
    [0.07, 0.06, 0.06], [0.18, 0.12, 0.09], [0.34, 0.22, 0.14], [0.50, 0.26, 0.13], [0.74, 0.58, 0.36],
    [0.62, 0.60, 0.58],
  ]
  static let darkHairs = Array(hairs.prefix(2))
  static let darkIrises = Array(irises.prefix(2))
  static let irises: [Color] = [
    [0.20, 0.12, 0.07], [0.36, 0.22, 0.10], [0.36, 0.38, 0.18], [0.30, 0.48, 0.42], [0.32, 0.50, 0.68],
    [0.50, 0.56, 0.60],
  ]
  static let lipsticks: [Color] = [
    [0.80, 0.42, 0.40], [0.72, 0.20, 0.24], [0.62, 0.12, 0.22], [0.80, 0.36, 0.48],
  ]
  static let backdrops: [Color] = [
    [0.86, 0.86, 0.84], [0.55, 0.62, 0.70], [0.25, 0.34, 0.48], [0.14, 0.15, 0.17], [0.22, 0.34, 0.18],
    [0.56, 0.52, 0.32], [0.60, 0.36, 0.26], [0.82, 0.70, 0.62],
  ]
  static let fabrics: [Color] = [
    [0.92, 0.91, 0.88], [0.30, 0.44, 0.66], [0.10, 0.12, 0.22], [0.14, 0.13, 0.13], [0.52, 0.10, 0.14],
    [0.78, 0.46, 0.20], [0.24, 0.42, 0.30],
  ]
}
