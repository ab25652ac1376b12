import Foundation
import SRData
import SRTensor
import SRTestSupport
import Testing

/// Noise and JPEG.
@Suite struct DegradationNoiseTests {
  private let stream = NoiseStream(seed: 5, epoch: 2, index: 9)

  private func noisy(_ step: DegradationStep, level: Float, side: Int = 96) -> [Float] {
    let pixels = [Float](repeating: level, count: 3 * side * side)
    return Degrader.apply([step], to: pixels, width: side, height: side).pixels
  }

  private func moments(_ values: [Float]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
    let variance = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return (mean, (variance / Double(values.count)).squareRoot())
  }

  /// The numbers of the stream, four for each position.
  private func numbers(_ position: Int) -> SIMD4<UInt32> {
    Philox4x32(key: stream.seed).block(at: [UInt32(position), 0, stream.epoch, stream.index])
  }

  /// Box-Muller with the C library's functions.
  @Test(arguments: [false, true]) func gaussianNoiseFollowsItsDefinition(isGrey: Bool) {
    let (width, height, sigma) = (13, 7, 40.0)
    let pixels = DegradationFilterTests.picture(width: width, height: height)
    let found = Degrader.apply(
      [.gaussianNoise(sigma: sigma, isGrey: isGrey, stream)], to: pixels, width: width, height: height
    ).pixels
    for index in pixels.indices {
      let draw = isGrey ? index / 3 : index
      let block = numbers(draw / 4)
      let first = draw % 4 / 2 * 2
      let u = (Double(block[first]) + 0.5) / 4_294_967_296
      let angle = 2 * Double.pi * Double(block[first + 1]) / 4_294_967_296
      let normal = (-2 * log(u)).squareRoot() * (draw % 2 == 0 ? cos(angle) : sin(angle))
      let expected = min(max(Double(pixels[index]) + sigma / 255 * normal, 0), 1)
      #expect(abs(Double(found[index]) - expected) < 3e-7, "\(index)")
    }
  }

  /// The distribution function is summed with the C library's functions. A draw at one of its steps may fall on either side.
  @Test(arguments: [false, true]) func poissonNoiseFollowsItsDefinition(isGrey: Bool) {
    let (width, height, scale) = (40, 24, 0.7)
    let pixels = DegradationFilterTests.picture(width: width, height: height)
    let found = Degrader.apply(
      [.poissonNoise(scale: scale, isGrey: isGrey, stream)], to: pixels, width: width, height: height
    ).pixels
    func level(_ draw: Int) -> Double {
      guard isGrey else { return (Double(pixels[draw]) * 255).rounded() }
      let luma =
        0.2989 * Double(pixels[3 * draw]) + 0.587 * Double(pixels[3 * draw + 1])
        + 0.114 * Double(pixels[3 * draw + 2])
      return (luma * 255).rounded()
    }
    let draws = isGrey ? width * height : pixels.count
    let levels = (0..<draws).map(level)
    let peak = pow(2, ceil(log2(Double(Set(levels).count))))
    for draw in 0..<draws {
      let mean = levels[draw] / 255 * peak
      let uniform = Double(numbers(draw / 4)[draw % 4]) / 4_294_967_296
      var counts: Set<Double> = []
      for nudged in [uniform - 1e-8, uniform + 1e-8] {
        var (count, sum) = (0.0, exp(-mean))
        while sum <= nudged && count < 2000 {
          count += 1
          sum += exp(count * log(mean) - mean - lgamma(count + 1))
        }
        counts.insert(count)
      }
      for index in isGrey ? 3 * draw..<3 * draw + 3 : draw..<draw + 1 {
        let isDrawn = counts.contains { count in
          let noise = scale * (count / peak - levels[draw] / 255)
          return abs(Double(found[index]) - min(max(Double(pixels[index]) + noise, 0), 1)) < 1e-6
        }
        #expect(isDrawn, "\(index): \(counts)")
      }
    }
  }

  /// 27,648 draws: five standard errors of the mean are 3 % of the deviation, and those of the deviation 2 %.
  @Test func gaussianNoiseHasItsDeviation() {
    let values = noisy(.gaussianNoise(sigma: 10, isGrey: false, stream), level: 0.5)
    let (mean, deviation) = moments(values)
    #expect(abs(mean - 0.5) < 0.03 * 10 / 255)
    #expect(abs(deviation / (10 / 255) - 1) < 0.022)
    // The shares beyond one and two deviations.
    for (limit, share) in [(1.0, 0.3173), (2, 0.0455)] {
      let beyond = values.count { abs(Double($0) - 0.5) > limit * 10 / 255 }
      #expect(abs(Double(beyond) / Double(values.count) - share) < 0.015)
    }
    // Channels and neighbours are independent.
    var products: [Float] = []
    for (one, next) in zip(values, values.dropFirst()) { products.append((one - 0.5) * (next - 0.5)) }
    #expect(abs(moments(products).mean) < 0.03 * (10.0 / 255) * (10.0 / 255))
  }

  @Test func greyNoiseIsTheSameInAllChannels() {
    for step in [
      DegradationStep.gaussianNoise(sigma: 20, isGrey: true, stream),
      .poissonNoise(scale: 2, isGrey: true, stream),
    ] {
      let values = noisy(step, level: 0.4)
      for pixel in stride(from: 0, to: values.count, by: 3) {
        #expect(values[pixel] == values[pixel + 1] && values[pixel] == values[pixel + 2])
      }
      #expect(Set(values).count > 1)
    }
  }

  /// With 256 levels, white stands for a mean of 256: the deviation of a level x is sqrt(x / 256).
  @Test(arguments: [1.0, 0.25]) func poissonNoiseHasItsDeviation(scale: Double) {
    let side = 256
    // Each row has a level of its own.
    var pixels: [Float] = []
    for level in 0..<side { pixels += [Float](repeating: Float(level) / 255, count: 3 * side) }
    let step = DegradationStep.poissonNoise(scale: scale, isGrey: false, stream)
    let found = Degrader.apply([step], to: pixels, width: side, height: side).pixels
    for level in [40, 100, 150] {
      let row = Array(found[3 * side * level..<3 * side * (level + 1)])
      let (mean, deviation) = moments(row)
      let expected = scale * (Double(level) / 255 / 256).squareRoot()
      // 768 draws.
      #expect(abs(mean - Double(level) / 255) < 5 * expected / 768.0.squareRoot())
      #expect(abs(deviation / expected - 1) < 0.13)
    }
    // A mean of 0 has no noise, and two levels make white a mean of 2: the noise's steps are halves.
    for value in found.prefix(3 * side) { #expect(value == 0) }
    let halves = Degrader.apply(
      [.poissonNoise(scale: 0.1, isGrey: false, stream)], to: [0, 0, 0, 1, 1, 1], width: 2, height: 1
    ).pixels
    #expect(halves[..<3].allSatisfy { $0 == 0 })
    for value in halves[3...] {
      let steps = 20 * Double(value)
      #expect(abs(steps.rounded() - steps) < 1e-4, "\(halves)")
    }
  }

  private static let cjpeg = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
    .map { "\($0)/cjpeg" }.first { FileManager.default.isExecutableFile(atPath: $0) }

  @Test(
    .enabled(if: cjpeg != nil, "needs libjpeg's tool cjpeg (Debian: libjpeg-turbo-progs)"),
    arguments: [1, 30, 75, 95, 100])
  func jpegHasTheBytesOfLibjpegsTool(quality: Int) throws {
    let folder = try TemporaryFolder()
    let (width, height) = (37, 22)
    let image = RGBImage(
      width: width, height: height,
      pixels: DegradationFilterTests.picture(width: width, height: height).map { UInt8($0 * 255) })
    try folder.write(Array("P6\n\(width) \(height)\n255\n".utf8) + image.pixels, as: "in.ppm")
    let run = try ChildRun(
      Self.cjpeg!,
      ["-baseline", "-quality", "\(quality)", "-outfile", folder.file("out.jpg"), folder.file("in.ppm")])
    #expect(run.status == 0, "\(run.errors)")
    #expect(try JPEGLoss.encode(image, quality: quality) == bytes(of: folder.file("out.jpg")))
  }

  /// The step leaves what decoding the file gives; flat grey survives.
  @Test func jpegIsTheFileDecoded() throws {
    let folder = try TemporaryFolder()
    let pixels = DegradationFilterTests.picture(width: 20, height: 18)
    let image = RGBImage(width: 20, height: 18, pixels: pixels.map { UInt8($0 * 255 + 0.5) })
    for quality in [10, 90] {
      let found = Degrader.apply([.jpeg(quality: quality)], to: pixels, width: 20, height: 18).pixels
      try folder.write(JPEGLoss.encode(image, quality: quality), as: "a.jpg")
      #expect(try found.map { UInt8($0 * 255 + 0.5) } == ImageFile.read(folder.file("a.jpg")).pixels)
      #expect(found != pixels)
    }
    let grey = noisy(.jpeg(quality: 50), level: 128 / 255, side: 16)
    #expect(grey.allSatisfy { $0 == 128 / 255 })
  }
}
