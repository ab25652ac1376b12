import SRKernelDispatch
import SRKernels
import Testing

/// Squeeze-and-excitation over windows against the naive twins in double precision.
@Suite struct LocalPoolingKernelTests {
  enum Kernel: String, CaseIterable {
    case windowMeans, scaleAndAdd, scaleAndAddInPlace
    case dense, denseWithReLU, denseWithSigmoid
  }

  /// Windows that move both ways, that fill the image in one of them, and of one pixel.
  static let windows: [(height: Int, width: Int, rows: Int, columns: Int)] = [
    (9, 11, 4, 5), (3, 20, 3, 6), (12, 4, 5, 4), (5, 6, 1, 1),
  ]

  /// One pixel, pixels that fill no block, a whole block, and any number of inputs.
  static let layers: [(pixels: Int, inputs: Int, outputs: Int)] = [(1, 16, 16), (13, 20, 32), (64, 48, 16)]

  @Test(arguments: Kernel.allCases, CPULevel.supported())
  func agreesWithReference(kernel: Kernel, level: CPULevel) {
    let kernels = level.kernels
    switch kernel {
    case .windowMeans: compareWindowMeans(kernels)
    case .scaleAndAdd, .scaleAndAddInPlace:
      compareScaleAndAdd(inPlace: kernel == .scaleAndAddInPlace, kernels)
    case .dense: compareDense(.identity, kernels)
    case .denseWithReLU: compareDense(.relu, kernels)
    case .denseWithSigmoid: compareDense(.sigmoid, kernels)
    }
  }

  private func compareWindowMeans(_ kernels: any KernelSet) {
    let channels = 32
    for (height, width, rows, columns) in Self.windows {
      var operands = KernelOperands(seed: 31)
      let image = operands.uniform(height * width * channels)
      let rowCount = width * channels
      let result = written(image.count) { means in
        image.withUnsafeBufferPointer { image in
          let image = image.baseAddress!
          var sums = [Double](repeating: 0, count: rowCount)
          for group in 0..<channels / 16 {
            func move(entering: Int, leaving: Int?) {
              kernels.moveWindows(
                entering: image + entering * rowCount, leaving: leaving.map { image + $0 * rowCount },
                width: width, channels: channels, group: group, sums: &sums)
            }
            for row in 0..<rows { move(entering: row, leaving: nil) }
            var top = 0
            for y in 0..<height {
              if min(max(0, y - (rows - 1) / 2), height - rows) > top {
                move(entering: top + rows, leaving: top)
                top += 1
              }
              kernels.windowMeans(
                sums, width: width, channels: channels, group: group, rows: rows, columns: columns,
                means: means + y * rowCount)
            }
          }
        }
      }
      let expected = Reference.windowMeans(
        doubles(image), ImageShape(height: height, width: width, channels: channels), rows: rows,
        columns: columns)
      #expect(relativeError(result, expected) <= 2e-7, "\(rows)x\(columns) of \(height)x\(width)")
    }
  }

  private func compareScaleAndAdd(inPlace: Bool, _ kernels: any KernelSet) {
    var operands = KernelOperands(seed: 32)
    let count = 7 * 16
    let (image, scales, identity) = (
      operands.uniform(count), operands.uniform(count), operands.uniform(count)
    )
    let result = written(count, from: scales) { destination in
      if inPlace {
        kernels.scaleAndAdd(
          image: image, scales: destination, identity: identity, destination: destination, count: count)
      } else {
        kernels.scaleAndAdd(
          image: image, scales: scales, identity: identity, destination: destination, count: count)
      }
    }
    let expected = Reference.scaleChannelsAndAdd(
      image: doubles(image), scales: doubles(scales), identity: doubles(identity))
    #expect(relativeError(result, expected) <= 2e-7)
  }

  /// The sums reach from where sigmoids are 0 to where they are 1.
  private func compareDense(_ activation: DenseActivation, _ kernels: any KernelSet) {
    for (pixels, inputs, outputs) in Self.layers {
      var operands = KernelOperands(seed: 33)
      let (source, weights) = (operands.uniform(pixels * inputs), operands.uniform(inputs * outputs))
      let bias = (0..<outputs).map { Float($0 * 248 / outputs - 124) }
      let result = written(pixels * outputs) {
        kernels.dense(
          source, pixels: pixels, inputs: inputs, outputs: outputs, weights: weights, bias: bias,
          activation: activation, destination: $0)
      }
      let expected = Reference.dense(
        doubles(source), inputs: inputs, weights: doubles(weights), bias: doubles(bias),
        activation: activation)
      #expect(relativeError(result, expected) <= 4e-7, "\(activation) of \(pixels)x\(inputs)x\(outputs)")
    }
  }
}
