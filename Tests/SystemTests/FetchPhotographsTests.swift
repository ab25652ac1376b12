import Foundation
import SRTestSupport
import Testing

/// `scripts/fetch-celebahq` with a server on this machine in Kaggle's place.
@Suite struct FetchPhotographsTests {
  @Test func bringsThePicturesAndSaysWhatIsNext() throws {
    let fetch = try FetchPhotographs()
    let run = try fetch.run("sound")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("20 photographs are in \(fetch.output)/photographs"))
    #expect(run.output.contains("srdist prepare --input \(fetch.output)/photographs --output "))
    #expect(try fetch.outputNames() == ["photographs"])
    #expect(try fetch.pictures().count == 20)
    let again = try fetch.run("busy")
    #expect(again.status == 0 && again.errors.contains("already there"))
  }

  @Test func resumesAnInterruptedDownload() throws {
    let fetch = try FetchPhotographs()
    let cut = try fetch.run("cut")
    #expect(cut.status == 1 && cut.errors.contains("the connection broke after "), "\(cut.errors)")
    #expect(cut.errors.contains("Repeat: what has arrived is kept."))
    let run = try fetch.run("cut")
    #expect(run.status == 0 && run.errors.contains("resuming after "), "\(run.errors)")
    #expect(try fetch.pictures().count == 20)
  }

  @Test func doesNotJoinHalvesOfTwoArchives() throws {
    let fetch = try FetchPhotographs()
    #expect(try fetch.run("changed").status == 1)
    let run = try fetch.run("changed")
    #expect(run.status == 0 && !run.errors.contains("resuming"), "\(run.errors)")
    #expect(try fetch.pictures().count == 20)
  }

  @Test(arguments: [
    ("damaged", "Bad CRC-32"), ("climbs", "it has a file '../climbed.jpg', expected names within a folder"),
    ("link", "its 'celeba_hq_256/1.jpg' is not a regular file"),
    ("bomb", "its 'celeba_hq_256/1.jpg' has 33.6 MB, expected at most 16.8 MB"),
    ("text", "it has no pictures, expected .jpg files"), ("no-zip", "File is not a zip file"),
  ])
  func unpacksNothingOfAnUnsoundArchive(_ answer: String, _ reason: String) throws {
    let fetch = try FetchPhotographs()
    let run = try fetch.run(answer)
    #expect(
      run.status == 1 && run.errors.contains("is not the archive that was asked for: \(reason)"),
      "\(run.errors)")
    #expect(try fetch.outputNames() == ["celebahq.zip.part.etag"])
    #expect(try fetch.folder.names() == ["output"])
  }

  @Test func saysHowToGetAKey() throws {
    let fetch = try FetchPhotographs()
    let run = try fetch.run("sound", key: [:])
    #expect(
      run.status == 1
        && run.errors.contains(
          "error: there is no Kaggle key: neither \(fetch.folder.path)/.kaggle/kaggle.json")
    )
    for step in [
      "https://www.kaggle.com/settings", "chmod 600 ~/.kaggle/kaggle.json", "scripts/fetch-celebahq --zip",
    ] {
      #expect(run.errors.contains(step), "\(run.errors)")
    }
    #expect(try fetch.run("sound", key: ["KAGGLE_KEY": "secret"]).errors.contains("expected both or neither"))
  }

  @Test func readsTheKeyFile() throws {
    let fetch = try FetchPhotographs()
    try fetch.folder.makeFolder(".kaggle")
    try fetch.folder.write(Array(#"{"username": "somebody"}"#.utf8), as: ".kaggle/kaggle.json")
    let broken = try fetch.run("sound", key: [:])
    #expect(
      broken.status == 1 && broken.errors.contains(".kaggle/kaggle.json is no Kaggle key"), "\(broken.errors)"
    )
    try fetch.folder.write(
      Array(#"{"username": "somebody", "key": "secret"}"#.utf8), as: ".kaggle/kaggle.json")
    let run = try fetch.run("sound", key: [:])
    #expect(run.status == 0 && run.errors.contains("warning: other users can read "), "\(run.errors)")
  }

  @Test(arguments: [
    ("sound", "Kaggle does not accept the key of user 'nobody'"),
    ("forbidden", "Its terms may not be accepted yet."),
    ("page", "answered with a web page, not with the archive"),
    ("busy", "Kaggle cannot answer (503). Repeat later"),
  ])
  func refusalsAreExplained(_ answer: String, _ reason: String) throws {
    let fetch = try FetchPhotographs()
    let run = try fetch.run(answer, key: ["KAGGLE_USERNAME": "nobody", "KAGGLE_KEY": "wrong"])
    #expect(run.status == 1 && run.errors.contains(reason), "\(run.errors)")
    // What the server says is printed on one line, without control characters.
    #expect(!run.errors.contains("\u{1b}"))
    #expect(try fetch.outputNames().isEmpty)
  }

  @Test func aServerThatCannotBeReachedIsNamed() throws {
    let fetch = try FetchPhotographs()
    let run = try fetch.run("", server: "http://127.0.0.1:9")
    #expect(run.status == 1 && run.errors.contains("http://127.0.0.1:9 cannot be reached"), "\(run.errors)")
    #expect(run.errors.contains("scripts/fetch-celebahq --zip"))
  }

  @Test(.enabled(if: SmallFileSystem.canMount, "SKIPPED: only root can mount a small file system"))
  func aFullDiskIsFoundBeforeItIsFull() throws {
    let fetch = try FetchPhotographs()
    // The archive fits, and its pictures do not.
    let disk = try SmallFileSystem(bytes: 65536)
    let run = try fetch.run("sound", output: disk.folder.path)
    #expect(run.status == 1 && run.errors.contains(" free, expected "), "\(run.errors)")
    #expect(try disk.folder.names() == [".lock", "celebahq.zip.part", "celebahq.zip.part.etag"])
  }

  @Test func takesAnArchiveThatWasDownloadedByHand() throws {
    let fetch = try FetchPhotographs()
    let missing = try fetch.run("busy", options: ["--zip", "missing.zip"])
    #expect(missing.status == 1 && missing.errors.contains("missing.zip does not exist"))
    try fetch.folder.makeFolder("unpacked")
    let unpacked = try fetch.run("busy", options: ["--zip", fetch.folder.file("unpacked")])
    #expect(unpacked.status == 1 && unpacked.errors.contains("unpacked is no file, expected the archive"))
    let made = try ChildRun(
      "/usr/bin/env",
      [
        "python3", "-c", "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'w').writestr('a/1.jpg', b'1')",
        fetch.folder.file("by-hand.zip"),
      ])
    try #require(made.status == 0)
    let run = try fetch.run("busy", key: [:], options: ["--zip", fetch.folder.file("by-hand.zip")])
    #expect(run.status == 0, "\(run.errors)")
    #expect(try fetch.pictures() == ["1.jpg"])
    #expect(try fetch.folder.names().contains("by-hand.zip"))
  }
}

/// A server, and the folders of one run. The home folder is `folder`.
private final class FetchPhotographs {
  let folder = try! TemporaryFolder()
  private let log = try! TemporaryFolder()
  private let server = Process()
  private let input = Pipe()
  private let port: String

  init() throws {
    server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    server.arguments = [
      "python3", Repository.file("Tests/SystemTests/Fixtures/kaggle_server.py"), log.path,
    ]
    server.standardInput = input
    server.standardOutput = FileHandle(forWritingAtPath: try log.write([], as: "port"))
    try server.runWithSignals()
    let (log, server) = (log, server)
    try RunningProgram.wait(until: { try log.text("port").hasSuffix("\n") || !server.isRunning })
    port = try log.text("port").trimmingCharacters(in: .whitespacesAndNewlines)
    try #require(!port.isEmpty)
  }

  // The server ends when its input does.
  deinit {
    try? input.fileHandleForWriting.close()
    server.waitUntilExit()
  }

  var output: String { folder.file("output") }

  func run(
    _ answer: String, key: [String: String] = ["KAGGLE_USERNAME": "somebody", "KAGGLE_KEY": "secret"],
    output: String? = nil, server: String? = nil, options: [String] = []
  ) throws -> ChildRun {
    try ChildRun(
      Repository.file("scripts/fetch-celebahq"), ["--output", output ?? self.output] + options,
      environment: [
        "HOME": folder.path, "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
        "SRDIST_KAGGLE_URL": server ?? "http://127.0.0.1:\(port)/\(answer)",
      ].merging(key) { $1 })
  }

  /// The names in the output folder, without the lock.
  func outputNames() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: output).sorted().filter { $0 != ".lock" }
  }

  /// The names of the pictures, which lie in a folder of the archive.
  func pictures() throws -> [String] {
    let path = "\(output)/photographs"
    return try FileManager.default.contentsOfDirectory(atPath: path).flatMap {
      try FileManager.default.contentsOfDirectory(atPath: "\(path)/\($0)").sorted()
    }
  }
}
