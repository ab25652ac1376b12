// Checks that need several ranks, run by SystemTests as `mpirun -n N srdist-rank-checks NAME`.
// One file in Checks/ holds one check.
import Foundation
import SRDistributed

let checks: [any RankCheck.Type] = [
  CollectivesCheck.self, PointToPointCheck.self, TreeExchangeCheck.self, BFloat16ExchangeCheck.self,
  AllreduceOrderCheck.self, SteadyStateCheck.self, WorkerThreadsCheck.self, SampleValuesCheck.self,
  AgreedFailureCheck.self, LoneFailureCheck.self, SlowRankCheck.self, StoppedRankCheck.self,
  StuckRankCheck.self, DeadlockCheck.self, StoppedAtStartCheck.self, StoppedAtEndCheck.self,
  ExchangeProbeCheck.self, SharedWorkCheck.self,
]

guard let check = checks.first(where: { $0.name == CommandLine.arguments.dropFirst().first }) else {
  FileHandle.standardError.write(
    Data("usage: srdist-rank-checks \(checks.map { $0.name }.joined(separator: "|"))\n".utf8))
  exit(64)
}

var communicator = Communicator()
do {
  if check == StoppedAtStartCheck.self { try StoppedAtStartCheck.prepare() }
  communicator = try Communicator.world()
  let result = try check.run(on: communicator)
  if communicator.rank == 0 { print("\(check.name) \(communicator.worldSize) ranks: \(result)") }
} catch let failure as RankFailure {
  // All ranks have thrown the same error. Rank 0 prints it, and all ranks end in order.
  if communicator.rank == 0 { FileHandle.standardError.write(Data("error: \(failure)\n".utf8)) }
  try? communicator.finalize()
  exit(1)
} catch {
  // The other ranks do not know of the error and would wait.
  FileHandle.standardError.write(
    Data("error: rank \(communicator.rank) on \(communicator.hostName): \(error)\n".utf8))
  communicator.abort(3)
}
