import Foundation
import SRKernels
import SRKernelsX86V3
import SRKernelsX86V4

/// Instruction-set levels for which the vector kernels are compiled.
package enum CPULevel: String, CaseIterable, Comparable, Sendable {
  /// AVX2 and FMA.
  case x86v3 = "x86-64-v3"
  /// AVX-512 (F, BW, CD, DQ, VL).
  case x86v4 = "x86-64-v4"

  package static func < (left: CPULevel, right: CPULevel) -> Bool { left.rawValue < right.rawValue }

  /// CPU flags that a level needs, as Linux names them.
  private var neededFlags: [String] {
    let v3 = ["avx2", "fma", "bmi1", "bmi2", "f16c", "movbe", "abm"]
    return self == .x86v3 ? v3 : v3 + ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]
  }

  /// The levels this machine can run, lowest first.
  package static func supported() -> [CPULevel] {
    #if arch(x86_64)
      guard let info = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
        let line = info.split(separator: "\n").first(where: { $0.hasPrefix("flags") })
      else { return [] }
      let flags = Set(line.split(separator: " ").map(String.init))
      return allCases.filter { $0.neededFlags.allSatisfy(flags.contains) }
    #else
      return [.x86v4]
    #endif
  }

  /// The kernels compiled for this level.
  package var kernels: any KernelSet {
    switch self {
    case .x86v3: SRKernelsX86V3.VectorKernels()
    case .x86v4: SRKernelsX86V4.VectorKernels()
    }
  }
}
