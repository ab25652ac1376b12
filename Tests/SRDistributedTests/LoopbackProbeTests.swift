import SRDistributed
import Testing

/// The processor time that TCP takes is not known in advance, so the test can only require possible figures.
struct LoopbackProbeTests {
  @Test func aByteTakesSomeTimeAndNotMuch() throws {
    let seconds = try LoopbackProbe.processorTime(
      add: { destination, source, count in for i in 0..<count { destination[i] += source[i] } }, rounds: 20)
    #expect(seconds > 1e-12 && seconds < 1e-2)
  }
}
