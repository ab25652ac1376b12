import Foundation
import SRTestSupport
import Testing

/// `scripts/support/install-swift` with a folder in place of download.swift.org, a small archive in place of a toolchain, and a key
/// that the test makes. Nothing is fetched from a network.
@Suite(.enabled(if: ToolchainServer.canRun, "SKIPPED: needs Debian with curl and gpg"))
struct InstallSwiftTests {
  @Test func bringsASignedToolchainThatScriptsFind() throws {
    let server = try ToolchainServer()
    let run = try server.install()
    #expect(run.status == 0, "\(run.errors)")
    // Said before anything is fetched.
    #expect(run.output.contains("bringing Swift \(server.version) from file://"))
    #expect(try server.target.names() == [".lock", "swift-\(server.version)"])
    let found = try server.bash(
      #"cd "$ROOT"; . scripts/support/toolchain.sh; use_toolchain; command -v swift"#)
    #expect(found.output == server.target.file("swift-\(server.version)/usr/bin/swift\n"), "\(found.errors)")
  }

  @Test func resumesAnInterruptedDownload() throws {
    let server = try ToolchainServer()
    let whole = try Data(contentsOf: URL(fileURLWithPath: server.archive))
    try server.target.write(Array(whole.prefix(whole.count / 2)), as: "\(server.name).part")
    let run = try server.install()
    #expect(run.status == 0, "\(run.errors)")
  }

  /// The second argument replaces bytes of the archive after it was signed.
  @Test(arguments: ["truncated", "altered", "signed by somebody else", "not signed"])
  func unpacksNothingWithoutItsSignature(_ fault: String) throws {
    let server = try ToolchainServer()
    var content = try Data(contentsOf: URL(fileURLWithPath: server.archive))
    switch fault {
    case "truncated": content.removeLast(10)
    case "altered": content[content.count / 2] ^= 1
    case "signed by somebody else": try server.sign(with: "other")
    default: try Data("no signature".utf8).write(to: URL(fileURLWithPath: server.archive + ".sig"))
    }
    try content.write(to: URL(fileURLWithPath: server.archive))
    let run = try server.install()
    #expect(run.status == 1, "\(run.errors)")
    #expect(run.errors.contains("does not fit, or is not by \(server.fingerprint)"), "\(run.errors)")
    #expect(try server.target.names() == [".lock"])
  }

  @Test(arguments: ["http://127.0.0.1:9", "file:///nonexistent"])
  func saysWhatToDoWithoutANetwork(_ url: String) throws {
    let server = try ToolchainServer()
    let run = try server.install(["SRDIST_SWIFT_URL": url])
    #expect(run.status == 1 && run.errors.contains("\(url)/swift-"), "\(run.errors)")
    #expect(run.errors.contains("could not be downloaded. Check the network, then repeat"), "\(run.errors)")
    #expect(run.errors.contains("https://www.swift.org/install/linux"))
    #expect(try server.target.names() == [".lock"])
  }

  @Test func aFileWithoutKeysIsNamed() throws {
    let server = try ToolchainServer()
    let run = try server.install(["SRDIST_SWIFT_KEYRING": "/dev/null"])
    #expect(
      run.status == 1 && run.errors.contains("/dev/null (SRDIST_SWIFT_KEYRING) holds no keys"),
      "\(run.errors)")
  }

  @Test(.enabled(if: SmallFileSystem.canMount, "SKIPPED: only root can mount a small file system"))
  func tooLittleSpaceIsFoundFirst() throws {
    let server = try ToolchainServer()
    // The archive fits, and what it becomes does not.
    let disk = try SmallFileSystem(bytes: 65536)
    let run = try server.install(["SRDIST_SWIFT_FOLDER": disk.folder.path])
    #expect(run.status == 1 && run.errors.contains(" has 0 MB free, expected 1 MB"), "\(run.errors)")
    #expect(try disk.folder.names() == [".lock"])
  }

  /// `scripts/setup` compares numbers, not texts, and knows what a program prints that is no release.
  @Test(arguments: [
    ("6.3", true), ("6.3.1", true), ("6.10", true), ("7.0", true), ("6.2.9", false), ("6.0.3", false),
    ("5.10", false), ("", false),
  ])
  func versionsAreCompared(_ version: String, _ fits: Bool) throws {
    let server = try ToolchainServer()
    let run = try server.bash(
      ". \"$ROOT/scripts/support/toolchain.sh\"; SWIFT_NEEDED=6.3; swift_fits '\(version)'")
    #expect((run.status == 0) == fits)
  }
}

/// A release as download.swift.org has it, and the folder for the toolchain.
private struct ToolchainServer {
  private static let system = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8)) ?? ""
  static let canRun =
    system.contains("ID=debian")
    && ["curl", "gpg"].allSatisfy { FileManager.default.fileExists(atPath: "/usr/bin/\($0)") }

  let target = try! TemporaryFolder()
  let version: String
  let fingerprint: String
  private let folder = try! TemporaryFolder()

  init() throws {
    let text = try String(contentsOfFile: Repository.file("scripts/support/toolchain.sh"), encoding: .utf8)
    version = try String(#require(text.firstMatch(of: /SWIFT_TESTED=([0-9.]+)/)?.1))
    // Made once: a key takes gpg some tenths of a second.
    fingerprint = try Self.keys.get().fingerprint
    let make = try ChildRun(
      "/usr/bin/env",
      [
        "bash", "-euc",
        """
        mkdir -p "$1/made/\(name)/usr/bin" "$(dirname "$2")"
        printf '#!/bin/sh\\necho "Swift version \(version) (swift-\(version)-RELEASE)"\\n' >"$1/made/\(name)/usr/bin/swift"
        chmod 755 "$1/made/\(name)/usr/bin/swift"
        head -c 20000 /dev/urandom >"$1/made/\(name)/usr/bin/data"
        tar -C "$1/made" -czf "$2" "\(name)"
        """, "bash", folder.path, archive,
      ])
    try #require(make.status == 0, "\(make.errors)")
    try sign(with: "release")
  }

  var name: String { "swift-\(version)-RELEASE-debian12.tar.gz" }
  var archive: String {
    folder.file("server/swift-\(version)-release/debian12/swift-\(version)-RELEASE/\(name)")
  }

  func sign(with key: String) throws {
    let run = try Self.gpg(
      Self.keys.get().home,
      ["--yes", "--local-user", key, "--output", archive + ".sig", "--detach-sign", archive])
    try #require(run.status == 0, "\(run.errors)")
  }

  func install(_ environment: [String: String] = [:]) throws -> ChildRun {
    try bash(#"exec "$ROOT/scripts/support/install-swift""#, environment)
  }

  func bash(_ script: String, _ environment: [String: String] = [:]) throws -> ChildRun {
    try ChildRun(
      "/usr/bin/env", ["bash", "-c", script],
      environment: [
        "ROOT": Repository.path, "HOME": folder.path, "PATH": "/usr/bin:/bin",
        "SRDIST_SWIFT_URL": "file://\(folder.file("server"))",
        "SRDIST_SWIFT_KEYRING": try Self.keys.get().home.file("public.asc"),
        "SRDIST_SWIFT_FOLDER": target.path,
      ].merging(environment) { $1 })
  }

  private static let keys = Result {
    let home = try TemporaryFolder()
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: home.path)
    for name in ["release", "other"] {
      let made = try gpg(
        home, ["--passphrase", "", "--quick-generate-key", name, "ed25519", "sign", "never"])
      try #require(made.status == 0, "\(made.errors)")
    }
    try #require(
      gpg(home, ["--armor", "--output", home.file("public.asc"), "--export", "release"]).status == 0)
    let list = try gpg(home, ["--with-colons", "--list-keys", "release"]).output
    return (home: home, fingerprint: String(try #require(list.firstMatch(of: /fpr:+([0-9A-F]+):/)?.1)))
  }

  private static func gpg(_ home: TemporaryFolder, _ arguments: [String]) throws -> ChildRun {
    try ChildRun(
      "/usr/bin/env", ["gpg", "--homedir", home.path, "--batch", "--quiet", "--no-tty"] + arguments)
  }
}
