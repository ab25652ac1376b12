import COpenBLAS
import Foundation
import SRKernelDispatch

/// Which kernels OpenBLAS computes with.
///
/// OpenBLAS picks its kernels when it is loaded. A release that is older than a CPU takes it for a lesser one, and would be
/// measured below its worth. So the benchmark names the kernels itself, to match the CPU level that it measures. OpenBLAS must
/// learn the name before it is loaded: the benchmark sets `OPENBLAS_CORETYPE` and executes itself again.
enum BLASCore {
  private static let variable = "OPENBLAS_CORETYPE"

  /// The kernels in use, such as `SkylakeX`.
  static var name: String { String(cString: openblas_get_corename()) }

  /// The name that makes OpenBLAS use the kernels of a level.
  private static func coreType(for level: CPULevel) -> String? {
    #if arch(x86_64)
      switch level {
      case .x86v3: "HASWELL"
      case .x86v4: "SKYLAKEX"
      }
    #else
      nil
    #endif
  }

  /// Makes OpenBLAS run one thread with the kernels of `level`. If the library was loaded with others, the program is
  /// executed again.
  static func use(_ level: CPULevel) {
    openblas_set_num_threads(1)
    guard let wanted = coreType(for: level),
      ProcessInfo.processInfo.environment[variable]?.uppercased() != wanted
    else { return }
    setenv(variable, wanted, 1)
    setenv("OPENBLAS_NUM_THREADS", "1", 1)
    var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) } + [nil]
    execv("/proc/self/exe", &arguments)
    // This point is reached only if the program cannot be executed again. OpenBLAS then keeps its own choice, as its name
    // shows.
  }
}
