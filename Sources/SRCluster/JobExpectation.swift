import SRDistributed

/// The job that the user asked for, for comparison with the job that runs.
///
/// A launcher may start N single processes instead of N ranks, or start all ranks on one host. Without this check, such a job
/// would train the same run N times, or train slowly, and report success.
package struct JobExpectation: Sendable, Equatable {
  package var ranks: Int?
  package var hosts: Int?

  package init(ranks: Int? = nil, hosts: Int? = nil) {
    self.ranks = ranks
    self.hosts = hosts
  }

  /// Throws the same ``JobMismatch`` on every rank if a different job runs.
  package func check(_ communicator: Communicator) throws {
    let isAlone = !communicator.isLaunched
    if let ranks, ranks != communicator.worldSize {
      throw JobMismatch(
        "\(ranks) ranks were expected (--expect-ranks), this job has \(communicator.worldSize)"
          + (isAlone
            ? ": no MPI launcher started this process, or its launcher belongs to another MPI library than srdist's "
              + "(\(Communicator.libraryVersion.prefix { $0 != "," }))"
            : ""))
    }
    if let hosts, hosts != communicator.nodeCount {
      throw JobMismatch(
        "\(hosts) hosts were expected (--expect-hosts), the \(communicator.worldSize) ranks of this job run on "
          + "\(communicator.nodeCount) (rank \(communicator.rank) on \(communicator.hostName)); "
          + "check the hostfile and the slots per host")
    }
  }
}

/// The job is not the one that the user asked for. All ranks throw the same error.
package struct JobMismatch: CommonFailure, CustomStringConvertible, Equatable {
  package let description: String
  init(_ description: String) { self.description = description }
}
