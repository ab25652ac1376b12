import Foundation
import Testing

/// A program run on several ranks by the real `mpirun`.
struct MPIRun {
  /// mpirun's exit code; 128 + n where signal n ended it.
  let status: Int32
  let output: String
  let errors: String

  /// Where mpirun lies; nil where Open MPI is not installed.
  static let launcher: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "")
    .split(separator: ":").map { "\($0)/mpirun" }
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// The tests that need it are skipped with this comment.
  static let skipped: Comment = "SKIPPED: mpirun is not on PATH; install openmpi-bin to run the rank checks"

  struct TimeLimitExceeded: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs a product of this package on `ranks` ranks, or without a launcher where `ranks` is nil.
  init(ranks: Int?, _ product: String, _ arguments: [String], timeLimit: TimeInterval = 120) throws {
    let program = try Self.productsDirectory().appendingPathComponent(product)
    let process = Process()
    if let ranks {
      process.executableURL = URL(fileURLWithPath: try #require(Self.launcher))
      process.arguments =
        ["--oversubscribe", "--bind-to", "none", "-n", "\(ranks)", program.path] + arguments
    } else {
      process.executableURL = program
      process.arguments = arguments
    }
    process.environment = ProcessInfo.processInfo.environment.merging(
      // mpirun refuses to run as root, as in a container, without both.
      ["OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"]) { $1 }

    // Files, not pipes: a rank that outlives mpirun would keep a pipe open and the test waiting.
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mpirun-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (outputFile, errorFile) = (folder.appendingPathComponent("out"), folder.appendingPathComponent("err"))
    for file in [outputFile, errorFile] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: outputFile)
    process.standardError = try FileHandle(forWritingTo: errorFile)

    try process.run()
    let deadline = Date(timeIntervalSinceNow: timeLimit)
    while process.isRunning {
      if Date() > deadline {
        process.terminate()
        let said = try String(contentsOf: outputFile, encoding: .utf8)
        throw TimeLimitExceeded(
          description:
            "\(product) \(arguments) on \(ranks ?? 1) ranks ran past \(timeLimit) s; it said: \(said)")
      }
      Thread.sleep(forTimeInterval: 0.02)
    }
    output = try String(contentsOf: outputFile, encoding: .utf8)
    errors = try String(contentsOf: errorFile, encoding: .utf8)
    status = process.terminationStatus + (process.terminationReason == .uncaughtSignal ? 128 : 0)
  }

  /// Where the running test bundle, and beside it every other product, was built.
  private static func productsDirectory() throws -> URL {
    let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: bundle).deletingLastPathComponent()
  }
}
