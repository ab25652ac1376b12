import Foundation
import SRTensor

/// CPU time of the calling thread: what other programs on the machine take does not count.
enum Stopwatch {
  /// Seconds of CPU time that this thread has used.
  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// Median time of a call, in seconds, over at least `seconds` and seven calls, after one that warms up.
  static func median(atLeast seconds: Double, _ body: () -> Void) -> Double {
    body()
    var times: [Double] = []
    var total = 0.0
    while times.count < 7 || total < seconds {
      let start = now()
      body()
      let time = now() - start
      times.append(time)
      total += time
    }
    return times.median
  }
}
