import Foundation
import SRTestSupport
import Testing

/// How a run of one process ends early: by signals, by readers that go away, and by limits of the system.
@Suite(.serialized) struct StopTests {
  private let folder: TemporaryFolder
  private var output: String { folder.file("run") }

  init() throws { folder = try TemporaryFolder() }

  private func arguments(_ more: [String] = []) -> [String] {
    [
      "train", "--model", "vanilla", "--loss", "mse=1", "--synthetic-train", "8", "--synthetic-valid", "2",
      "--batch-size", "4", "--epochs", "1000000", "--threads", "1", "--samples", "0", "--output", output,
    ] + more
  }

  private var steps: Int {
    let text = (try? String(contentsOfFile: "\(output)/metrics.jsonl", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").count { $0.contains(#""kind":"step""#) }
  }

  private var checkpoints: [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "\(output)/checkpoints")
    return (names ?? []).filter { $0.hasPrefix("step-") }
  }

  /// Runs a shell command in which `$0` is srdist and `$@` are the arguments.
  private func shell(_ command: String, _ more: [String]) throws -> ChildRun {
    let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let program = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("srdist")
    return try ChildRun("/bin/bash", ["-c", command, program.path] + arguments(more))
  }

  @Test(arguments: [SIGHUP, SIGINT, SIGTERM, SIGUSR1])
  func everySignalToStopKeepsACheckpoint(_ signal: Int32) throws {
    let run = try RunningProgram("srdist", arguments())
    try run.wait(until: { steps >= 1 })
    run.kill(signal)
    let ended = try run.wait()
    #expect(ended.status == 75, "\(ended.errors)")
    #expect(!checkpoints.isEmpty && ended.errors.contains("stopped on request after step"))
  }

  @Test func aSignalBeforeTheFirstStepEndsTheStart() throws {
    let run = try RunningProgram("srdist", arguments(["--synthetic-train", "3000"]))
    try run.wait(until: { run.errorsSoFar.contains("kernels") })
    run.kill(SIGTERM)
    let ended = try run.wait()
    #expect(ended.status == 75, "\(ended.errors)")
    #expect(ended.errors.contains("stopped on request before a step was done"), "\(ended.errors)")
    #expect(steps == 0)
  }

  /// One step of this run takes longer than the pause between the signals.
  @Test func aSecondSignalEndsAtOnce() throws {
    let run = try RunningProgram(
      "srdist", arguments(["--synthetic-train", "400", "--batch-size", "400"]))
    try run.wait(until: { FileManager.default.fileExists(atPath: "\(output)/metrics.jsonl") })
    Thread.sleep(forTimeInterval: 1)
    run.kill(SIGTERM)
    Thread.sleep(forTimeInterval: 1.5)
    run.kill(SIGINT)
    // If the start took longer, the first signal has ended it in order.
    let ended = try run.wait()
    #expect(ended.status == 128 + SIGINT || ended.status == 75, "\(ended.errors)")
    #expect(steps == 0)
  }

  @Test func anIgnoredHangupStaysIgnored() throws {
    let run = try shell(
      """
      trap '' HUP
      "$0" "$@" & run=$!
      until [ -s '\(output)/metrics.jsonl' ]; do sleep 0.05; done
      kill -HUP $run
      wait $run
      """, ["--max-steps", "6"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(steps == 6)
  }

  @Test func aReaderThatGoesAwayEndsNothing() throws {
    let run = try shell(#""$0" "$@" 2>&1 | head -n 1; exit "${PIPESTATUS[0]}""#, ["--max-steps", "4"])
    #expect(run.status == 0, "\(run.errors)")
    #expect(steps == 4)
  }

  /// A file that is opened next would get the number of a closed standard error, and the messages.
  @Test func closedStreamsDoNotLeadMessagesIntoFiles() throws {
    let run = try shell(#"exec "$0" "$@" <&- >&- 2>&-"#, ["--max-steps", "2"])
    #expect(run.status == 0)
    for case let name as String in FileManager.default.enumerator(atPath: output)! {
      let data = FileManager.default.contents(atPath: "\(output)/\(name)") ?? Data()
      #expect(data.range(of: Data("model vanilla".utf8)) == nil, "\(name) holds a message")
    }
    #expect(steps == 2)
  }

  @Test func aFileThatIsTooLargeIsAnError() throws {
    let run = try shell(#"ulimit -f 64; exec "$0" "$@""#, ["--max-steps", "1"])
    #expect(run.status == 1, "\(run.errors)")
    #expect(run.errors.contains("File too large"), "\(run.errors)")
  }

  /// The stacks of so many threads never fit. With fewer, it would depend on the memory pools of the threads that run already.
  @Test func aThreadThatCannotStartIsNamedWithItsLimit() throws {
    let run = try shell(#"ulimit -v 1048576; exec "$0" "$@""#, ["--threads", "512"])
    #expect(run.status == 1, "\(run.errors)")
    #expect(run.errors.contains("cannot start the thread 'worker-"), "\(run.errors)")
    #expect(run.errors.contains("RLIMIT_AS (ulimit -v) is 1073741824 bytes"), "\(run.errors)")
  }
}

/// A step of many ranks waits for the slowest path of each collective, so it has few.
@Suite(.enabled(if: ProgramRun.launcher != nil, ProgramRun.skipped))
struct CollectiveCountTests {
  /// Counts the blocking collectives of each rank, and prints them as the process ends.
  private static let counter = """
    #include <stdio.h>
    #include <stdlib.h>
    #include <unistd.h>
    static int calls;
    int PMPI_Allgather(const void *, int, void *, void *, int, void *, void *);
    int PMPI_Allgatherv(const void *, int, void *, void *, const int *, const int *, void *, void *);
    int PMPI_Bcast(void *, int, void *, int, void *);
    int PMPI_Barrier(void *);
    int PMPI_Finalize(void);
    int MPI_Allgather(const void *a, int b, void *c, void *d, int e, void *f, void *g) {
      ++calls;
      return PMPI_Allgather(a, b, c, d, e, f, g);
    }
    int MPI_Allgatherv(const void *a, int b, void *c, void *d, const int *e, const int *f, void *g, void *h) {
      ++calls;
      return PMPI_Allgatherv(a, b, c, d, e, f, g, h);
    }
    int MPI_Bcast(void *a, int b, void *c, int d, void *e) {
      ++calls;
      return PMPI_Bcast(a, b, c, d, e);
    }
    int MPI_Barrier(void *a) {
      ++calls;
      return PMPI_Barrier(a);
    }
    int MPI_Finalize(void) {
      fprintf(stderr, "collectives: %d\\n", calls);
      return PMPI_Finalize();
    }
    """

  private static let compiler = ["cc", "clang", "gcc"].first {
    (try? ChildRun("/usr/bin/env", [$0, "--version"]).status) == 0
  }

  @Test(.enabled(if: compiler != nil, "SKIPPED: there is no C compiler"))
  func aStepHasFewBlockingCollectives() throws {
    let folder = try TemporaryFolder()
    let source = try folder.write(Array(Self.counter.utf8), as: "counter.c")
    let library = folder.file("counter.so")
    let built = try ChildRun(
      "/usr/bin/env", [try #require(Self.compiler), "-shared", "-fPIC", "-o", library, source])
    try #require(built.status == 0, "\(built.errors)")
    func calls(steps: Int, _ sharing: String) throws -> Int {
      let run = try ProgramRun(
        ranks: 2, "srdist",
        [
          "train", "--model", "vanilla", "--loss", "mse=1", "--synthetic-train", "16", "--synthetic-valid",
          "2",
          "--batch-size", "2", "--epochs", "1", "--threads", "1", "--samples", "0", "--max-steps", "\(steps)",
          sharing, "--output", folder.file("run\(sharing)-\(steps)"),
        ], environment: ["LD_PRELOAD": library])
      try #require(run.status == 0, "\(run.errors)")
      let line = try #require(run.errors.split(separator: "\n").first { $0.hasPrefix("collectives: ") })
      return try #require(Int(line.dropFirst("collectives: ".count)))
    }
    // Ranks that share weights wait for each other three times.
    for (sharing, expected) in [("--no-share-weights", 2), ("--share-weights", 2 + 3)] {
      #expect(try calls(steps: 6, sharing) - calls(steps: 2, sharing) == 4 * expected)
    }
  }
}
