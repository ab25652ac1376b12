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
    let handles = [FileHandle(forWritingAtPath: output), FileHandle(forWritingAtPath: errors)]
    // As in `RunningProgram`.
    defer { for handle in handles { try? handle?.close() } }
    (process.standardOutput, process.standardError) = (handles[0], handles[1])
    process.standardInput = FileHandle.nullDevice
    try process.runWithSignals()
    process.waitUntilExit()
    status = process.terminationStatus
    self.output = try scratch.text("output")
    self.errors = try scratch.text("errors")
  }
}

extension TemporaryFolder {
  /// Writes a script that can be run, and returns its path.
  ///
  /// Another process writes it. A child that this process starts at the same moment for another test has a copy of each open
  /// file until it runs its own program, and a file that is open for writing cannot be run ("Text file busy").
  @discardableResult
  package func writeScript(_ text: String, as name: String) throws -> String {
    let source = try write(Array(text.utf8), as: ".\(name).text")
    let copied = try ChildRun("/usr/bin/install", ["-m", "755", source, file(name)])
    guard copied.status == 0 else { throw CocoaError(.fileWriteUnknown) }
    try FileManager.default.removeItem(atPath: source)
    return file(name)
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
