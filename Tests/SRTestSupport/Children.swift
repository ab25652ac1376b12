import Foundation
import SRTestSupport

/// What a child process left.
struct ChildResult {
  let status: Int32
  let output: String
  let errors: String
}

/// Runs a program to its end.
func runChild(_ executable: String, _ arguments: [String]) throws -> ChildResult {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: executable)
  process.arguments = arguments
  let scratch = try TemporaryFolder()
  // Files, not pipes: a pipe that nobody empties stops the child when it is full.
  let (output, errors) = (try scratch.write([], as: "output"), try scratch.write([], as: "errors"))
  process.standardOutput = FileHandle(forWritingAtPath: output)
  process.standardError = FileHandle(forWritingAtPath: errors)
  process.standardInput = FileHandle.nullDevice
  try process.run()
  process.waitUntilExit()
  return ChildResult(
    status: process.terminationStatus,
    output: String(decoding: try bytes(of: output), as: UTF8.self),
    errors: String(decoding: try bytes(of: errors), as: UTF8.self))
}

/// A Python that can import Pillow and NumPy, for comparisons with the libraries themselves:
/// `$PYTHON`, else `python3`.
enum Python {
  static let isAvailable = (try? run("import PIL, numpy").status) == 0

  static func run(_ program: String, _ arguments: [String] = []) throws -> ChildResult {
    let python = ProcessInfo.processInfo.environment["PYTHON"] ?? "python3"
    return try runChild("/usr/bin/env", [python, "-W", "ignore", "-c", program] + arguments)
  }
}

func bytes(of path: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(fileURLWithPath: path)))
}
