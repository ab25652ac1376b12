/// Paints one synthetic face, pixel by pixel, from back to front: backdrop, clothes, hair, neck, head, features, front hair,
/// glasses. Edges are softened over one pixel.
struct FacePainter: Sendable {
  let traits: FaceTraits
  let noise: ValueNoise
  /// The width of a pixel in head units.
  let pixel: Float

  init(traits: FaceTraits, size: Int) {
    self.traits = traits
    noise = ValueNoise(seed: traits.noiseSeed)
    pixel = 2 * traits.reach / Float(size)
  }

  /// A picture of `size` x `size` pixels. Precondition: the painter was made for this size.
  func paint(size: Int) -> RGBImage {
    let grain = ValueNoise(seed: traits.noiseSeed &+ 1)
    let pixels = [UInt8](unsafeUninitializedCapacity: size * size * 3) { result, count in
      for row in 0..<size {
        for column in 0..<size {
          let u = (2 * Float(column) + 1) / Float(size) - 1
          let v = (2 * Float(row) + 1) / Float(size) - 1
          let film = 0.014 * (grain.at(Int32(column), Int32(row)) - 0.5)
          let color = color(u, v) * traits.exposure + film
          for channel in 0..<3 {
            result[(row * size + column) * 3 + channel] = UInt8(clamp(color[channel]) * 255 + 0.5)
          }
        }
      }
      count = size * size * 3
    }
    return RGBImage(width: size, height: size, pixels: pixels)
  }

  /// How much of a pixel lies inside an edge that is at this signed distance.
  func cover(_ distance: Float) -> Float { clamp(0.5 - distance / pixel) }

  /// The highest frequency per head unit that the pixels can show.
  var finest: Float { 0.7 / pixel }

  /// `u` and `v` run from -1 to 1 across the picture.
  private func color(_ u: Float, _ v: Float) -> Color {
    let (px, py) = (u * traits.reach, v * traits.reach)
    let x = (px - traits.center.x) * traits.cosine + (py - traits.center.y) * traits.sine
    let y = (py - traits.center.y) * traits.cosine - (px - traits.center.x) * traits.sine

    var color = backdrop(u, v)
    paintClothes(&color, x, y)
    let strands = hairColor(x, y)
    let headDistance = head(x, y)
    paintBackHair(&color, x, y, strands)
    paintNeck(&color, x, y, headDistance)
    paintEars(&color, x, y)
    let headCover = cover(headDistance)
    if headCover > 0 {
      var face = skinColor(x, y)
      paintNose(&face, x, y)
      paintMouth(&face, x, y)
      paintBeard(&face, x, y)
      for side: Float in [-1, 1] { paintEye(&face, x * side, y, side) }
      color = mix(color, face, headCover)
    }
    paintFrontHair(&color, x, y, strands)
    if traits.hasGlasses { paintGlasses(&color, x, y) }
    return color
  }

  /// Signed distance to the head's outline: an ellipse that narrows towards the chin.
  func head(_ x: Float, _ y: Float) -> Float {
    let down = max(0, y)
    return ellipse(x / (1 - traits.jaw * down * down), y, traits.headWidth, 1)
  }
}
