extension FacePainter {
  /// One eye with its brow, lids and lashes. `x` is mirrored, so that the eye lies at positive x. `side` tells which eye it is.
  func paintEye(_ color: inout Color, _ x: Float, _ y: Float, _ side: Float) {
    let (cx, cy) = (x - traits.eyeSpacing, y + 0.08 + traits.eyeTilt * (x - traits.eyeSpacing))
    guard abs(cx) < 0.34, cy > -0.42, cy < 0.26 else { return }
    paintBrow(&color, cx, cy)

    let (width, height) = (traits.eyeWidth, traits.eyeHeight)
    let arch = max(0, 1 - cx * cx / (width * width))
    let upper = -height * arch
    let lower = height * 0.72 * arch
    let opening = max(upper - cy, cy - lower)
    let inside = cover(max(opening, abs(cx) - width))

    // The crease and the lid above it. Makeup tints the lid.
    let lidBand = step(-0.13, -0.03, cy - upper) * (1 - step(-0.01, 0.01, cy - upper)) * blob(cx / 0.24, 0)
    color *= 1 - 0.12 * lidBand
    color = mix(color, traits.lip * 0.5, 0.4 * traits.makeup * lidBand)
    let creaseY = -height * 1.05 * max(0, 1 - cx * cx / (width * width * 1.35)) - 0.035
    color *= 1 - 0.34 * line(cy - creaseY, 0.02) * blob(cx / (width * 1.25), 0)

    if inside > 0 {
      color = mix(color, eyeball(cx, cy, upper, side), inside)
    }
    let corner = blob((cx + width * 0.97) / 0.03, cy / 0.025)
    color = mix(color, Color(0.72, 0.42, 0.38) * traits.exposure, 0.5 * corner)
    paintLashes(&color, cx, cy, upper: upper, lower: lower)
  }

  private func eyeball(_ cx: Float, _ cy: Float, _ upper: Float, _ side: Float) -> Color {
    var color = Color(0.9, 0.88, 0.86) * (1 - 0.35 * cx * cx / (traits.eyeWidth * traits.eyeWidth))
    let (ix, iy) = (cx - traits.gaze * side, cy + 0.01)
    let radius = (ix * ix + iy * iy).squareRoot()
    let irisRadius = traits.eyeHeight * 0.98
    let covered = cover(radius - irisRadius)
    if covered > 0 {
      let direction = ix / (abs(ix) + abs(iy) + 1e-6)
      let streaks = noise(direction * 7 + 20 * side, iy > 0 ? 3 : 8)
      var iris = traits.iris * (0.7 + 0.7 * streaks) * mix(1.25, 0.75, radius / irisRadius)
      iris *= 1 - 0.65 * step(0.72, 1, radius / irisRadius)
      iris *= 1 + 0.5 * blob(ix / irisRadius, (iy - 0.55 * irisRadius) / (0.6 * irisRadius))
      color = mix(color, iris, covered)
      color = mix(color, Color(0.02, 0.02, 0.02), cover(radius - irisRadius * 0.42))
    }
    color *= 1 - 0.5 * (1 - step(0, 0.05, cy - upper))  // the lid's shadow
    // The highlight is not mirrored: both eyes see the same lamp.
    let (hx, hy) = (ix * side - traits.light.x * 0.045, iy - traits.light.y * 0.03)
    return mix(color, Color(1, 1, 1), 0.95 * cover(ellipse(hx, hy, 0.018, 0.016)))
  }

  private func paintLashes(_ color: inout Color, _ cx: Float, _ cy: Float, upper: Float, lower: Float) {
    let reach = traits.eyeWidth * 1.04
    let ends = 1 - step(reach - 0.02, reach + 0.02, abs(cx))
    let dark = Color(0.06, 0.045, 0.04)
    let thickness = 0.011 + 0.012 * traits.makeup
    let rim = abs(cy - upper) - thickness * (0.6 + 0.4 * step(-0.1, 0.1, cx))
    color = mix(color, dark, 0.92 * ends * cover(rim))
    // Single lashes fan outwards above the rim.
    let above = upper - cy
    let lashLength = 0.035 + 0.035 * traits.makeup
    if above > 0 && above < lashLength {
      let comb = triangle((cx - 0.5 * above * cx / traits.eyeWidth) * finest * 0.5)
      color = mix(color, dark, 0.6 * ends * step(0.5, 0.9, comb) * (1 - above / lashLength))
    }
    color = mix(color, dark, (0.22 + 0.2 * traits.makeup) * ends * line(cy - lower, 0.014))
  }

  private func paintBrow(_ color: inout Color, _ cx: Float, _ cy: Float) {
    let along = (cx + 0.2) / 0.46
    guard along > -0.05, along < 1.05 else { return }
    let arch = -traits.browHeight - 0.05 * (1 - (2 * along - 1.2) * (2 * along - 1.2))
    let taper = traits.browThickness * (along < 0.7 ? 1 : 1 - 0.8 * (along - 0.7) / 0.3)
    let strands = noise((cx * 0.8 + cy * (along < 0.3 ? 0.6 : 1.1)) * finest, cy * 12 + 50)
    let edge = abs(cy - arch) - taper * (0.75 + 0.5 * strands)
    let fade = step(-0.05, 0.1, along) * (1 - step(0.92, 1.05, along))
    let tone = mix(traits.hair * 0.75, traits.skin * 0.35, 0.35) * (0.7 + 0.6 * strands)
    color = mix(color, tone, 0.85 * fade * step(0.25 * taper, -0.5 * taper, edge))
  }

  /// Lips, the line between them, and teeth if the mouth is open.
  func paintMouth(_ color: inout Color, _ x: Float, _ y: Float) {
    let width = traits.mouthWidth
    guard abs(x) < width + 0.12, y > 0.3, y < 0.85 else { return }
    let across = x / width
    let arch = max(0, 1 - across * across)
    let middle = 0.56 - traits.smile * across * across
    let gap = traits.opening * arch
    let bow = 0.25 * blob(across / 0.22, 0)
    let top = middle - gap - traits.lipHeight * arch * (0.85 - bow)
    let bottom = middle + gap + traits.lipHeight * 1.15 * arch.squareRoot() * arch.squareRoot().squareRoot()
    color *= 1 - 0.22 * blob(across / 0.8, (y - bottom - 0.05) / 0.06)
    color *= 1 - 0.12 * blob(x / 0.04, (y - 0.45) / 0.07)

    let inside = cover(max(top - y, y - bottom))
    if inside > 0 && abs(across) < 1 {
      let isUpper = y < middle
      let creases = noise(x * finest, y * 8 + 30) - 0.5
      let belly =
        isUpper ? 0.86 : 1.0 + 0.16 * blob(across / 0.6, (y - bottom + 0.5 * traits.lipHeight) / 0.05)
      var lip = traits.lip * (belly + 0.14 * creases)
      let gloss = blob(
        (x + 0.05 * traits.light.x) / 0.1, (y - middle - gap - 0.55 * traits.lipHeight) / 0.022)
      lip += Color(repeating: (0.1 + 0.2 * traits.makeup) * gloss)
      color = mix(color, lip, inside)
    }
    if gap > 0 {
      let open = cover(max(middle - gap - y, y - middle - gap))
      if open > 0 { color = mix(color, mouthInside(x, y, middle, gap), open) }
    }
    let seam = traits.opening > 0 ? abs(abs(y - middle) - gap) : abs(y - middle)
    let seamCover = cover(seam - 0.007) * (1 - step(0.96, 1.06, abs(across)))
    color = mix(color, traits.skin * Color(0.3, 0.14, 0.13), 0.75 * seamCover)
    color *= 1 - 0.3 * blob((abs(x) - width * 1.02) / 0.035, (y - middle) / 0.03)
  }

  private func mouthInside(_ x: Float, _ y: Float, _ middle: Float, _ gap: Float) -> Color {
    let tooth = 0.055 * (1 - 0.35 * abs(x) / traits.mouthWidth)
    let between = 1 - 0.35 * step(0.8, 1, triangle(x / tooth / 2 + 0.5))
    let white = Color(0.9, 0.87, 0.8) * (1 - 0.55 * x * x / (traits.mouthWidth * traits.mouthWidth)) * between
    let end = middle + gap * 0.75
    return mix(Color(0.2, 0.06, 0.06), white, cover(y - end))
  }

  /// Stubble, or a beard if it is dense.
  func paintBeard(_ color: inout Color, _ x: Float, _ y: Float) {
    guard traits.stubble > 0, y > 0.1 else { return }
    let jawline = step(0.44, 0.72, y + 0.55 * abs(x) - 0.05)
    let moustache = blob(x / 0.33, (y - 0.46) / 0.08)
    let lips = blob(x / (traits.mouthWidth * 1.15), (y - 0.57) / 0.13)
    let density = traits.stubble * max(max(jawline - 1.6 * lips, moustache - 0.9 * lips), 0)
    guard density > 0 else { return }
    let strands = noise((x + 0.25 * y * (x < 0 ? 1 : -1)) * finest, y * finest * 0.4 + 70)
    let tone = mix(traits.hair * 0.6, traits.skin * 0.3, 0.35) * (0.6 + 0.8 * strands)
    color = mix(color, tone, clamp(density * (0.25 + 0.85 * step(0.3, 0.75, strands))))
  }

  func paintGlasses(_ color: inout Color, _ x: Float, _ y: Float) {
    let (cx, cy) = (abs(x) - traits.eyeSpacing - 0.01, y + 0.06)
    let lens = ellipse(cx, cy, 0.25, 0.19)
    let bridge = max(abs(x) - 0.09, abs(y + 0.1 + 0.6 * x * x) - 0.014)
    let arm = max(max(0.25 - cx, abs(x) - traits.headWidth - 0.03), abs(cy + 0.05) - 0.016)
    let frame = min(min(abs(lens) - 0.016, bridge), arm)
    let glint = blob((cx + 0.1) / 0.07, (cy + 0.08) / 0.09) * cover(lens)
    color += Color(repeating: 0.12 * glint)
    color *= 1 - 0.2 * blob(max(0, abs(lens - 0.01) - 0.02) / 0.05, 0)
    color = mix(color, traits.glasses + Color(repeating: 0.15 * line(lens - 0.006, 0.008)), cover(frame))
  }
}
