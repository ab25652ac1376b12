import SRDistributed
import Testing

/// What TCP takes of a processor is measured, not known: possible figures are all that can be asked for.
struct LoopbackProbeTests {
  @Test func aByteTakesSomeTimeAndNotMuch() throws {
    let seconds = try LoopbackProbe.processorTime(
      add: { destination, source, count in for i in 0..<count { destination[i] += source[i] } }, rounds: 20)
    #expect(seconds > 1e-12 && seconds < 1e-2)
  }
}
