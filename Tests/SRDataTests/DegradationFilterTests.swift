import Foundation
import SRData
import Testing

/// Blur and resize against their definitions in double precision, and on pictures of known outcome.
@Suite struct DegradationFilterTests {
  /// The weights by the formulas, with the C library's functions and matrices written out.
  private func expected(
    _ shape: BlurKernel.Shape, side: Int, sigma: (Double, Double), angle: Double, beta: Double
  ) -> [Double] {
    let (c, s) = (cos(angle), sin(angle))
    let (a, b) = (sigma.0 * sigma.0, sigma.1 * sigma.1)
    // S = R diag(a, b) R^T
    let (xx, xy, yy) = (c * c * a + s * s * b, c * s * (a - b), s * s * a + c * c * b)
    let determinant = xx * yy - xy * xy
    var values: [Double] = []
    for y in -(side / 2)...(side / 2) {
      for x in -(side / 2)...(side / 2) {
        let (x, y) = (Double(x), Double(y))
        let q = (yy * x * x - 2 * xy * x * y + xx * y * y) / determinant
        values.append(
          shape.isPlateau ? 1 / (pow(q, beta) + 1) : exp(-0.5 * (shape.isGaussian ? q : pow(q, beta))))
      }
    }
    let sum = values.reduce(0, +)
    return values.map { $0 / sum }
  }

  @Test(arguments: BlurKernel.Shape.allCases, [0.5, 1, 2.7])
  func kernelsFollowTheirFormulas(shape: BlurKernel.Shape, beta: Double) {
    for (side, sigma, turns) in [(7, (0.3, 2.0), 0.1), (21, (3.0, 0.8), 0.77), (13, (1.5, 1.5), 0.5)] {
      let kernel = BlurKernel(shape, side: side, sigma: sigma, turns: turns, beta: beta)
      let formula = expected(
        shape, side: side, sigma: (sigma.0, shape.isIsotropic ? sigma.0 : sigma.1),
        angle: shape.isIsotropic ? 0 : 2 * .pi * turns, beta: beta)
      #expect(zip(kernel.weights, formula).allSatisfy { abs(Double($0) - $1) < 1e-7 })
      #expect(abs(kernel.weights.reduce(0) { $0 + Double($1) } - 1) < 1e-5)
    }
  }

  @Test(arguments: [7, 21]) func lowPassFiltersFollowTheirFormula(side: Int) {
    for cutoff in [Double.pi / 5, 2, .pi] {
      var values: [Double] = []
      for y in -(side / 2)...(side / 2) {
        for x in -(side / 2)...(side / 2) {
          let r = hypot(Double(x), Double(y))
          values.append(r == 0 ? cutoff * cutoff / (4 * .pi) : cutoff * j1(cutoff * r) / (2 * .pi * r))
        }
      }
      let sum = values.reduce(0, +)
      let kernel = BlurKernel(lowPass: cutoff, side: side)
      #expect(zip(kernel.weights, values).allSatisfy { abs(Double($0) - $1 / sum) < 1e-7 })
    }
  }

  /// Float RGB pixels without structure.
  static func picture(width: Int, height: Int) -> [Float] {
    (0..<3 * width * height).map { Float(($0 * 7919 + $0 * $0 % 101) % 256) / 255 }
  }

  private func apply(
    _ step: DegradationStep, _ pixels: [Float], width: Int, height: Int
  ) -> (width: Int, height: Int, pixels: [Float]) {
    Degrader.apply([step], to: pixels, width: width, height: height)
  }

  /// Widths beside the lanes of vectors, and pictures smaller than the kernel, whose mirrors are mirrored.
  @Test(arguments: [(1, 1), (3, 5), (11, 4), (5, 40), (37, 23)])
  func blurIsACorrelationOfTheMirroredPicture(width: Int, height: Int) {
    let pixels = Self.picture(width: width, height: height)
    func mirrored(_ position: Int, _ count: Int) -> Int {
      if count == 1 { return 0 }
      let period = 2 * (count - 1)
      let place = ((position % period) + period) % period
      return min(place, period - place)
    }
    for side in [3, 9, 21] {
      let kernel = BlurKernel(
        .generalizedAnisotropic, side: side, sigma: (2.5, 0.7), turns: 0.15, beta: 0.8)
      let found = apply(.blur(kernel), pixels, width: width, height: height)
      #expect((found.width, found.height) == (width, height))
      for y in 0..<height {
        for x in 0..<width {
          for channel in 0..<3 {
            var sum = 0.0
            for v in 0..<side {
              for u in 0..<side {
                let row = mirrored(y + v - side / 2, height)
                let column = mirrored(x + u - side / 2, width)
                sum +=
                  Double(kernel.weights[v * side + u]) * Double(pixels[3 * (row * width + column) + channel])
              }
            }
            #expect(abs(Double(found.pixels[3 * (y * width + x) + channel]) - sum) < 3e-6)
          }
        }
      }
    }
  }

  @Test(
    arguments: ResizeFilter.allCases,
    [(8, 6, 4, 3), (7, 9, 16, 4), (5, 5, 5, 12), (9, 4, 1, 1), (1, 1, 3, 2)])
  func resizesFollowTheirDefinitions(filter: ResizeFilter, sizes: (Int, Int, Int, Int)) {
    let (width, height, newWidth, newHeight) = sizes
    let pixels = Self.picture(width: width, height: height)
    /// The weight of each input of one output.
    func weights(_ output: Int, _ from: Int, _ to: Int) -> [Double] {
      var weights = [Double](repeating: 0, count: from)
      let center = (Double(output) + 0.5) * Double(from) / Double(to) - 0.5
      func add(_ position: Int, _ weight: Double) { weights[min(max(position, 0), from - 1)] += weight }
      switch filter {
      case .area:
        let first = Int(floor(Double(output * from) / Double(to)))
        let end = Int(ceil(Double((output + 1) * from) / Double(to)))
        for position in first..<end { add(position, 1 / Double(end - first)) }
      case .bilinear:
        for position in Int(floor(center))...Int(floor(center)) + 1 {
          add(position, max(0, 1 - abs(center - Double(position))))
        }
      case .bicubic:
        let a = -0.75
        for position in Int(floor(center)) - 1...Int(floor(center)) + 2 {
          let x = abs(center - Double(position))
          add(
            position,
            x <= 1
              ? (a + 2) * x * x * x - (a + 3) * x * x + 1 : a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a)
        }
      }
      return weights
    }
    let found = apply(
      .resize(filter, width: newWidth, height: newHeight), pixels, width: width, height: height)
    #expect((found.width, found.height) == (newWidth, newHeight))
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        let (rows, columns) = (weights(y, height, newHeight), weights(x, width, newWidth))
        for channel in 0..<3 {
          var sum = 0.0
          for v in 0..<height {
            for u in 0..<width { sum += rows[v] * columns[u] * Double(pixels[3 * (v * width + u) + channel]) }
          }
          #expect(abs(Double(found.pixels[3 * (y * newWidth + x) + channel]) - sum) < 2e-6)
        }
      }
    }
  }

  /// A single white pixel becomes the kernel, turned by half a turn. Half the size by area is the mean of four.
  @Test func picturesOfKnownOutcome() {
    let kernel = BlurKernel(.anisotropic, side: 7, sigma: (2, 0.5), turns: 0.2)
    var pixels = [Float](repeating: 0, count: 3 * 15 * 15)
    for channel in 0..<3 { pixels[3 * (7 * 15 + 7) + channel] = 1 }
    let blurred = apply(.blur(kernel), pixels, width: 15, height: 15).pixels
    for y in 0..<7 {
      for x in 0..<7 { #expect(blurred[3 * ((4 + y) * 15 + 4 + x)] == kernel.weights[(6 - y) * 7 + 6 - x]) }
    }
    let steps: [Float] = [0, 0.25, 0.5, 1].flatMap { [$0, $0, $0] }
    let mean = apply(.resize(.area, width: 1, height: 1), steps, width: 2, height: 2).pixels
    #expect(mean == [0.4375, 0.4375, 0.4375])
    // Bilinear leaves a ramp a ramp.
    let ramp = (0..<8).flatMap { [Float](repeating: Float($0) / 8, count: 3) }
    let wide = apply(.resize(.bilinear, width: 16, height: 1), ramp, width: 8, height: 1).pixels
    for x in 1..<15 { #expect(abs(wide[3 * x] - (Float(x) / 2 - 0.25) / 8) < 1e-6) }
  }
}
