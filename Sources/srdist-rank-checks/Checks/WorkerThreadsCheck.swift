import Foundation
import SRDistributed
import SRTensor
import Synchronization

/// Several worker threads per rank, which finish samples and buckets in any order, change no bit.
enum WorkerThreadsCheck: RankCheck {
  static let name = "worker-threads"

  static func run(on communicator: Communicator) throws -> String {
    let run = try ExchangeRun(communicator)
    let reducer = run.reducer
    var total = digest([])
    for step in 0..<20 {
      let batchSize = 13
      let gradients = SyntheticGradients(arenaCount: run.arenaCount, step: step)
      let samples = reducer.begin(batchSize: batchSize)
      let next = Atomic(samples.lowerBound)
      DispatchQueue.concurrentPerform(iterations: 3) { _ in
        while true {
          let sample = next.add(1, ordering: .relaxed).oldValue
          guard sample < samples.upperBound else { return }
          let leaf = reducer.beginSample(sample)
          let values = gradients.leaf(sample)
          for (bucket, range) in reducer.buckets.ranges.enumerated() {
            for i in range { leaf[i] = values[i] }
            reducer.complete(sample: sample, bucket: bucket)
          }
        }
      }
      try reducer.finish()
      try expect(
        sameBits(reducer.destination.values, gradients.treeMean(batchSize: batchSize)),
        "step \(step): the mean differs from the single process's")
      total = digest(reducer.destination.values, startingAt: total)
    }
    return String(total, radix: 16)
  }
}
