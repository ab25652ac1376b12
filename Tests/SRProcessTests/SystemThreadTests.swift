import Foundation
import SRProcess
import SRTestSupport
import Synchronization
import Testing

@Suite struct SystemThreadTests {
  @Test func runsItsBody() throws {
    let condition = Condition()
    let isDone = Atomic(false)
    try SystemThread.start("test") {
      condition.withLock {
        isDone.store(true, ordering: .relaxed)
        condition.broadcast()
      }
    }
    condition.withLock { while !isDone.load(ordering: .relaxed) { condition.wait() } }
  }

  /// No machine has memory for such a stack.
  @Test func aThreadThatCannotStartIsAnErrorAtOnce() throws {
    let error = #expect(throws: ThreadError.self) {
      try SystemThread.start("huge", stackBytes: 1 << 46) { Issue.record("the thread has started") }
    }
    #expect(error?.code == EAGAIN)
    let text = try #require(error?.description)
    #expect(text.hasPrefix("cannot start the thread 'huge': ") && text.contains("--threads"), "\(text)")
    #expect(text.contains("kernel.threads-max is "), "\(text)")
  }

  @Test func aTimedWaitEnds() {
    let condition = Condition()
    let start = ContinuousClock.now
    condition.withLock { condition.wait(seconds: 0.02) }
    // A wait may end without cause, so only a wait that never ends fails.
    #expect(start.duration(to: .now) < .seconds(3600))
  }

  /// Foundation's threads fail to start without a word, libdispatch's wait for ever, and NSCondition waits by the wall clock.
  @Test func noOtherThreadsOrWaitsAreUsed() throws {
    let sources = URL(fileURLWithPath: Repository.file("Sources"))
    let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
    var count = 0
    for case let file as URL in files
    where file.pathExtension == "swift" && !file.path.contains("/srdist-rank-checks/") {
      let text = try String(contentsOf: file, encoding: .utf8)
      count += 1
      for word in ["NSCondition", "Thread {", "DispatchQueue", "Task {", "Task.detached"] {
        #expect(
          !text.replacingOccurrences(of: "SystemThread {", with: "").contains(word), "\(file.path): \(word)")
      }
    }
    #expect(count > 100)
  }
}
