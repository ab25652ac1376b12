import SRReport
import Testing

@Suite struct ProgressLineTests {
  private func progress(_ done: Int) -> TrainingProgress {
    TrainingProgress(
      epoch: (done - 1) / 10 + 1, epochs: 2, stepInEpoch: (done - 1) % 10 + 1, stepsPerEpoch: 10,
      loss: 0.123456,
      imagesPerSecond: 31.25)
  }

  /// The texts that are written if steps end at these times.
  private func shown(isTerminal: Bool, _ updates: [(step: Int, time: Duration)]) -> [String] {
    var texts: [String] = []
    var line = ProgressLine(isTerminal: isTerminal) { texts.append($0) }
    for update in updates { line.update(progress(update.step), at: update.time) }
    return texts
  }

  @Test func terminalLineIsRedrawnInPlace() {
    let texts = shown(isTerminal: true, [(1, .seconds(5)), (2, .seconds(7))])
    #expect(texts.count == 2)
    #expect(texts.allSatisfy { $0.hasPrefix("\r\u{1B}[K") && !$0.contains("\n") })
    #expect(texts[0].hasSuffix("epoch 1/2  step 1/10  loss 0.12346  31.2 images/s"))
    // A step takes 2 s, and 18 steps are left.
    #expect(texts[1].hasSuffix("0:36 left"))
  }

  @Test func frequentStepsAreNotAllDrawnButTheLastIs() {
    let updates = (1...20).map { (step: $0, time: Duration.milliseconds($0 * 10)) }
    let texts = shown(isTerminal: true, updates)
    #expect(texts.count == 3)
    #expect(texts.last?.contains("epoch 2/2  step 10/10") == true)
  }

  @Test func elsewhereAPlainLineNowAndThen() {
    let updates = (1...20).map { (step: $0, time: Duration.seconds($0 * 4)) }
    let texts = shown(isTerminal: false, updates)
    #expect(texts.count == 4)
    #expect(texts.allSatisfy { $0.hasSuffix("\n") && !$0.contains("\r") && !$0.contains("\u{1B}") })
  }

  @Test func longTimesShowHours() {
    let texts = shown(isTerminal: false, [(1, .zero), (2, .seconds(600))])
    #expect(texts.last?.contains("3:00:00 left") == true)
  }

  /// Work that is not done has no 100 %.
  @Test func filesAreCounted() {
    var progress = FileProgress("pictures", files: 3, total: 1000)
    (progress.filesDone, progress.done) = (2, 999)
    #expect(progress.text(remaining: .seconds(5)) == "2/3 pictures  99%  0:05 left")
    (progress.filesDone, progress.done) = (3, 1000)
    #expect(progress.text(remaining: nil) == "3/3 pictures  100%")
  }

  @Test func clearingMakesRoomAndTheNextUpdateDraws() {
    var texts: [String] = []
    var line = ProgressLine(isTerminal: true) { texts.append($0) }
    line.clear()
    #expect(texts.isEmpty)
    line.update(progress(1), at: .zero)
    line.clear()
    line.update(progress(2), at: .milliseconds(1))
    #expect(texts.count == 3 && texts[1] == "\r\u{1B}[K")
  }
}
