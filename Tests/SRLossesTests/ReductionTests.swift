import SRData
import SRKernelDispatch
import SRKernels
import Testing

/// The linear reduction against Pillow's, which `BicubicResize` reproduces to the byte.
@Suite struct ReductionTests {
  /// Pillow rounds the rows and then the result to 8 bits. Each rounding has a variance of (1/255)^2 / 12, or 1.3e-6.
  @Test(arguments: [1, 2, 3, 4, 8], CPULevel.supported())
  func differsFromPillowByItsRounding(scale: Int, level: CPULevel) throws {
    let shape = ImageShape(height: 48, width: 72)
    let formula = FormulaImages(height: shape.height, width: shape.width)
    // The formula's images are noisy. Values well inside 0...1 are not clipped by the filter's overshoot.
    let bytes = formula.highRes.map { UInt8(80 + 90 * $0) }
    let (height, width) = (shape.height / scale, shape.width / scale)
    let resize = BicubicResize(
      fromWidth: shape.width, height: shape.height, toWidth: width, height: height)
    let lowRes = resize(RGBImage(width: shape.width, height: shape.height, pixels: bytes)).pixels
    var scratch = [Float](repeating: .nan, count: level.kernels.reducedDifferenceScratchCount(shape))
    let sum = lowRes.map { Float($0) / 255 }.withUnsafeBufferPointer { low in
      level.kernels.reducedDifference(
        superRes: bytes.map { Float($0) / 255 }, lowRes: .init(low.baseAddress!, scale: scale), shape: shape,
        gradientScale: 0, gradient: nil, scratch: &scratch)
    }
    let mean = sum / Double(lowRes.count)
    #expect(scale == 1 ? mean < 1e-12 : mean > 1e-6 && mean < 3e-6, "\(mean)")
  }
}
