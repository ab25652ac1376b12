import Foundation
import SRCheckpoint
import SRFiles
import SRTestSupport
import Testing

/// States whose checksums are right and whose numbers make no sense.
@Suite struct CheckpointSenseTests {
  /// Numbers that no run has in these places, as JSON.
  static let senseless = [
    "-1", "4611686018427387904", "1e19", "-9223372036854775808", "\"NaN\"", "null", "1.5",
  ]

  @Test(
    arguments: ["epoch", "step", "step_in_epoch", "completed_epochs", "best.epoch", "learning_rate.rate"],
    senseless)
  func anImpossiblePositionIsRefused(field: String, value: String) throws {
    // A rate can be any finite number, and is as many digits long as it likes.
    let isRate = field == "learning_rate.rate" && ["4611686018427387904", "1e19", "1.5"].contains(value)
    let folder = try TemporaryFolder()
    let store = CheckpointStore(path: folder.file("checkpoints"))
    for step in [4, 42] { try store.save(SampleArenas.contents(step: step)) }
    let checkpoint = store.checkpoint(atStep: 42)
    try CheckpointRewriting.setState(of: checkpoint.path, field, to: value)
    guard !isRate else {
      try checkpoint.verify()
      return
    }
    let error = #expect(throws: CheckpointError.self) { try store.newestVerified() }
    guard case .senseless(let path, let problem) = error else {
      Issue.record("not senseless: \(String(describing: error))")
      return
    }
    // Foundation does not say which number it cannot represent.
    let name = ["1e19", "1.5"].contains(value) ? "state.json" : field.split(separator: ".")[0]
    #expect(path == checkpoint.path && problem.contains(name), "\(problem)")
    #expect(try store.removeNewer(thanStep: 4).removed.isEmpty)
    #expect(try Inspection(path: checkpoint.path).problems.count == 1)
    #expect(try Inspection(path: store.path).problems.count == 1)
    #expect(throws: CheckpointError.self) { try WeightPlace(checkpoint.path) }
    #expect(try store.list().count == 2)
  }

  @Test func positionsThatDisagreeAreRefused() throws {
    let good = SampleArenas.contents(step: 42).state
    #expect(good.problem == nil)
    func problem(_ change: (inout CheckpointState) -> Void) -> String? {
      var state = good
      change(&state)
      return state.problem
    }
    #expect(problem { $0.epoch = 100 }?.contains("completed_epochs") == true)
    #expect(problem { ($0.epoch, $0.completedEpochs) = (100, 99) }?.contains("step is 42") == true)
    #expect(problem { $0.step = 43 }?.contains("step is 43") == true)
    #expect(problem { ($0.epoch, $0.completedEpochs) = (1, 0) }?.contains("step is 42") == true)
    #expect(problem { $0.stepInEpoch = 42 }?.contains("step is 42") == true)
    #expect(problem { $0.best?.epoch = 3 }?.contains("best") == true)
    #expect(problem { $0.learningRate.rate = .infinity }?.contains("learning_rate") == true)
  }
}
