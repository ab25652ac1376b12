import SRDistributed
import SRFiles
import SRTraining

/// The findings about a job, and its problems, in plain words.
package struct Diagnosis: Equatable, Sendable {
  /// Lines about hosts, ranks, links and libraries.
  package let findings: [String]
  /// Empty if nothing is wrong.
  package let problems: [String]

  /// Judges what the ranks found.
  ///
  /// - Parameters:
  ///   - reports: one of each rank, in rank order. There is at least one.
  ///   - links: the measured links between hosts and within a host.
  ///   - exchange: an exchange between the job's ranks, if it was measured.
  package init(_ reports: [RankReport], links: [LinkProbe], exchange: ExchangeProbe? = nil) {
    let hosts = Dictionary(grouping: reports, by: \.host).sorted { $0.value[0].rank < $1.value[0].rank }
    findings = Self.findings(reports, hosts: hosts, links: links, exchange: exchange)
    problems =
      Self.launchProblems(reports) + hosts.flatMap { Self.bindingProblems($0.value) }
      + hosts.flatMap { Self.memoryProblems($0.value) } + Self.unlikeness(reports)
      + links.flatMap(Self.linkProblems) + Self.weightProblems(reports)
  }

  /// The findings, then the problems, or a line that says that there are none.
  package var description: String {
    let closing =
      problems.isEmpty
      ? ["nothing is wrong with this job"]
      : ["", "\(problems.count) problem\(problems.count == 1 ? "" : "s"):"] + problems.map { "  - \($0)" }
    return (findings + closing).map(\.onOneLine).joined(separator: "\n")
  }

  private static func findings(
    _ reports: [RankReport], hosts: [(key: String, value: [RankReport])], links: [LinkProbe],
    exchange: ExchangeProbe?
  ) -> [String] {
    var table = TextTable([.left(atLeast: 10), .left])
    table.append(["ranks", "\(reports.count) on \(hosts.count) host(s)"])
    for (host, ranks) in hosts {
      let first = ranks[0]
      table.append([
        "host",
        "\(host): \(first.cpuModel), \(first.hostCPUs) CPUs, "
          + "\(gibibytes(first.memoryAvailable)) of memory and \(gibibytes(first.sharedMemoryAvailable)) of /dev/shm free",
      ])
      let limits = [
        first.cpuLimit.map { "\($0.value) of \(first.hostCPUs) CPUs: \($0.reason ?? "")" },
        first.memoryLimit.map { "\(gibibytes($0.value)) of memory: \($0.reason ?? "")" },
      ].compactMap { $0 }
      if !limits.isEmpty { table.append(["  limits", limits.joined(separator: "; ")]) }
      for rank in ranks.prefix(8) {
        table.append([
          "  rank \(rank.rank)",
          "\(rank.threads) thread(s) on CPUs \(ranges(rank.allowedCPUs))"
            + (rank.ownCPULimit.map { " (at most \($0.value): \($0.reason ?? ""))" } ?? "") + "; "
            + "\(rank.cpuLevel) kernels, arithmetic version \(rank.arithmetic)",
        ])
      }
      if ranks.count > 8 { table.append(["", "and \(ranks.count - 8) more ranks"]) }
    }
    table.append(["MPI", reports[0].isLaunched ? reports[0].mpi : "\(reports[0].mpi); no launcher, one rank"])
    for link in links {
      let kind = link.isWithinHost ? "within \(link.hosts[0])" : "\(link.hosts[0]) - \(link.hosts[1])"
      table.append(["link", "\(kind): \(microseconds(link.latency)), \(gigabits(link.bandwidth))"])
    }
    if let exchange {
      table.append([
        "exchange",
        "\(gigabits(exchange.bandwidth)) each way per rank, \(percent(exchange.busyShare)) of that while the "
          + "workers compute; they lose \(nanoseconds(exchange.workerTime)) per byte",
      ])
      if let link = links.first(where: { !$0.isWithinHost }), hosts.allSatisfy({ $0.value.count == 1 }) {
        table.append(["", planOptions(exchange, latency: link.latency)])
      }
    }
    let weights = reports[0].weights
    let none =
      "none found: the presets vanilla, attention and hybrid and the metric LPIPS need weights, which "
      + "`\(WeightFetching.command)` fetches; --weights-dir names their folder"
    table.append(["weights", weights.isEmpty ? none : weights.joined(separator: ", ")])
    return table.lines
  }

  private static func launchProblems(_ reports: [RankReport]) -> [String] {
    guard reports.count == 1, let tasks = reports[0].tasksByLauncher, tasks > 1 else { return [] }
    return [
      "a launcher started \(tasks) processes, but each is a separate job: the launcher belongs to another MPI than "
        + "\(reports[0].mpi). Use that MPI's mpirun, or srun --mpi=pmix"
    ]
  }

  /// Problems of the ranks of one host.
  private static func bindingProblems(_ ranks: [RankReport]) -> [String] {
    var problems: [String] = []
    // The ranks of a container share its set of CPUs without being bound.
    func isBound(_ rank: RankReport) -> Bool { rank.allowedCPUs.count < rank.cpuSet ?? rank.hostCPUs }
    for rank in ranks where rank.threads > rank.allowedCPUs.count {
      let remedy =
        isBound(rank)
        ? "pass mpirun --bind-to none, or --map-by slot:PE=\(rank.threads) --bind-to core"
        : "give --threads \(rank.allowedCPUs.count) or fewer"
      problems.append(
        "rank \(rank.rank) on \(rank.host) has \(rank.threads) threads but may use \(rank.allowedCPUs.count) CPU(s) "
          + "(\(ranges(rank.allowedCPUs))): \(remedy)")
    }
    if ranks.contains(where: isBound) {
      for (first, second) in zip(ranks, ranks.dropFirst()) {
        let shared = Set(first.allowedCPUs).intersection(second.allowedCPUs).sorted()
        if !shared.isEmpty && isBound(first) {
          problems.append(
            "ranks \(first.rank) and \(second.rank) on \(first.host) are bound to the same CPUs (\(ranges(shared))): "
              + "they take turns. Pass mpirun --bind-to none")
          break
        }
      }
    }
    let threads = ranks.reduce(0) { $0 + $1.threads }
    let usable = ranks[0].cpuLimit ?? .init(ranks[0].hostCPUs)
    if threads > usable.value {
      problems.append(
        "\(ranks.count) ranks on \(ranks[0].host) start \(threads) threads on \(usable.value) CPUs"
          + (usable.reason.map { " (of \(ranks[0].hostCPUs): \($0))" } ?? "")
          + ": start fewer ranks there, or fewer --threads")
    }
    return problems
  }

  private static func weightProblems(_ reports: [RankReport]) -> [String] {
    Set(reports.flatMap { report in report.weightProblems.map { "\($0) (on \(report.host))" } }).sorted().map
    {
      "weights that cannot be read: \($0). Move the file to another place, and run "
        + "\(WeightFetching.command) --output with its folder"
    }
  }

  private static func memoryProblems(_ ranks: [RankReport]) -> [String] {
    var problems: [String] = []
    let host = ranks[0]
    // A hybrid run needs about half a GiB per rank for weights, gradient, moments and leaves, and 50 MiB per thread.
    let needed = ranks.reduce(0) { $0 + (512 << 20) + $1.threads * (50 << 20) }
    if host.memoryAvailable < needed {
      problems.append(
        "\(host.host) has \(gibibytes(host.memoryAvailable)) of memory free; its \(ranks.count) rank(s) need about "
          + gibibytes(needed))
    }
    if ranks.count > 1 && host.sharedMemoryAvailable < ranks.count * (16 << 20) {
      problems.append(
        "/dev/shm of \(host.host) has \(gibibytes(host.sharedMemoryAvailable)) free, which is little for "
          + "\(ranks.count) ranks: end other jobs, remove what jobs that have ended left there, or run the container with "
          + "--shm-size 1g")
    }
    return problems
  }

  /// The facts that must be the same on all ranks, but differ.
  private static func unlikeness(_ reports: [RankReport]) -> [String] {
    let facts: [(String, (RankReport) -> String, String)] = [
      ("arithmetic version", { "\($0.arithmetic)" }, "install the same srdist on every host"),
      ("MPI", \.mpi, "install the same Open MPI on every host"),
      (
        "perceptual weights", { $0.weights.joined(separator: ", ") },
        "copy the same --weights-dir to every host"
      ),
    ]
    return facts.compactMap { name, value, remedy in
      let kinds = Dictionary(grouping: reports, by: value)
      guard kinds.count > 1 else { return nil }
      let sides = kinds.sorted { $0.value[0].rank < $1.value[0].rank }
        .map { "\($0.key.isEmpty ? "none" : $0.key) on rank \($0.value[0].rank) (\($0.value[0].host))" }
      return "\(name) differs: \(sides.joined(separator: "; ")); \(remedy)"
    }
  }

  private static func linkProblems(_ link: LinkProbe) -> [String] {
    let name = link.isWithinHost ? "within \(link.hosts[0])" : "between \(link.hosts[0]) and \(link.hosts[1])"
    if link.latency > 1e-3 {
      let cause =
        link.isWithinHost
        ? "ranks seem to share a core: pass mpirun --bind-to none"
        : "is this the network that you want? btl_tcp_if_include chooses one"
      return ["messages \(name) take \(microseconds(link.latency)): \(cause)"]
    }
    if !link.isWithinHost && link.bandwidth < 100e6 {
      return ["the link \(name) carries \(gigabits(link.bandwidth)): `srdist plan` shows what that costs"]
    }
    return []
  }

  /// The options of `srdist plan` that describe a measured network.
  private static func planOptions(_ exchange: ExchangeProbe, latency: Double) -> String {
    "srdist plan --bandwidth \((exchange.bandwidth / 1e5).rounded() / 10)MB --payload 1 "
      + "--latency \((latency * 1e7).rounded() / 10)us --busy-share \((exchange.busyShare * 100).rounded() / 100) "
      + "--worker-time \(nanoseconds(max(exchange.workerTime, 1e-11)).filter { $0 != " " })"
  }

  private static func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
  private static func nanoseconds(_ seconds: Double) -> String { "\((seconds * 1e11).rounded() / 100) ns" }
  private static func microseconds(_ seconds: Double) -> String {
    "\((seconds * 1e7).rounded() / 10) us latency"
  }
  private static func gigabits(_ bytesPerSecond: Double) -> String {
    "\((bytesPerSecond * 8 / 1e8).rounded() / 10) Gbit/s"
  }
  private static func gibibytes(_ bytes: Int) -> String {
    "\((Double(bytes) / Double(1 << 30) * 10).rounded() / 10) GiB"
  }
  /// [0, 1, 2, 5] as 0-2,5.
  private static func ranges(_ numbers: [Int]) -> String {
    var parts: [ClosedRange<Int>] = []
    for number in numbers.sorted() {
      if let last = parts.last, last.upperBound + 1 == number {
        parts[parts.count - 1] = last.lowerBound...number
      } else {
        parts.append(number...number)
      }
    }
    return parts.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }
}
