import CFilesShim

/// What `print` has written.
package enum StandardOutput {
  /// Writes what was printed. A pipe whose reader has ended is no error: it wanted no more.
  ///
  /// - Throws: ``FileError`` if something that was printed, now or earlier, could not be written.
  package static func finish() throws {
    let code = srdist_finish_standard_output()
    if code != 0 { throw FileError(.write, "standard output", code: code) }
  }
}
