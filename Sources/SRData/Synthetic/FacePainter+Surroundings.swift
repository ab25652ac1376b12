extension FacePainter {
  /// Strands that run outwards from the parting and then down, with a band of shine across them.
  func hairColor(_ x: Float, _ y: Float) -> Color {
    let (dx, dy) = (x - traits.parting, y + 1.35)
    let distance = (dx * dx + dy * dy).squareRoot()
    let fan = 1.6 * dx / (abs(dx) + abs(dy) + 0.05)
    let wave = traits.curl * 0.22 * (noise(x * 2.2 + 3, y * 2.6 + 9) - 0.5)
    let across = mix(fan, x, step(-0.4, 0.7, y)) + wave
    let locks = noise(across * 7, distance * 1.3 + 60)
    let strands = noise(across * min(19, finest), distance * 1.9 + 20)
    let hairs = noise(across * finest, distance * 3)
    let value = 0.42 * locks + 0.33 * strands + 0.25 * hairs
    let band = blob((distance - 0.72 - 0.1 * locks) / 0.32, 0) + 0.6 * blob((distance - 1.75) / 0.35, 0)
    let shine = traits.shine * band * step(0.42, 0.8, value)
    return traits.hair * (0.38 + 1.15 * value) + (traits.hair * 0.9 + 0.1) * (0.75 * shine)
  }

  func paintBackHair(_ color: inout Color, _ x: Float, _ y: Float, _ strands: Color) {
    let volume: Float = traits.hairStyle == .short ? 0.06 : traits.hairStyle == .bald ? 0.01 : 0.15
    let ragged = 0.05 * (noise(x * 9 + 5, y * 9) - 0.5) + 0.03 * (noise(x * finest, y * 4) - 0.5)
    var distance = ellipse(x, y + 0.14, traits.headWidth + volume + 0.02, 0.94 + volume)
    if traits.hairLength > 0.2 {
      let sway = 0.08 * traits.curl * (noise(7, y * 3) - 0.5) * 2
      let width = traits.headWidth + volume + 0.06 * step(0, 1.5, y) + sway
      distance = min(distance, max(max(abs(x) - width, -0.1 - y), y - traits.hairLength))
    } else {
      distance = max(distance, y - 0.12)
    }
    let covered = cover(distance + ragged)
    guard covered > 0 else { return }
    let inShadow = 1 - 0.5 * step(0.25, 0, abs(x) - traits.headWidth * 0.75) * step(0.5, 1, y)
    color = mix(color, strands * 0.85 * inShadow, covered)
  }

  func paintFrontHair(_ color: inout Color, _ x: Float, _ y: Float, _ strands: Color) {
    guard traits.hairStyle != .bald, y < 0.7 else { return }
    let side = x / traits.headWidth
    var edge = traits.hairline + 0.5 * side * side
    let jag = noise(x * 14 + 31, 2) - 0.5
    let fine = noise(x * finest + 17, y * 5) - 0.5
    switch traits.hairStyle {
    case .fringe: edge = -0.36 + 0.12 * side * side + 0.14 * jag
    case .parted, .long: edge += 0.28 * abs(x - traits.parting) - 0.12 + 0.06 * jag
    case .short, .bald: edge += 0.05 * jag
    }
    edge += 0.05 * fine
    let volume: Float = traits.hairStyle == .short ? 0.06 : 0.15
    let skull = ellipse(x, y + 0.14, traits.headWidth + volume, 0.92 + volume)
    // Below the temples only the sides are left. Long hair recedes to the cheek's outline, and short hair ends.
    let isLong = traits.hairLength > 0.2
    let temple = traits.headWidth * (isLong ? 0.86 + 0.16 * step(-0.1, 0.6, y) : 0.95) + 0.04 * jag
    let sides = max(temple - abs(x), y - (isLong ? 0.68 : 0.02 + 0.1 * fine))
    let distance = max(skull, min(y - edge, sides))
    let shadow = blob(max(0, distance) / 0.11, 0) * cover(head(x, y))
    color *= 1 - 0.32 * shadow
    let covered = cover(distance)
    if covered > 0 { color = mix(color, strands, covered) }
  }

  /// Shoulders in cloth.
  func paintClothes(_ color: inout Color, _ x: Float, _ y: Float) {
    let distance = ellipse(x, y - 2.5, 1.75, 1.25)
    let covered = cover(distance)
    guard covered > 0 else { return }
    let (first, second) = traits.fabricColors
    var cloth = first
    switch traits.fabric {
    case .plain: cloth *= 0.97 + 0.06 * noise(x * finest, y * finest + 7)
    case .knit:
      let row = y * finest * 0.3
      let stitch = triangle(x * finest * 0.3 + 0.5 * triangle(row))
      cloth *= 0.75 + 0.3 * stitch * (0.6 + 0.4 * triangle(row))
    case .stripes: cloth = mix(first, second, step(0.45, 0.55, triangle(y * 5 + 0.4 * x * x)))
    case .checks:
      let (a, b) = (step(0.6, 0.66, triangle(x * 4)), step(0.6, 0.66, triangle(y * 4)))
      cloth = mix(first, second, 0.5 * (a + b))
    }
    let folds = noise.fractal(x * 3 + 0.8 * y + 3, y * 1.2, octaves: 2)
    let fallOff = 1 - 0.4 * step(0, 1.3, abs(x + 0.4 * traits.light.x))
    color = mix(color, cloth * (0.6 + 0.55 * folds) * fallOff, covered)
  }

  /// What is behind the person, in picture coordinates -1...1, mostly out of focus.
  func backdrop(_ u: Float, _ v: Float) -> Color {
    let (first, second) = traits.backdropColors
    let drift = noise(u * 1.3 + 9, v * 1.3)
    let base = mix(first, second, clamp(0.35 * v + 0.5 + 0.5 * (drift - 0.5)))
    switch traits.backdrop {
    case .studio:
      return base * (1.05 - 0.25 * (u * u + v * v) + 0.04 * (noise(u * 30, v * 30) - 0.5))
    case .foliage:
      let leaves = noise.fractal(u * 7, v * 7 + 15, octaves: 4)
      return mix(base * 0.45, base * 1.25 + 0.05, step(0.35, 0.68, leaves))
    case .lights: return lights(u, v, base)
    case .stripes:
      let slat = triangle(u * 3.2 + 0.3 * drift)
      return base * (0.72 + 0.4 * step(0.1, 0.16, slat)) * (0.95 + 0.1 * noise(u * 60, v * 3))
    case .bricks:
      let row = (v * 5).rounded(.down)
      let column = u * 2.6 + 0.5 * row
      let brick = noise.at(Int32(column.rounded(.down)), Int32(row))
      let joint = max(step(0.9, 0.95, abs(2 * (v * 5 - row) - 1)), step(0.95, 0.98, 1 - triangle(column)))
      let rough = noise.fractal(u * 22, v * 22, octaves: 2) - 0.5
      return mix(base * (0.72 + 0.35 * brick + 0.25 * rough), second * 0.6 + 0.3, joint)
    }
  }

  /// Discs of lamps out of focus, one in each cell of a grid.
  private func lights(_ u: Float, _ v: Float, _ base: Color) -> Color {
    var color = base * 0.55
    let (cellX, cellY) = (Int32((u * 2.5).rounded(.down)), Int32((v * 2.5).rounded(.down)))
    for j in (cellY - 1)...(cellY + 1) {
      for i in (cellX - 1)...(cellX + 1) {
        let strength = noise.at(i &+ 1000, j)
        guard strength > 0.35 else { continue }
        let (dx, dy) = (
          u * 2.5 - Float(i) - noise.at(i, j &+ 1000), v * 2.5 - Float(j) - noise.at(i, j &+ 2000)
        )
        let edge = (dx * dx + dy * dy).squareRoot() - (0.25 + 0.5 * noise.at(i, j))
        let tint = mix(Color(1, 0.75, 0.45), Color(0.6, 0.8, 1), noise.at(i &+ 2000, j))
        color += tint * (0.4 * strength * step(0.04, -0.04, edge))
      }
    }
    return color
  }
}
