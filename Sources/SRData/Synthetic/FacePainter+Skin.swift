extension FacePainter {
  /// Skin, lit as an ellipsoid, with blush, pores, freckles and the folds of age.
  func skinColor(_ x: Float, _ y: Float) -> Color {
    let (nx, ny) = (x / (traits.headWidth * 1.15), y / 1.15)
    let nz = max(0.05, 1 - nx * nx - ny * ny).squareRoot()
    let lit = max(0, nx * traits.light.x + ny * traits.light.y + nz * traits.light.z)
    var color = traits.skin * (0.45 + 0.62 * lit)

    let cheek = blob((abs(x) - 0.36) / 0.3, (y - 0.28) / 0.26)
    color *= mix(Color(1, 1, 1), Color(1.06, 0.9, 0.88), cheek * (0.3 + 0.6 * traits.makeup))
    let forehead = blob(x / 0.4, (y + 0.42) / 0.3) + 0.6 * blob((abs(x) - 0.33) / 0.16, (y - 0.17) / 0.1)
    color += Color(repeating: 0.07 * forehead * lit)
    let socket = blob((abs(x) - traits.eyeSpacing) / 0.24, (y + 0.08) / 0.17)
    color *= 1 - 0.16 * socket

    let mottle = noise.fractal(x * 6 + 40, y * 6, octaves: 2) - 0.5
    let pores = noise(x * finest + 90, y * finest) - 0.5
    color *= 1 + 0.08 * mottle + 0.05 * pores
    if traits.freckles > 0 { color *= mix(Color(1, 1, 1), Color(0.78, 0.66, 0.58), freckle(x, y)) }
    return color * (1 - folds(x, y))
  }

  private func freckle(_ x: Float, _ y: Float) -> Float {
    let spot = step(0.72, 0.86, noise(x * 24 + 7, y * 24 + 3))
    return traits.freckles * spot * blob(x / 0.75, (y - 0.15) / 0.5)
  }

  /// The darkness of the lines from nose to mouth, under the eyes and on the forehead.
  private func folds(_ x: Float, _ y: Float) -> Float {
    let side = abs(x)
    let down = clamp((y - traits.noseLength + 0.04) / 0.32)
    let cheekLine = mix(traits.noseWidth + 0.01, traits.mouthWidth + 0.05, down) + 0.1 * down * (1 - down)
    let nasolabial = line(side - cheekLine, 0.04) * step(0, 0.25, down) * (1 - step(0.6, 1, down))
    let bag = line(
      y - (0.06 - 1.5 * (side - traits.eyeSpacing) * (side - traits.eyeSpacing)), 0.018)
    let bagEnds = blob((side - traits.eyeSpacing) / 0.2, 0)
    var forehead: Float = 0
    if traits.age > 0.5 && y < -0.34 {
      let wave = (y + 0.05 * x * x) * 11 + 0.6 * noise(x * 3, 5)
      let ridge = max(0, triangle(wave) - 0.75) * 4
      forehead = (traits.age - 0.5) * 0.25 * ridge * blob(x / 0.45, (y + 0.47) / 0.16)
    }
    return (0.04 + 0.16 * traits.age) * nasolabial + (0.04 + 0.14 * traits.age) * bag * bagEnds + forehead
  }

  /// 1 on a line, falling to 0 at the distance `width`.
  func line(_ distance: Float, _ width: Float) -> Float { blob(distance / width, 0) }

  func paintNose(_ color: inout Color, _ x: Float, _ y: Float) {
    let tip = traits.noseLength
    let width = traits.noseWidth
    // The bridge: one flank in shadow, its ridge bright.
    let along = step(-0.2, 0.02, y) * (1 - step(tip - 0.06, tip + 0.04, y))
    let spread = mix(0.07, width * 0.75, step(-0.1, tip, y))
    let shadedSide: Float = traits.light.x > 0 ? -1 : 1
    color *= 1 - 0.2 * along * blob((x * shadedSide - spread) / (0.8 * spread), 0)
    color *= 1 - 0.08 * along * blob((-x * shadedSide - spread) / (0.7 * spread), 0)
    color += Color(repeating: 0.075 * along * blob((x - 0.1 * traits.light.x * spread) / 0.045, 0))
    // Tip, wings, the shadow below, nostrils.
    color += Color(repeating: 0.1 * blob((x - 0.03 * traits.light.x) / 0.075, (y - tip + 0.05) / 0.07))
    let wing = ellipse(abs(x) - width * 0.72, y - tip, width * 0.36, 0.062)
    color *= 1 - 0.18 * line(wing, 0.03) * step(width * 0.55, width * 0.9, abs(x))
    color *= 1 - 0.32 * blob(x / (width * 1.1), (y - tip - 0.09) / 0.07)
    let nostril = ellipse(abs(x) - width * 0.42, y - tip - 0.035, width * 0.26, 0.02)
    color = mix(color, traits.skin * Color(0.28, 0.16, 0.14), 0.85 * cover(nostril))
  }

  func paintEars(_ color: inout Color, _ x: Float, _ y: Float) {
    let side = abs(x) - traits.headWidth - 0.015
    let outer = ellipse(side + 0.1 * (y - 0.05), y - 0.05, 0.085, 0.22)
    let covered = cover(outer)
    guard covered > 0 else { return }
    let rim = line(outer + 0.035, 0.03)
    let shade = 0.62 + 0.2 * rim - 0.18 * blob((side - 0.01) / 0.05, (y - 0.06) / 0.13)
    color = mix(color, traits.skin * Color(1.02, 0.9, 0.88) * shade, covered)
  }

  func paintNeck(_ color: inout Color, _ x: Float, _ y: Float, _ headDistance: Float) {
    guard y > 0.3 else { return }
    let width = traits.headWidth * 0.62 + 0.25 * max(0, y - 1.1) * max(0, y - 1.1)
    let collar = y - (1.62 - 0.9 * abs(x) - 0.25 * x * x)
    let covered = cover(max(abs(x) - width, collar))
    guard covered > 0 else { return }
    let round = x / width
    let lit = 0.72 + 0.22 * round * traits.light.x - 0.22 * round * round
    let chinShadow = 0.42 * (1 - step(0, 0.42, headDistance))
    let cords = 0.06 * line(abs(x) - 0.12 - 0.12 * (y - 1), 0.05)
    let pores = 0.05 * (noise(x * finest + 11, y * finest) - 0.5)
    color = mix(color, traits.skin * (lit * (1 - chinShadow) + cords + pores), covered)
  }
}
