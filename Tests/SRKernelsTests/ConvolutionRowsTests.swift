import SRKernelDispatch
import SRKernels
import SRTensor
import Testing

/// A forward pass over some rows of an image, in parts, against the pass over the whole image.
@Suite struct ConvolutionRowsTests {
  private static func shape(
    _ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int, kernel: Int = 3, shuffle: Int = 1
  ) -> Convolution2DShape {
    Convolution2DShape(
      inputHeight: height, inputWidth: width, inputChannels: inputs, outputChannels: outputs,
      kernelSize: kernel,
      padding: kernel / 2, shuffleFactor: shuffle)
  }

  /// All algorithms: Winograd with each tile size, nested both ways, direct, and matrix products.
  static let shapes = [
    shape(7, 9, 16, 32), shape(30, 33, 64, 64), shape(70, 64, 16, 16), shape(31, 29, 16, 64, shuffle: 2),
    shape(19, 23, 16, 144, shuffle: 3),
    shape(20, 31, 3, 32, kernel: 9), shape(20, 31, 32, 3, kernel: 9), shape(37, 20, 3, 32),
    shape(67, 50, 16, 12),
  ]

  @Test(arguments: CPULevel.supported(), shapes)
  func haveTheBitsOfTheWholeImage(level: CPULevel, shape: Convolution2DShape) {
    let kernel = level.kernels.makeConvolution2D(shape)
    var operands = KernelValues(seed: 21)
    let (source, weights) = (operands.buffer(shape.sourceCount), operands.buffer(shape.weightCount))
    let bias = operands.buffer(shape.outputChannels)
    let prepared = AlignedBuffer(count: kernel.preparedForwardCount)
    kernel.prepareForward(weights: weights.pointer, into: prepared.pointer)
    let slopes = operands.buffer(shape.outputChannels)
    // A PReLU that a part applied to pixels of its neighbour would show.
    let epilogue = ConvolutionEpilogue(bias: bias.pointer, activation: .prelu(slopes: slopes.pointer))
    let whole = AlignedBuffer(count: shape.destinationCount)
    let scratch = AlignedBuffer(count: kernel.scratchCount)
    kernel.forward(
      ConvolutionSource(source.pointer), preparedWeights: prepared.pointer, epilogue: epilogue,
      destination: whole.pointer, scratch: scratch.pointer)

    let step = kernel.rowStep
    let forwardScratch = AlignedBuffer(count: kernel.forwardScratchCount)
    let rowCount = shape.outputWidth * shape.outputChannels
    for parts in [1, 2, 5] {
      for first in stride(from: 0, to: shape.outputHeight, by: 2 * step) {
        let rows = first..<min(first + 2 * step, shape.outputHeight)
        // The rows that are not to be read are NaN, and those that are not to be written stay so.
        let part = AlignedBuffer(count: shape.sourceCount)
        part.pointer.update(repeating: .nan, count: part.count)
        let sourceRows = shape.sourceRows(for: rows)
        let sourceRow = shape.inputWidth * shape.inputChannels
        (part.pointer + sourceRows.lowerBound * sourceRow).update(
          from: source.pointer + sourceRows.lowerBound * sourceRow, count: sourceRows.count * sourceRow)
        let result = AlignedBuffer(count: shape.destinationCount)
        result.pointer.update(repeating: .infinity, count: result.count)
        for index in 0..<parts {
          kernel.forward(
            ConvolutionSource(part.pointer), rows: rows, part: index, of: parts,
            preparedWeights: prepared.pointer, epilogue: epilogue, destination: result.pointer,
            scratch: forwardScratch.pointer)
        }
        let written = rows.lowerBound * rowCount..<rows.upperBound * rowCount
        #expect(
          Array(result.elements[written]) == Array(whole.elements[written]), "rows \(rows), \(parts) parts")
        let others = result.values.enumerated().filter { !written.contains($0.offset) }
        #expect(others.allSatisfy { $0.element == .infinity }, "rows \(rows), \(parts) parts")
      }
    }
    withExtendedLifetime((source, weights, bias, slopes, prepared)) {}
  }

  @Test func partsMakeAWhole() {
    for (count, parts, unit) in [(121, 6, 8), (3, 5, 1), (24, 2, 8), (5, 4, 8)] {
      let ranges = (0..<parts).map { (7..<7 + count).part($0, of: parts, unit: unit) }
      #expect(ranges.flatMap(Array.init) == Array(7..<7 + count))
    }
    #expect(121.parts(of: 24, threads: 2) == 6)
    #expect(0.parts(of: 24, threads: 3) == 3)
  }
}

/// The sums of squeeze-and-excitation, a part at a time.
@Suite struct PoolingPartsTests {
  @Test(arguments: CPULevel.supported())
  func pixelsInPartsHaveTheBitsOfTheWholeImage(level: CPULevel) {
    let (pixels, channels) = (1003, 48)
    var operands = KernelValues(seed: 22)
    let image = operands.buffer(pixels * channels)
    var means = [Float](repeating: .nan, count: channels)
    level.kernels.globalAveragePool(image.pointer, pixels: pixels, channels: channels, means: &means)
    let step = level.kernels.pixelSumStep
    for size in [step, 5 * step, pixels] {
      var totals = [Double](repeating: 0, count: channels)
      for first in stride(from: 0, to: pixels, by: size) {
        for group in 0..<channels / 16 {
          level.kernels.addPixels(
            image.pointer, pixels: first..<min(first + size, pixels), channels: channels, group: group,
            to: &totals)
        }
      }
      #expect(totals.map { Float($0) / Float(pixels) } == means)
    }
  }
}

private struct KernelValues {
  private var generator: PhiloxGenerator

  init(seed: UInt64) { generator = PhiloxGenerator(seed: seed, stream: 0) }

  mutating func buffer(_ count: Int) -> AlignedBuffer {
    let buffer = AlignedBuffer(count: count)
    for index in 0..<count { buffer.pointer[index] = 2 * generator.uniform() - 1 }
    return buffer
  }
}
