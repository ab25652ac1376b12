import Foundation
import SRCheckpoint
import SRDistributed
import SRFiles
import SRKernels

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
  /// The number of hardware threads that the container offers; nil if it offers all.
  package var cpuSet: Int?
  /// The CPUs that the ranks of the host share, if these are fewer than the host's.
  package var cpuLimit: AvailableResources.Limit?
  /// The CPUs that this rank may use, if these are fewer than the shared ones.
  package var ownCPULimit: AvailableResources.Limit?
  /// The number of threads that srdist would start.
  package var threads: Int
  /// The level of the kernels, such as `x86-64-v3`.
  package var cpuLevel: String
  package var cpuModel: String
  /// The ``ArithmeticVersion`` of the program.
  package var arithmetic: Int
  /// The MPI library's name and version.
  package var mpi: String
  /// Bytes of available memory.
  package var memoryAvailable: Int
  /// The memory that the ranks of the host share, if it is less than the host's.
  package var memoryLimit: AvailableResources.Limit?
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
    let resources = AvailableResources()
    allowedCPUs = resources.allowedCPUs
    hostCPUs = resources.hostCPUs
    cpuSet = resources.cpuSet
    cpuLimit = resources.sharedCPUs.reason == nil ? nil : resources.sharedCPUs
    ownCPULimit = resources.ownCPUs == resources.sharedCPUs ? nil : resources.ownCPUs
    self.threads = threads ?? resources.threads(ranksOnHost: communicator.localSize)
    cpuLevel = kernels.levelName
    cpuModel = HostFacts.cpuModel()
    arithmetic = ArithmeticVersion.current
    mpi = String(Communicator.libraryVersion.prefix { $0 != "," && $0 != "\n" })
    memoryAvailable = resources.memoryAvailable
    memoryLimit = resources.memory.reason == nil ? nil : resources.memory
    sharedMemoryAvailable = HostFacts.bytesFree(at: "/dev/shm")
    isLaunched = communicator.isLaunched
    tasksByLauncher = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"].compactMap {
      environment[$0].flatMap { Int($0) }
    }.max()
    var names: [String] = []
    var listingProblem: String?
    do {
      names = try DirectoryCalls.names(in: weightsDirectory)
    } catch {
      // A folder that is not there has no weights, and is no problem.
      if (error as? FileError)?.saysAbsent != true { listingProblem = "\(error)" }
    }
    weights = names.filter { $0.hasSuffix(".safetensors") }
    let fileProblems: [String] = weights.compactMap { name in
      do {
        _ = try SafetensorsFile(path: "\(weightsDirectory)/\(name)")
        return nil
      } catch {
        return "\(error)"
      }
    }
    weightProblems = [listingProblem].compactMap { $0 } + fileProblems
  }
}

/// What the operating system reports about this host.
private enum HostFacts {
  static func cpuModel() -> String {
    let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = info.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown CPU"
  }

  static func bytesFree(at path: String) -> Int {
    DirectoryCalls.freeBytes(around: path) ?? 0
  }
}
