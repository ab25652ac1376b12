import Foundation
import Testing

/// A product of this package that has run to its end, as a user would run it: alone, or on several ranks under the real
/// `mpirun`.
package struct ProgramRun {
  /// The exit code, or 128 + n if signal n ended the program.
  package let status: Int32
  package let output: String
  package let errors: String

  /// The path of mpirun; nil if Open MPI is not installed.
  package static let launcher: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "")
    .split(separator: ":").map { "\($0)/mpirun" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// Tests that need mpirun are skipped with this comment.
  package static let skipped: Comment =
    "SKIPPED: mpirun is not on PATH; install openmpi-bin to run on several ranks"

  package struct TimeLimitExceeded: Error, CustomStringConvertible {
    package let description: String
  }

  /// The path of strace, which lets system calls fail; nil if it is not installed or may not be used.
  package static let strace: String? = ["/usr/bin/strace", "/usr/local/bin/strace"].first {
    (try? ChildRun($0, ["-qq", "-o", "/dev/null", "true"]))?.status == 0
  }

  /// Runs `product` on `ranks` ranks, or without a launcher if `ranks` is nil, and waits for its end.
  ///
  /// - Parameter tool: a program and its arguments, under which a single process runs.
  package init(
    ranks: Int? = nil, under tool: [String] = [], _ product: String, _ arguments: [String],
    environment: [String: String] = [:]
  ) throws {
    let program = try RunningProgram(
      ranks: ranks, under: tool, product, arguments, environment: environment)
    (status, output, errors) = try program.wait()
  }
}

/// A product of this package while it runs, so that a test can interfere.
package final class RunningProgram {
  private let process = Process()
  private let name: String
  private let isLauncher: Bool
  private let folder: URL

  /// A test that hangs is ended after this many seconds, which is far more than the slowest machine needs.
  static let timeLimit: TimeInterval = 3600

  /// Starts `product`; see ``ProgramRun/init(ranks:under:_:_:environment:)``.
  ///
  /// - Parameter terminal: gets what the program writes to standard error. Then ``wait()`` returns no `errors`.
  package init(
    ranks: Int? = nil, under tool: [String] = [], _ product: String, _ arguments: [String],
    environment: [String: String] = [:],
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
      let command = tool + [program.path] + arguments
      process.executableURL = URL(fileURLWithPath: command[0])
      process.arguments = Array(command.dropFirst())
    }
    // Without both variables, mpirun refuses to run as root, which is usual in a container.
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]
    ) { $1 }.merging(environment) { $1 }

    // Output goes to files: a rank that outlives mpirun would keep a pipe open, and the test would wait.
    folder = FileManager.default.temporaryDirectory.appendingPathComponent("run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for file in [outputFile, errorFile] { try Data().write(to: file) }
    let handles = [try FileHandle(forWritingTo: outputFile), try FileHandle(forWritingTo: errorFile)]
    // The program has its own copies. Foundation keeps a process that has ended, and with it the handles; and once more than some
    // 1,300 files are open, Foundation reads beyond its list of them when it starts another process.
    defer { for handle in handles { try? handle.close() } }
    (process.standardOutput, process.standardError) = (handles[0], handles[1])
    if let terminal { process.standardError = terminal.handle }
    try process.runWithSignals()
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  private var outputFile: URL { folder.appendingPathComponent("out") }
  private var errorFile: URL { folder.appendingPathComponent("err") }

  package var isRunning: Bool { process.isRunning }
  /// The process of the program itself, or of mpirun.
  package var processIdentifier: Int32 { process.processIdentifier }

  /// What the program has written to standard error so far.
  package var errorsSoFar: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

  /// The most memory that the program has held so far, in bytes; nil after its end. Precondition: this program is not mpirun.
  package var peakBytes: Int? {
    let status = (try? String(contentsOfFile: "/proc/\(processIdentifier)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(separator: " ").dropLast().last.flatMap { Int($0) }.map { $0 << 10 }
  }

  /// The processor time that the program has taken so far, in seconds; 0 after its end. Precondition: this program is not mpirun.
  package var processorSeconds: Double {
    let facts = (try? String(contentsOfFile: "/proc/\(processIdentifier)/stat", encoding: .utf8)) ?? ""
    // The name is in parentheses. The times in user and system mode are the 14th and 15th field.
    let fields = facts.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return 0 }
    return Double(user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  package func kill(_ signal: Int32) { _ = Foundation.kill(process.processIdentifier, signal) }

  /// Waits for the program's end. After an abort, Open MPI 4.1's mpirun sometimes crashes or hangs in `PMIx_server_finalize`.
  /// If mpirun hangs after all ranks have ended, it is killed, and the result is the same as after a crash.
  package func wait() throws -> (status: Int32, output: String, errors: String) {
    let deadline = ContinuousClock.now + .seconds(Self.timeLimit)
    // Nil until the first rank is seen.
    var ranksLivedAt: ContinuousClock.Instant?
    var hung = false
    while process.isRunning {
      if isLauncher, !ranks.isEmpty { ranksLivedAt = .now }
      if !hung, let ranksLivedAt, ranksLivedAt.duration(to: .now) > .seconds(Self.exitPatience) {
        hung = true
        kill(SIGKILL)
      }
      if ContinuousClock.now > deadline {
        process.terminate()
        let said = try String(contentsOf: errorFile, encoding: .utf8)
        throw ProgramRun.TimeLimitExceeded(
          description: "\(name) ran past \(Self.timeLimit) s; it said: \(said)")
      }
      Thread.sleep(forTimeInterval: 0.02)
    }
    let status = process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
    // Open MPI 5 ends its own messages with a zero byte.
    let errors = try String(contentsOf: errorFile, encoding: .utf8).filter { $0 != "\0" }
    return (
      hung ? 128 + SIGSEGV : status, try String(contentsOf: outputFile, encoding: .utf8),
      errors
        + (hung ? "mpirun hung after its ranks had ended, as in PMIx_server_finalize\n" : "")
    )
  }

  /// mpirun may take this many seconds to end after its last rank.
  private static let exitPatience: TimeInterval = 60

  /// The folder that holds the running test bundle and every other product.
  package static func productsDirectory() throws -> URL {
    let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: bundle).deletingLastPathComponent()
  }
}
