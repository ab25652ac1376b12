/// What was measured of one problem.
struct Measurement: Encodable {
  let name: String
  let layer: String
  let shape: String
  let pass: String
  let algorithm: String
  /// Largest error relative to the largest value; absent where it was not asked for.
  let relativeError: Double?
  let tolerance: Double
  let microseconds: Double
  /// The direct method's operations by the time taken, in 1e9 a second.
  let effectiveGFLOPs: Double
  /// Share of the core's measured peak; above 1 where arithmetic was saved.
  let shareOfPeak: Double
  let bytesMoved: Int
  /// Share of the measured memory bandwidth; above 1 where caches served the bytes.
  let shareOfBandwidth: Double

  init(
    _ problem: ConvolutionProblem, algorithm: String, relativeError: Double?, seconds: Double, bytes: Int,
    machine: Machine
  ) {
    name = problem.name
    layer = problem.layer
    shape = problem.shape.description
    pass = problem.pass.rawValue
    self.algorithm = algorithm
    self.relativeError = relativeError
    tolerance = problem.pass.tolerance
    microseconds = seconds * 1e6
    effectiveGFLOPs = Double(problem.shape.directFLOPs) / seconds * 1e-9
    shareOfPeak = effectiveGFLOPs / machine.peakGFLOPs
    bytesMoved = bytes
    shareOfBandwidth = Double(bytes) / seconds * 1e-9 / machine.memoryGigabytesPerSecond
  }

  var isWithinTolerance: Bool { relativeError.map { $0 <= tolerance } ?? true }
}
