import SRTestSupport
import Testing

/// Settings from environment variables.
@Suite struct EnvironmentTests {
  /// Each command looks for the networks' weights in the folder that the variable names. It holds none.
  @Test(arguments: [
    ["plan", "--ranks", "2", "--bandwidth", "1Gbit", "--latency", "30us"],
    ["train", "--model", "vanilla", "--synthetic-train", "4", "--synthetic-valid", "2", "--dry-run"],
  ])
  func namesTheFolderOfWeights(command: [String]) throws {
    let folder = try TemporaryFolder()
    let given = try TemporaryFolder()
    let arguments = command + ["--loss", "vgg=1"]
    let run = try ProgramRun("srdist", arguments, environment: ["SRDIST_WEIGHTS": folder.path])
    #expect(run.status == 1 && run.errors.contains(folder.path), "\(run.errors)")
    let other = try ProgramRun(
      "srdist", arguments + ["--weights-dir", given.path], environment: ["SRDIST_WEIGHTS": folder.path])
    #expect(other.status == 1 && other.errors.contains(given.path), "\(other.errors)")
  }
}
