import Foundation

/// A program, such as a script, that has run to its end.
package struct ChildRun: Sendable {
  /// The exit code, or the signal's number.
  package let status: Int32
  package let output: String
  package let errors: String

  /// Runs the program at a path, and waits for its end.
  ///
  /// - Parameter environment: nil for this process's environment.
  package init(_ executable: String, _ arguments: [String], environment: [String: String]? = nil) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    if let environment { process.environment = environment }
    let scratch = try TemporaryFolder()
    // Output goes to files: a pipe that nobody empties would stop the child when it is full.
    let (output, errors) = (try scratch.write([], as: "output"), try scratch.write([], as: "errors"))
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    process.standardInput = FileHandle.nullDevice
    try process.runWithSignals()
    process.waitUntilExit()
    status = process.terminationStatus
    self.output = try scratch.text("output")
    self.errors = try scratch.text("errors")
  }
}

/// `$PYTHON` or, if it is not set, `python3`, for comparisons with other libraries.
package enum Python {
  /// Whether Python can import Pillow and NumPy.
  package static let hasPillow = canImport("PIL, numpy")

  /// - Parameter modules: their names, separated by commas.
  package static func canImport(_ modules: String) -> Bool { (try? run("import \(modules)").status) == 0 }

  /// Runs a Python program that is given as text.
  package static func run(_ program: String, _ arguments: [String] = []) throws -> ChildRun {
    let python = ProcessInfo.processInfo.environment["PYTHON"] ?? "python3"
    return try ChildRun("/usr/bin/env", [python, "-W", "ignore", "-c", program] + arguments)
  }
}
