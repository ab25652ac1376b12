/// The release of srdist, as `srdist --version` prints it and checkpoints record it.
public let srdistVersion = "0.1.0"
