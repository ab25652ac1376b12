import Foundation
import SRCheckpoint
import SRDistributed
import SRKernelDispatch
import SRKernels
import SRTraining

/// What one rank finds on its host.
package struct RankReport: Codable, Equatable, Sendable {
  package var rank: Int
  package var host: String
  /// The rank's number among the ranks of its host.
  package var localRank: Int
  /// The numbers of the hardware threads that the launcher allows this rank.
  package var allowedCPUs: [Int]
  /// The number of hardware threads of the host.
  package var hostCPUs: Int
  /// The number of threads that srdist would start.
  package var threads: Int
  /// The level of the kernels, such as `x86-64-v3`.
  package var cpuLevel: String
  package var cpuModel: String
  /// OpenBLAS's core type and version.
  package var blas: String
  /// The MPI library's name and version.
  package var mpi: String
  /// Bytes of available memory.
  package var memoryAvailable: Int
  /// Bytes free in `/dev/shm`.
  package var sharedMemoryAvailable: Int
  /// Whether a launcher, such as mpirun, started the rank.
  package var isLaunched: Bool
  /// The number of processes that a launcher was asked to start, from variables such as `SLURM_STEP_NUM_TASKS`.
  package var tasksByLauncher: Int?
  /// Perceptual weights in the folder, by file name.
  package var weights: [String]
  /// Weights that cannot be read, one line with the reason for each.
  package var weightProblems: [String]

  /// Examines this rank's host.
  ///
  /// - Parameters:
  ///   - threads: how many threads the user asks srdist to start; nil for the default.
  ///   - weightsDirectory: the folder of the perceptual networks' weights. If it does not exist, there are none.
  package init(
    _ communicator: Communicator, kernels: any KernelSet, threads: Int?, weightsDirectory: String
  ) {
    let environment = ProcessInfo.processInfo.environment
    rank = communicator.rank
    host = communicator.hostName
    localRank = communicator.localRank
    allowedCPUs = HostFacts.allowedCPUs()
    hostCPUs = ProcessInfo.processInfo.processorCount
    self.threads = threads ?? JobSizes.defaultThreads(communicator)
    cpuLevel = kernels.levelName
    cpuModel = HostFacts.cpuModel()
    blas =
      "\(BLASCore.name) (\(BLASCore.configuration.split(separator: " ").prefix(2).joined(separator: " ")))"
    mpi = String(Communicator.libraryVersion.prefix { $0 != "," && $0 != "\n" })
    memoryAvailable = HostFacts.memoryAvailable()
    sharedMemoryAvailable = HostFacts.bytesFree(at: "/dev/shm")
    isLaunched = communicator.isLaunched
    tasksByLauncher = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"].compactMap {
      environment[$0].flatMap { Int($0) }
    }.max()
    let names = (try? FileManager.default.contentsOfDirectory(atPath: weightsDirectory)) ?? []
    weights = names.filter { $0.hasSuffix(".safetensors") }.sorted()
    weightProblems = weights.compactMap { name in
      do {
        _ = try SafetensorsFile(path: "\(weightsDirectory)/\(name)")
        return nil
      } catch {
        return "\(error)"
      }
    }
  }
}

/// What the operating system reports about this host.
private enum HostFacts {
  static func allowedCPUs() -> [Int] {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed_list:") }) else {
      return Array(0..<ProcessInfo.processInfo.activeProcessorCount)
    }
    // Such as "0-3,8".
    return line.split(separator: "\t").last!.split(separator: ",").flatMap { part -> [Int] in
      let bounds = part.split(separator: "-").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
      guard let first = bounds.first, let last = bounds.last, first <= last else { return [] }
      return Array(first...last)
    }
  }

  static func cpuModel() -> String {
    let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = info.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown CPU"
  }

  static func memoryAvailable() -> Int {
    let info = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
    let line = info.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
    return (line.flatMap { Int($0.filter(\.isNumber)) } ?? 0) * 1024
  }

  static func bytesFree(at path: String) -> Int {
    let facts = try? FileManager.default.attributesOfFileSystem(forPath: path)
    return (facts?[.systemFreeSize] as? NSNumber)?.intValue ?? 0
  }
}
