import ArgumentParser
import SRCluster
import SRDistributed
import SRFiles
import SRKernels

/// The network that `srdist plan` assumes.
struct NetworkOptions: ParsableArguments {
  @Option(help: "Bandwidth of each host's link, per second: 1Gbit, 25Gbit, 125MB.")
  var bandwidth: String
  @Option(help: "Time that a small message takes one way: 30us, 0.1ms.")
  var latency: String
  @Option(
    help: """
      Share of the bandwidth that carries gradients. The default is that of TCP in Ethernet frames of 1500 bytes. Give \
      1 if the bandwidth was measured.
      """)
  var payload = ScalingModel.Network.ethernetPayload
  @Option(help: "Share of the bandwidth that an exchange reaches while the workers compute.")
  var busyShare = 1.0
  @Option(
    help: """
      Time that a rank's workers lose for each byte that the rank exchanges: 2ns. (default: what TCP takes on this \
      host, or nothing if cores are left over)
      """)
  var workerTime: String?
  @Option(help: "Ranks that share a host's link.")
  var ranksPerHost = 1

  /// The numbers of ranks that a job, or a host, may have.
  static let rankCounts = 1...1_000_000

  func validate() throws {
    guard Self.rankCounts.contains(ranksPerHost) else {
      throw ValidationError("--ranks-per-host is \(ranksPerHost), expected \(Self.rankCounts)")
    }
    for (option, share) in [("--payload", payload), ("--busy-share", busyShare)]
    where !(1e-6...1).contains(share) {
      throw ValidationError("\(option) is \(share), expected 1e-6 to 1")
    }
    _ = try (bytesPerSecond(), seconds(), workerTime.map { try workerSeconds($0) })
  }

  /// - Parameter threads: the number of workers of a rank.
  func network(threads: Int, kernels: any KernelSet) throws -> ScalingModel.Network {
    var network = ScalingModel.Network(bandwidth: try bytesPerSecond() * payload, latency: try seconds())
    network.busyShare = busyShare
    if let workerTime {
      network.workerTime = try workerSeconds(workerTime)
    } else if AvailableResources().sharedCPUs.value < (threads + 1) * ranksPerHost {
      network.workerTime = try LoopbackProbe.processorTime { kernels.accumulate($1, into: $0, count: $2) }
    }
    return network
  }

  private func bytesPerSecond() throws -> Double {
    try quantity(
      bandwidth, "--bandwidth",
      units: ["Gbit": 125e6, "Mbit": 125e3, "GB": 1e9, "MB": 1e6])
  }

  private func seconds() throws -> Double {
    try quantity(latency, "--latency", units: ["us": 1e-6, "ms": 1e-3, "s": 1])
  }

  private func workerSeconds(_ text: String) throws -> Double {
    // If cores are left over, the workers lose nothing. Zero needs no unit.
    Double(text) == 0 ? 0 : try quantity(text, "--worker-time", units: ["ns": 1e-9, "us": 1e-6])
  }

  private func quantity(_ text: String, _ option: String, units: KeyValuePairs<String, Double>) throws
    -> Double
  {
    // No network's figures come near either end, and results computed from figures in this range can still be printed.
    for (unit, factor) in units where text.hasSuffix(unit) {
      if let value = Double(text.dropLast(unit.count)), (1e-6...1e6).contains(value) { return value * factor }
    }
    let known = units.map(\.key).joined(separator: ", ")
    throw ValidationError(
      "\(option): '\(text)' is not a number from 1e-6 to 1e6 with one of the units \(known)")
  }
}
