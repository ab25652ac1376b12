import Foundation
import Testing

/// A product of this package, run to its end as a user would: alone, or on several ranks by the real `mpirun`.
package struct ProgramRun {
  /// The exit code; 128 + n where signal n ended it.
  package let status: Int32
  package let output: String
  package let errors: String

  /// Where mpirun lies; nil where Open MPI is not installed.
  package static let launcher: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "")
    .split(separator: ":").map { "\($0)/mpirun" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// The tests that need it are skipped with this comment.
  package static let skipped: Comment =
    "SKIPPED: mpirun is not on PATH; install openmpi-bin to run on several ranks"

  package struct TimeLimitExceeded: Error, CustomStringConvertible {
    package let description: String
  }

  /// Runs `product` on `ranks` ranks, or without a launcher where `ranks` is nil, and waits.
  package init(
    ranks: Int? = nil, _ product: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws {
    let program = try RunningProgram(ranks: ranks, product, arguments, environment: environment)
    (status, output, errors) = try program.wait()
  }
}

/// A product of this package while it runs, so that a test can interfere.
package final class RunningProgram {
  private let process = Process()
  private let name: String
  private let isLauncher: Bool
  private let folder: URL

  /// Seconds after which a test that hangs is ended; far more than the slowest machine needs.
  static let timeLimit: TimeInterval = 3600

  /// Starts `product`; see ``ProgramRun/init(ranks:_:_:environment:)``.
  ///
  /// - Parameter terminal: gets what the program writes to standard error, instead of ``wait()``'s `errors`.
  package init(
    ranks: Int? = nil, _ product: String, _ arguments: [String], environment: [String: String] = [:],
    terminal: Terminal? = nil
  ) throws {
    name = "\(product) \(arguments.joined(separator: " ")) on \(ranks ?? 1) ranks"
    isLauncher = ranks != nil
    let program = try Self.productsDirectory().appendingPathComponent(product)
    if let ranks {
      process.executableURL = URL(fileURLWithPath: try #require(ProgramRun.launcher))
      process.arguments =
        ["--oversubscribe", "--bind-to", "none", "-n", "\(ranks)", program.path] + arguments
    } else {
      process.executableURL = program
      process.arguments = arguments
    }
    // mpirun refuses to run as root, as in a container, without both.
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]
    ) { $1 }.merging(environment) { $1 }

    // Files, not pipes: a rank that outlives mpirun would keep a pipe open and the test waiting.
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for file in [outputFile, errorFile] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)
    if let terminal { process.standardError = terminal.handle }
    try process.runWithSignals()
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private var outputFile: URL { folder.appendingPathComponent("out") }
  private var errorFile: URL { folder.appendingPathComponent("err") }

  package var isRunning: Bool { process.isRunning }
  /// Of the program itself, or of mpirun.
  package var processIdentifier: Int32 { process.processIdentifier }

  /// What it has written to standard error so far.
  package var errorsSoFar: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

  package func kill(_ signal: Int32) { _ = Foundation.kill(process.processIdentifier, signal) }

  /// Waits for the end. An mpirun that hangs after all ranks have ended is killed, and ends as where it crashes there:
  /// Open MPI 4.1's sometimes does the one or the other in `PMIx_server_finalize` after an abort.
  package func wait() throws -> (status: Int32, output: String, errors: String) {
    let deadline = Date(timeIntervalSinceNow: Self.timeLimit)
    // Nil before the first rank.
    var ranksLivedAt: Date?
    var hung = false
    while process.isRunning {
      if isLauncher, !ranks.isEmpty { ranksLivedAt = Date() }
      if !hung, let ranksLivedAt, Date().timeIntervalSince(ranksLivedAt) > Self.exitPatience {
        hung = true
        kill(SIGKILL)
      }
      if Date() > deadline {
        process.terminate()
        let said = try String(contentsOf: errorFile, encoding: .utf8)
        throw ProgramRun.TimeLimitExceeded(
          description: "\(name) ran past \(Self.timeLimit) s; it said: \(said)")
      }
      Thread.sleep(forTimeInterval: 0.02)
    }
    let status = process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
    return (
      hung ? 128 + SIGSEGV : status, try String(contentsOf: outputFile, encoding: .utf8),
      try String(contentsOf: errorFile, encoding: .utf8)
        + (hung ? "mpirun hung after its ranks had ended, as in PMIx_server_finalize\n" : "")
    )
  }

  /// Seconds that mpirun may take to end after its last rank.
  private static let exitPatience: TimeInterval = 60

  /// Where the running test bundle, and beside it every other product, was built.
  private static func productsDirectory() throws -> URL {
    let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: bundle).deletingLastPathComponent()
  }
}
