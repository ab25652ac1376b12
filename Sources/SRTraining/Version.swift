/// The release of srdist, as `srdist --version` prints it and checkpoints record it.
package let srdistVersion = "0.1.0"
