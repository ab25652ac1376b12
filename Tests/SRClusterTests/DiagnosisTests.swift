import SRCluster
import SRDistributed
import SRKernelDispatch
import Testing

/// What `srdist doctor` says about jobs with problems.
struct DiagnosisTests {
  /// Two ranks of two threads on a host with four CPUs, and one rank on another host.
  private func job() -> [RankReport] {
    let kernels = CPULevel.supported().last!.kernels
    return (0..<3).map { rank in
      var report = RankReport(Communicator(), kernels: kernels, threads: 2, weightsDirectory: "/nonexistent")
      (report.rank, report.host, report.localRank) = (rank, rank < 2 ? "node1" : "node2", rank % 2)
      (report.allowedCPUs, report.hostCPUs) = (Array(0..<4), 4)
      (report.cpuSet, report.cpuLimit, report.ownCPULimit, report.memoryLimit) = (nil, nil, nil, nil)
      (report.memoryAvailable, report.sharedMemoryAvailable) = (16 << 30, 8 << 30)
      (report.isLaunched, report.tasksByLauncher) = (true, 3)
      return report
    }
  }

  private let link = [LinkProbe(ranks: [0, 2], hosts: ["node1", "node2"], latency: 20e-6, bandwidth: 1e9)]

  @Test func soundJobHasNoProblem() {
    let diagnosis = Diagnosis(job(), links: link)
    #expect(diagnosis.problems.isEmpty)
    #expect(diagnosis.description.contains("node1 - node2: 20.0 us latency, 8.0 Gbit/s"))
  }

  @Test func threadsThatShareOneCoreAreFound() {
    var reports = job()
    for rank in 0..<2 { reports[rank].allowedCPUs = [rank] }
    #expect(Diagnosis(reports, links: []).problems.count == 2)
    #expect(Diagnosis(reports, links: []).problems[0].contains("2 threads but may use 1 CPU"))
  }

  @Test func ranksBoundToTheSameCPUsAreFound() {
    var reports = job()
    for rank in 0..<2 { reports[rank].allowedCPUs = [0, 1] }
    let problems = Diagnosis(reports, links: []).problems
    #expect(
      problems.count == 1 && problems[0].contains("ranks 0 and 1 on node1 are bound to the same CPUs (0-1)"))
  }

  /// Two ranks of two threads fit on four CPUs, but not into a quota of three.
  @Test func threadsBeyondAQuotaAreFound() {
    var reports = job()
    for rank in 0..<2 {
      reports[rank].cpuLimit = .init(3, "cgroup quota")
      reports[rank].memoryLimit = .init(4 << 30, "cgroup memory limit")
    }
    let diagnosis = Diagnosis(reports, links: [])
    #expect(
      diagnosis.problems == [
        "2 ranks on node1 start 4 threads on 3 CPUs (of 4: cgroup quota): start fewer ranks there, or fewer --threads"
      ])
    #expect(
      diagnosis.description.contains("3 of 4 CPUs: cgroup quota; 4.0 GiB of memory: cgroup memory limit"))
  }

  /// A container may offer two of four CPUs. Its ranks share them without being bound.
  @Test func ranksOfAContainerAreNotTakenForBoundOnes() {
    var reports = job()
    for rank in 0..<2 {
      (reports[rank].allowedCPUs, reports[rank].threads) = ([0, 1], 1)
      (reports[rank].cpuSet, reports[rank].cpuLimit) = (2, .init(2, "cgroup cpuset"))
    }
    #expect(Diagnosis(reports, links: []).problems == [])
  }

  @Test func theLimitOfOneRankIsShown() {
    var reports = job()
    reports[1].ownCPULimit = .init(2, "Slurm's SLURM_CPUS_PER_TASK")
    #expect(
      Diagnosis(reports, links: []).description.contains(
        "2 thread(s) on CPUs 0-3 (at most 2: Slurm's SLURM_CPUS_PER_TASK)"))
  }

  @Test func unlikeRanksAreFound() {
    var reports = job()
    (reports[2].mpi, reports[2].arithmetic) = ("another", 99)
    let problems = Diagnosis(reports, links: []).problems
    #expect(problems.count == 2)
    #expect(
      problems[0].hasPrefix("arithmetic version differs") && problems[0].contains("99 on rank 2 (node2)"))
    #expect(problems[1].hasPrefix("MPI differs") && problems[1].contains("another on rank 2 (node2)"))
  }

  /// Kernels have the same bits at every level.
  @Test func hostsMayHaveDifferentCPUs() {
    var reports = job()
    (reports[0].cpuLevel, reports[2].cpuLevel) = ("x86-64-v4", "x86-64-v3")
    let diagnosis = Diagnosis(reports, links: [])
    #expect(diagnosis.problems.isEmpty)
    #expect(
      diagnosis.description.contains("x86-64-v3 kernels")
        && diagnosis.description.contains("x86-64-v4 kernels"))
  }

  @Test func processesThatDoNotKnowOfEachOtherAreFound() {
    let problems = Diagnosis([job()[0]], links: []).problems
    #expect(problems.count == 1 && problems[0].contains("a launcher started 3 processes"))
  }

  @Test func lackOfMemoryIsFound() {
    var reports = job()
    for rank in 0..<2 {
      (reports[rank].memoryAvailable, reports[rank].sharedMemoryAvailable) = (1 << 28, 1 << 20)
    }
    #expect(Diagnosis(reports, links: []).problems.count == 2)
  }

  @Test func slowLinksAreFound() {
    let slow = LinkProbe(ranks: [0, 1], hosts: ["node1", "node1"], latency: 8e-3, bandwidth: 1e9)
    let thin = LinkProbe(ranks: [0, 2], hosts: ["node1", "node2"], latency: 1e-4, bandwidth: 12.5e6)
    let problems = Diagnosis(job(), links: [slow, thin]).problems
    #expect(problems.count == 2)
    #expect(problems[0].contains("--bind-to none") && problems[1].contains("0.1 Gbit/s"))
  }
}
