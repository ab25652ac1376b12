import SRKernels
import SRTensor

/// Something to verify, then time.
protocol Problem {
  /// Model and layer, loss, or part of a step.
  var subject: String { get }
  /// Such as `3x3 64->64 at 32x32`.
  var size: String { get }
  /// Such as `backward data`.
  var pass: String { get }
  /// Largest relative error allowed.
  var tolerance: Double { get }

  /// The problem's operands and the kernels that compute it, ready to run.
  func makeRun(kernels: any KernelSet) -> any ProblemRun
}

extension Problem {
  var name: String { "\(subject): \(size), \(pass)" }
}

/// A problem with its operands.
protocol ProblemRun {
  /// Such as `winograd F(4x4,3x3)`.
  var algorithm: String { get }
  /// Multiplications and additions of the direct method; nil if memory matters, not arithmetic.
  var directFLOPs: Int? { get }
  /// Bytes of the operands and the results, each counted once; nil if many passes make the number meaningless.
  var bytesMoved: Int? { get }

  func run()

  /// Error against the definition, relative to the largest value (the conforming type says which definition);
  /// nil if other problems verify the results.
  func relativeError() -> Double?
}

extension ProblemRun {
  /// Median CPU time of a run, in seconds, over at least `seconds` and seven repetitions.
  func time(atLeast seconds: Double) -> Double {
    Stopwatch.median(atLeast: seconds) { run() }
  }
}

/// Every problem of srdist's training, at 32x32 low-resolution and 128x128 high-resolution images.
enum Problems {
  static var all: [any Problem] {
    ConvolutionProblem.all + LibraryProductProblem.all + LossProblem.all + StepProblem.all
  }
}

/// Deterministic operands.
struct RandomOperands {
  private var generator: PhiloxGenerator

  init(seed: UInt64) { generator = PhiloxGenerator(seed: seed, stream: 0) }

  mutating func uniform(_ count: Int, from low: Float, to high: Float) -> AlignedBuffer {
    let buffer = AlignedBuffer(count: count)
    for index in 0..<count { buffer.pointer[index] = low + (high - low) * generator.uniform() }
    return buffer
  }
}

/// Largest difference, relative to the largest expected value; infinite if a value is not finite.
func relativeError(_ values: some Sequence<Float>, _ expected: [Double]) -> Double {
  var (error, largest) = (0.0, 0.0)
  for (value, expectation) in zip(values, expected) {
    guard value.isFinite else { return .infinity }
    error = max(error, abs(Double(value) - expectation))
    largest = max(largest, abs(expectation))
  }
  return error / largest
}

/// How far a gradient's norm is from the slope along the gradient, by a central difference that changes the value by a
/// thousandth. A longer step crosses many kinks of a network's rectifiers, and a much shorter one is lost in the rounding of
/// `value`.
///
/// - Parameter value: the function whose gradient at `origin` this is.
func slopeError(gradient: AlignedBuffer, origin: AlignedBuffer, value: (AlignedBuffer) -> Double) -> Double {
  let norm = gradient.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  guard norm.isFinite, norm > 0 else { return .infinity }
  let step = 0.0005 * abs(value(origin)) / norm
  let moved = AlignedBuffer(count: origin.count)
  func valueAlong(_ distance: Double) -> Double {
    for index in 0..<origin.count {
      moved.pointer[index] = origin.pointer[index] + Float(distance / norm) * gradient.pointer[index]
    }
    return value(moved)
  }
  let slope = (valueAlong(step) - valueAlong(-step)) / (2 * step)
  return abs(slope / norm - 1)
}
