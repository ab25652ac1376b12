import Foundation
import SRTestSupport
import SRTraining
import Testing

/// `scripts/quickstart` with stand-ins for the compiler, for mpirun and for srdist.
@Suite struct QuickstartTests {
  /// Runs the script on a machine of so many cores. Returns what mpirun and srdist were given.
  private func run(cores: Int, _ arguments: [String] = []) throws -> String {
    let folder = try TemporaryFolder()
    for name in ["scripts/support", "bin"] { try folder.makeFolder(name) }
    func write(_ text: String, to path: String) throws {
      let name = path.replacing("/", with: "-")
      try folder.writeScript(text, as: name)
      try FileManager.default.moveItem(atPath: folder.file(name), toPath: folder.file(path))
    }
    let script = try String(contentsOfFile: Repository.file("scripts/quickstart"), encoding: .utf8)
    try write(script, to: "scripts/quickstart")
    try write("#!/bin/sh\n", to: "scripts/setup")
    try folder.write(Array("use_toolchain() { :; }\n".utf8), as: "scripts/support/toolchain.sh")
    try write("#!/bin/sh\necho \(cores)\n", to: "bin/nproc")
    try write("#!/bin/sh\necho '\(folder.file("bin"))'\n", to: "bin/swift")
    for name in ["mpirun", "srdist"] {
      try write(
        "#!/bin/sh\necho \"\(name) $*\" >>'\(folder.file("given"))'\n", to: "bin/\(name)")
    }
    let ended = try ChildRun(
      folder.file("scripts/quickstart"), arguments,
      environment: ["PATH": "\(folder.file("bin")):/usr/bin:/bin", "HOME": folder.path])
    #expect(ended.status == 0, "\(ended.errors)")
    return try folder.text("given")
  }

  /// A rank without an image is an error of `srdist train`.
  @Test(arguments: [(1, 2), (2, 2), (8, 8), (9, 8), (128, 8)])
  func eachRankHasAnImage(cores: Int, ranks: Int) throws {
    let settings = try TrainingConfiguration(layers: [Preset.quick.layer()])
    #expect(ranks <= settings.batchSize)
    #expect(try run(cores: cores).contains(" -n \(ranks) "))
  }

  @Test(arguments: [["--output", "mine"], ["--output=mine"]])
  func theOutputIsReported(arguments: [String]) throws {
    let given = try run(cores: 2, arguments)
    #expect(given.contains("srdist report mine --html mine/report.html"), "\(given)")
    #expect(given.contains("--output mine/upscaled --weights mine "), "\(given)")
  }
}
