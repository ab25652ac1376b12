/// The measurements of one problem.
struct Measurement: Encodable {
  let name: String
  let subject: String
  let size: String
  let pass: String
  let algorithm: String
  /// Error relative to the largest value; absent if it was not asked for, or if other problems verify the result.
  let relativeError: Double?
  let tolerance: Double
  let microseconds: Double
  /// The direct method's operations divided by the time, in 1e9 per second.
  let effectiveGFLOPs: Double?
  /// Share of the core's measured peak; above 1 if arithmetic was saved.
  let shareOfPeak: Double?
  let bytesMoved: Int?
  /// Share of the measured memory bandwidth; above 1 if caches served the bytes.
  let shareOfBandwidth: Double?

  init(
    _ problem: any Problem, _ run: any ProblemRun, relativeError: Double?, seconds: Double, machine: Machine
  ) {
    name = problem.name
    subject = problem.subject
    size = problem.size
    pass = problem.pass
    algorithm = run.algorithm
    self.relativeError = relativeError
    tolerance = problem.tolerance
    microseconds = seconds * 1e6
    let speed = run.directFLOPs.map { Double($0) / seconds * 1e-9 }
    effectiveGFLOPs = speed
    shareOfPeak = speed.map { $0 / machine.peakGFLOPs }
    bytesMoved = run.bytesMoved
    shareOfBandwidth = run.bytesMoved.map { Double($0) / seconds * 1e-9 / machine.memoryGigabytesPerSecond }
  }

  var isWithinTolerance: Bool { relativeError.map { $0 <= tolerance } ?? true }
}
