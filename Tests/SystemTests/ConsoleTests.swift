import Foundation
import SRTestSupport
import Testing

/// What a person sees on a terminal during a run.
@Suite struct ConsoleTests {
  /// Carriage return and "erase to the end of the line".
  private let cleared = "\r\u{1B}[K"

  @Test func logLinesTakeTheProgressLinesPlace() throws {
    let folder = try TemporaryFolder()
    let terminal = try Terminal()
    let program = try RunningProgram(
      "srdist",
      [
        "train", "--model", "vanilla", "--loss", "mse=1", "--synthetic-train", "8", "--synthetic-valid", "2",
        "--batch-size", "4", "--epochs", "1", "--threads", "1", "--samples", "0", "--output",
        folder.file("run"),
      ], terminal: terminal)
    let transcript = terminal.readToEnd()
    #expect(try program.wait().status == 0, "\(transcript)")
    #expect(transcript.contains("\(cleared)epoch 1/1  step 2/2"), "\(transcript)")
    // A terminal turns each line feed into a carriage return and a line feed.
    let lines = transcript.components(separatedBy: "\r\n").map { line in
      line.components(separatedBy: cleared).last ?? ""
    }
    #expect(lines.contains { $0.hasPrefix("epoch 1/1: ") }, "\(lines)")
    #expect(!lines.contains { $0.contains("step 2/2") }, "\(lines)")
    #expect(lines.last == "", "the prompt would follow on \(lines)")
  }
}
