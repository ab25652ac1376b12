import Foundation
import SRTensor

/// CPU time of the calling thread. Time that other programs take does not count.
enum Stopwatch {
  /// Seconds of CPU time that this thread has used.
  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  /// The median time of a call, in seconds. After a first call that warms up, calls are timed for at least `seconds`, and at
  /// least seven times.
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
