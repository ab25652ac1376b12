import Foundation
import SRFiles

/// Runs gnuplot if it is installed.
package enum Gnuplot {
  /// The result of running a script.
  package enum Outcome: Equatable, Sendable {
    /// gnuplot drew the picture.
    case drawn
    /// gnuplot is not installed. The script is kept for a machine that has gnuplot.
    case notInstalled(script: String)
  }

  /// Keeps `script` at `scriptPath` and runs gnuplot on it. Throws ``GnuplotError``.
  package static func run(_ script: String, keptAt scriptPath: String) throws -> Outcome {
    do {
      try DurableFileWriter.replace(scriptPath, with: script.utf8)
    } catch let error as FileError {
      throw GnuplotError(scriptPath: scriptPath, problem: "cannot be written: \(error.reason)")
    }
    guard let program = path else { return .notInstalled(script: scriptPath) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = [Self.path(scriptPath)]
    let output = Pipe()
    process.standardError = output
    do {
      try process.run()
    } catch {
      throw GnuplotError(scriptPath: scriptPath, problem: "\(program) cannot be started: \(error)")
    }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw GnuplotError(
        scriptPath: scriptPath, problem: "gnuplot ended with status \(process.terminationStatus): \(text)")
    }
    return .drawn
  }

  /// A text as a string of gnuplot's language that means this text.
  package static func string(_ text: String) -> String {
    func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }
    guard text.utf8.contains(where: isControl) || text.hasPrefix("'") else {
      // In single quotes, only the quote itself is special. At the beginning, two of them would be an empty string.
      return "'" + text.replacing("'", with: "''") + "'"
    }
    // A string cannot span lines. Double quotes have escapes for bytes, but also expand `@` and backticks.
    let bytes = text.utf8.map { byte in
      let character = Character(Unicode.Scalar(byte))
      if character.isASCII && (character.isLetter || character.isNumber || " ./_-".contains(character)) {
        return String(character)
      }
      let digits = String(byte, radix: 8)
      return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    }
    return "\"\(bytes.joined())\""
  }

  /// The path in a form that gnuplot takes for a file: not for an option, a home folder, or a program to run.
  package static func path(_ path: String) -> String {
    guard let first = path.utf8.first, "-~|<".utf8.contains(first) else { return path }
    return "./\(path)"
  }

  /// Whether the search path has gnuplot.
  package static var isInstalled: Bool { path != nil }

  private static var path: String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/gnuplot" }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}

/// gnuplot could not draw.
package struct GnuplotError: Error, Equatable, Sendable, CustomStringConvertible {
  package let scriptPath: String
  package let problem: String

  package var description: String { "\(scriptPath): \(problem)" }
}
