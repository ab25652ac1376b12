import SRFiles

/// `checksums.json`: size and SHA-256 of every other file of a checkpoint. Written last.
struct CheckpointChecksums: Codable, Equatable {
  var files: [String: FileDigest] = [:]
}
