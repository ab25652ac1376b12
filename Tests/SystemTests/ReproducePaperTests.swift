import Foundation
import SRData
import SRTestSupport
import Testing

/// `scripts/reproduce-paper` with small networks on a few pictures.
@Suite struct ReproducePaperTests {
  private let folder: TemporaryFolder
  private var output: String { folder.file("output") }

  init() throws {
    folder = try TemporaryFolder()
    try folder.makeFolder("faces")
    let faces = try SyntheticFaces(seed: 3, count: 8, threads: 1)
    for index in 0..<faces.count {
      var image = RGBImage(width: SyntheticFaces.highResSize, height: SyntheticFaces.highResSize)
      image.pixels = faces.withPair(at: index) { _, high in Array(high) }
      try ImageFile.writePNG(image, to: folder.file("faces/\(index).png"))
    }
  }

  /// The script's command line, to which the path of srdist is to be added.
  private func command(_ only: String, weights: String? = nil) -> [String] {
    [
      "/usr/bin/env", "python3", Repository.file("scripts/reproduce-paper"), "--quick", "--split", "6/2",
      "--faces",
      folder.file("faces"), "--extra", folder.file("no-extra"), "--set5", folder.file("no-set"), "--set14",
      folder.file("no-set"), "--only", only, "--output", output, "--weights-dir",
      weights ?? folder.file("none"),
      "--program",
    ]
  }

  private func reproduce(_ only: String, weights: String? = nil, _ more: [String] = []) throws -> ProgramRun {
    try ProgramRun(under: command(only, weights: weights), "srdist", more)
  }

  /// A launcher that fails or waits, as a test wants it, and then runs the program.
  private func launcher(_ first: String) throws -> String {
    let program = try RunningProgram.productsDirectory().appendingPathComponent("srdist").path
    let path = folder.file("launcher")
    try folder.write(
      Array(
        """
        if [ ! -e '\(folder.file("started"))' ]; then
          \(first)
        fi
        exec '\(program)' "$@"
        """.utf8), as: "launcher")
    return "bash '\(path)'"
  }

  @Test func isStoppedResumedAndWritesResults() throws {
    let said = try reproduce("best", ["--status"])
    #expect(said.status == 0 && said.errors.contains("best: to be done"), "\(said.errors)")
    #expect(!FileManager.default.fileExists(atPath: output))

    // Stopped while a run trains. The launcher gets USR1, as srdist would.
    let waiting = try launcher(
      "trap 'exit 75' USR1; touch '\(folder.file("started"))'; while :; do sleep 0.05; done")
    let stopped = try RunningProgram(
      under: command("best"), "srdist", ["--launcher", waiting, "--", "--threads", "1"])
    while !FileManager.default.fileExists(atPath: folder.file("started")), stopped.isRunning {
      usleep(20_000)
    }
    stopped.kill(SIGTERM)
    let (status, _, errors) = try stopped.wait()
    #expect(status == 75 && errors.contains("repeat the command to resume"), "\(errors)")

    // The next start takes the data that are there.
    let run = try reproduce("best", ["--launcher", waiting, "--", "--threads", "1"])
    try #require(run.status == 0, "\(run.errors)")
    #expect(!run.errors.contains("preparing") && run.errors.contains("all 1 runs are done"), "\(run.errors)")
    let results = try folder.text("output/RESULTS.md")
    for text in [
      "6 training and 2 validation photographs", "| `best` | ", "weights_sha256", "best --crop random",
      "## Colours and attention",
      "![Validation faces", "This was a try",
    ] {
      #expect(results.contains(text), "'\(text)' in \(results)")
    }
    // LR, bicubic, the run, HR.
    let figure = try ImageFile.read(folder.file("output/figure-1.png"))
    #expect(figure.width == 4 * (128 + 4) + 4)

    let kept = try ProgramRun(
      "srdist", ["report", folder.file("output/best"), "--faces", folder.file("output/figure-1.png")])
    #expect(kept.status == 1 && kept.errors.contains("--overwrite replaces it"), "\(kept.errors)")

    let again = try reproduce("best", ["--", "--threads", "1"])
    #expect(again.status == 0 && !again.errors.contains(" train "), "\(again.errors)")
    #expect(try folder.text("output/RESULTS.md") == results)
    let other = try reproduce("best", ["--epochs-scale", "2", "--", "--threads", "2"])
    #expect(other.status == 0, "a run that is done is not judged again: \(other.errors)")
    let data = try reproduce("best", ["--split", "5/2"])
    #expect(data.status == 1 && data.errors.contains("was prepared from other photographs"), "\(data.errors)")
  }

  /// Photographs for training only come first, and then the first others by name. Validation has the next ones.
  @Test func trainsOnExtraPhotographsAndValidatesOnOthers() throws {
    try folder.makeFolder("extra")
    for name in ["b.jpg", "a.PNG", "c.jpeg", "notes.txt"] { try folder.write([1], as: "extra/\(name)") }
    let program = try folder.writeScript(
      "#!/bin/sh\nprintf '%s\\n' \"$@\" >'\(folder.file("given"))'\nexit 3\n", as: "program")
    let run = try reproduce(
      "best", ["--extra", folder.file("extra"), "--split", "5/4", "--program", program])
    #expect(run.status == 1 && run.errors.contains("ended with status 3"), "\(run.errors)")
    func names(_ part: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: "\(output)/photographs/\(part)").sorted()
    }
    #expect(try names("train") == ["0.png", "1.png", "a.PNG", "b.jpg", "c.jpeg"])
    #expect(try names("valid") == ["2.png", "3.png", "4.png", "5.png"])
    let given = try folder.text("given")
    #expect(
      given.contains(
        "--train-input\n\(output)/photographs/train\n--valid-input\n\(output)/photographs/valid\n"))
  }

  /// Two collections often number their photographs alike.
  @Test func photographsOfOneNameAreBothTaken() throws {
    try folder.makeFolder("extra")
    for name in ["0.png", "1.png"] { try folder.write([1], as: "extra/\(name)") }
    let program = try folder.writeScript("#!/bin/sh\nexit 3\n", as: "program")
    let run = try reproduce(
      "best", ["--extra", folder.file("extra"), "--split", "6/4", "--program", program])
    #expect(run.status == 1 && run.errors.contains("ended with status 3"), "\(run.errors)")
    let train = "\(output)/photographs/train"
    let names = try FileManager.default.contentsOfDirectory(atPath: train).sorted()
    #expect(names == ["0.png", "1.png", "2.png", "3.png", "faces-0.png", "faces-1.png"])
    let targets = try names.map {
      try FileManager.default.destinationOfSymbolicLink(atPath: "\(train)/\($0)")
    }
    #expect(Set(targets).count == 6)
  }

  @Test func aRunWithOtherArgumentsIsNotContinued() throws {
    let failing = try launcher("touch '\(folder.file("started"))'; exit 3")
    let failed = try reproduce("ablation-none", ["--launcher", failing])
    #expect(failed.status == 1 && failed.errors.contains("ended with status 3"), "\(failed.errors)")
    let other = try reproduce("ablation-none", ["--launcher", failing, "--", "--seed", "5"])
    #expect(other.status == 1 && other.errors.contains("holds a run with other arguments"), "\(other.errors)")
    // What another version of the script trained under the name, to the end.
    try folder.write(
      Array("{\"kind\": \"epoch\", \"epoch\": 9, \"step\": 1, \"seconds\": 1}\n".utf8),
      as: "output/ablation-none/metrics.jsonl")
    try folder.makeFolder("output/ablation-none/checkpoints")
    try folder.makeFolder("output/ablation-none/checkpoints/step-00000001")
    try folder.write(
      Array("{\"arguments\": [\"--preset\", \"other\"]}".utf8), as: "output/ablation-none/reproduction.json")
    let done = try reproduce("ablation-none", ["--launcher", failing])
    #expect(done.status == 1 && done.errors.contains("holds a run with other arguments"), "\(done.errors)")
  }

  @Test(arguments: [
    (["--split", "6:2"], "expected TRAIN/VALID"), (["--epochs-scale", "0"], "expected a number above 0"),
    (["--only", "bset"], "--only names 'bset'"), (["--split", "600/2"], "needs more photographs"),
    (["--only", "vanilla"], "there is no folder"), (["--fewer", "bset=4"], "--fewer names 'bset'"),
    (["--fewer", "best=7"], "expected RUN,...=N with N from 1 to 6"),
    (["--fewer", "best"], "--fewer is 'best'"),
  ])
  func mistakesAreNamed(options: [String], said: String) throws {
    let run = try reproduce("best", options)
    #expect(run.status != 0 && run.errors.contains(said), "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.file("output/best")))
  }

  /// A run on fewer photographs has the last training pairs, and validates on the same pairs as the others.
  @Test func aRunMayHaveFewerPhotographs() throws {
    // What a start that was cut off left.
    try folder.makeFolder("output")
    try folder.makeFolder("output/.data-4.part")
    try folder.write([1], as: "output/.data-4.part/left.npy")
    let run = try reproduce("ablation-none", ["--fewer", "ablation-none=4", "--", "--threads", "1"])
    try #require(run.status == 0, "\(run.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(output)/data-4/left.npy"))
    for (name, rows) in [
      ("hr_train", 4), ("lr_train", 4), ("full_train", 4), ("hr_valid", 2), ("lr_valid", 2),
    ] {
      let all = try NumPyArray(path: "\(output)/data/\(name).npy", rank: 4)
      let fewer = try NumPyArray(path: "\(output)/data-4/\(name).npy", rank: 4)
      #expect(fewer.shape == [rows] + all.shape.dropFirst())
      #expect(Array(fewer.bytes) == Array(all.bytes.suffix(fewer.bytes.count)))
    }
    let record = try folder.text("output/ablation-none/reproduction.json")
    #expect(record.contains("\"photographs\": 4") && record.contains("\"\(output)/data-4\""), "\(record)")
    #expect(
      try folder.text("output/RESULTS.md").contains("`ablation-none` had only 4 of the training photographs"))
    let again = try reproduce("ablation-none", ["--fewer", "ablation-none=4", "--", "--threads", "1"])
    #expect(again.status == 0 && !again.errors.contains(" train "), "\(again.errors)")
  }

  /// The paper's table, over the networks that are at hand.
  @Test(
    .enabled(if: SharedData.isAvailable, "SKIPPED: needs photographs and networks in $SRDIST_SHARED_DATA"))
  func resultsStandBesideThePapers() throws {
    let run = try reproduce("vanilla", weights: SharedData.weights)
    try #require(run.status == 0, "\(run.errors)")
    let results = try folder.text("output/RESULTS.md")
    for text in ["## `vanilla`: the paper's first variant", "27.47 / .7780", "vgg times ", "Bicubic: PSNR "] {
      #expect(results.contains(text), "'\(text)' in \(results)")
    }
  }
}
