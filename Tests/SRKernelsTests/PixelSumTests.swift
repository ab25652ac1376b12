import SRKernelDispatch
import SRKernels
import SRTensor
import Testing

/// Sums over pixels against the definition in double precision. The terms are large, and the sums are small.
@Suite struct PixelSumTests {
  static let sizes = [(pixels: 1024, channels: 64), (70, 16), (3, 48), (4099, 32)]

  @Test(arguments: CPULevel.supported(), sizes)
  func agreeWithTheDefinition(level: CPULevel, size: (pixels: Int, channels: Int)) {
    let count = size.pixels * size.channels
    var generator = PhiloxGenerator(seed: 5, stream: 0)
    // Neighbours differ by 8, around a mean of 1/64.
    let image = (0..<count).map { index in
      (index / size.channels % 2 == 0 ? 4 : -4) + generator.uniform() - 0.5 + 1 / 64
    }
    let other = (0..<count).map { _ in generator.uniform() }
    let sizeOfTerms = 4 * Double(size.pixels)

    var means = [Float](repeating: .nan, count: size.channels)
    level.kernels.globalAveragePool(image, pixels: size.pixels, channels: size.channels, means: &means)
    let sums = Reference.sumOverPixels(image.map(Double.init), channels: size.channels)
    for (mean, sum) in zip(means, sums) {
      #expect(abs(Double(mean) * Double(size.pixels) - sum) <= 2e-8 * sizeOfTerms + 1e-7 * abs(sum))
    }

    var products = [Float](repeating: .nan, count: size.channels)
    level.kernels.sumOfProducts(
      image, other, pixels: size.pixels, channels: size.channels, sums: &products)
    let expected = Reference.sumOverPixels(
      zip(image, other).map { Double($0) * Double($1) }, channels: size.channels)
    for (product, sum) in zip(products, expected) {
      #expect(abs(Double(product) - sum) <= 5e-8 * sizeOfTerms + 1e-7 * abs(sum))
    }
  }
}
