/// Which arithmetic a program trains with.
///
/// Programs of one arithmetic version give the same bits for the same data, configuration and seed, at every CPU level. The
/// ranks of a job compare the version, and checkpoints record it.
///
/// Whoever changes the bits of any run raises ``current`` in the same commit, writes the golden runs anew
/// (`SRDIST_WRITE_GOLDEN=1 swift test -c release --filter GoldenRunTests`), and gives the reason in CHANGELOG.md.
package enum ArithmeticVersion {
  package static let current = 1
}
