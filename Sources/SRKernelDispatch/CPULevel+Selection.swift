import Foundation

/// A CPU that srdist cannot run on, or a level that this CPU does not have.
package struct CPULevelError: Error, CustomStringConvertible, Equatable {
  package let description: String
}

extension CPULevel {
  /// Names a lower level than the CPU's, for comparisons. Each rank of a job may have its own.
  package static let variable = "SRDIST_CPU_LEVEL"

  /// The level to compute with: the one that `SRDIST_CPU_LEVEL` names (`x86-64-v3`, or just `v3`), or else the highest.
  package static func selected(
    environment: [String: String] = ProcessInfo.processInfo.environment, supported: [CPULevel] = supported()
  ) throws -> CPULevel {
    guard let highest = supported.last else {
      throw CPULevelError(
        description: "this CPU lacks AVX2 or FMA; srdist needs x86-64-v3 (Intel Haswell, AMD Zen, or later)")
    }
    guard let wanted = environment[variable], !wanted.isEmpty else { return highest }
    guard let level = allCases.first(where: { $0.rawValue == wanted || $0.rawValue.hasSuffix("-\(wanted)") })
    else {
      throw CPULevelError(
        description:
          "\(variable) is '\(wanted)'; it can be \(allCases.map(\.rawValue).joined(separator: " or "))")
    }
    guard supported.contains(level) else {
      throw CPULevelError(
        description: "\(variable) asks for \(level.rawValue), which this CPU does not have; "
          + "it has \(supported.map(\.rawValue).joined(separator: ", "))")
    }
    return level
  }
}
