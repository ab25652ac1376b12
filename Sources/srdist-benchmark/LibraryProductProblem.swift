import COpenBLAS
import SRKernels
import SRTensor

/// The matrix product of a convolution's forward pass over unrolled patches, computed by OpenBLAS: a yardstick for srdist's own
/// products. Training uses none of the library, whose bits depend on its version and on the CPU.
struct LibraryProductProblem: Problem {
  private let layer: String
  /// Patches, or pixels of the destination.
  fileprivate let rows: Int
  /// Floats of a patch.
  fileprivate let depth: Int
  /// Output channels.
  fileprivate let columns: Int

  var subject: String { "\(layer), by OpenBLAS" }
  var size: String { "\(rows)x\(depth) by \(depth)x\(columns)" }
  var pass: String { "product" }
  var tolerance: Double { 2e-6 }

  func makeRun(kernels: any KernelSet) -> any ProblemRun { LibraryProductRun(self) }

  static var all: [any Problem] {
    [
      LibraryProductProblem(layer: "AlexNet conv1", rows: 31 * 31, depth: 363, columns: 64),
      LibraryProductProblem(layer: "AlexNet conv2", rows: 15 * 15, depth: 1600, columns: 192),
      LibraryProductProblem(layer: "SqueezeNet fire9 squeeze", rows: 7 * 7, depth: 512, columns: 64),
      LibraryProductProblem(layer: "compact last x2", rows: 32 * 32, depth: 576, columns: 12),
    ]
  }
}

private struct LibraryProductRun: ProblemRun {
  private let problem: LibraryProductProblem
  private let patches: AlignedBuffer
  private let weights: AlignedBuffer
  private let result: AlignedBuffer

  init(_ problem: LibraryProductProblem) {
    self.problem = problem
    var operands = RandomOperands(seed: 2)
    patches = operands.uniform(problem.rows * problem.depth, from: -1, to: 1)
    weights = operands.uniform(problem.depth * problem.columns, from: -0.1, to: 0.1)
    result = AlignedBuffer(count: problem.rows * problem.columns)
  }

  var algorithm: String { "sgemm (\(BLASCore.name))" }
  var directFLOPs: Int? { 2 * problem.rows * problem.depth * problem.columns }
  var bytesMoved: Int? { (patches.count + weights.count + result.count) * MemoryLayout<Float>.stride }

  func run() {
    let (rows, depth, columns) = (blasint(problem.rows), blasint(problem.depth), blasint(problem.columns))
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, columns, depth, 1, patches.pointer, depth,
      weights.pointer, columns, 0, result.pointer, columns)
  }

  func relativeError() -> Double? {
    run()
    var expected = [Double](repeating: 0, count: result.count)
    for row in 0..<problem.rows {
      for d in 0..<problem.depth {
        let value = Double(patches.pointer[row * problem.depth + d])
        for column in 0..<problem.columns {
          expected[row * problem.columns + column] +=
            value * Double(weights.pointer[d * problem.columns + column])
        }
      }
    }
    return srdist_benchmark.relativeError(result.values, expected)
  }
}
