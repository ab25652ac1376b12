/// What this CPU level can do at best, to hold measured speeds against.
package protocol PeakKernels {
  /// Runs `rounds` of ``multiplyAddFLOPsPerRound`` operations on registers alone; returns their sum, so that
  /// none can be left out.
  func multiplyAdd(rounds: Int) -> Float
  /// Multiplications and additions of a round.
  var multiplyAddFLOPsPerRound: Int { get }
  /// Sum of `count` floats: reads memory as fast as it comes.
  func sum(_ values: UnsafePointer<Float>, count: Int) -> Float
}
