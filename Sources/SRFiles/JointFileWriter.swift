import Foundation

/// Writes a new file of a known size, together with other programs of this host. Each writes its own places.
///
/// One program makes the file, under a temporary name, and tells the name to the others. When all have written, it publishes the
/// file. A file that is not published goes with its maker. What killed makers left goes when the next one begins.
///
/// The file is not flushed: its readers must be able to tell whether it is complete. Calls of ``write(at:_:)`` may come from several
/// threads.
package final class JointFileWriter: @unchecked Sendable {
  /// Where the file lies when it is published.
  package let path: String
  // Only calls that take an offset are made while others may be.
  private let file: OpenFile
  private let isMaker: Bool
  private var isPublished = false

  /// Creates the file beside `path`, and takes the space that it needs on the disk. Precondition: `count` is above 0.
  ///
  /// - Throws: ``FileError``. If the disk is too small, the error says how much is needed, and nothing stays.
  package init(making path: String, bytes count: Int) throws {
    self.path = path
    DurableFileWriter.sweep(beside: path)
    let file = try DurableFileWriter.temporary(beside: path)
    do {
      try file.reserve(count)
    } catch let error as FileError {
      unlink(file.path)
      throw error.code == ENOSPC || error.code == EDQUOT ? error.needing(count) : error
    }
    self.file = file
    isMaker = true
  }

  /// Opens the file that another program is making. Throws ``FileError``.
  ///
  /// - Parameter temporaryPath: the maker's.
  package init(joining temporaryPath: String) throws {
    path = temporaryPath
    file = try OpenFile(temporaryPath, O_WRONLY | O_NOFOLLOW)
    isMaker = false
  }

  deinit {
    if isMaker && !isPublished { unlink(file.path) }
  }

  /// The name under which the other programs find the file.
  package var temporaryPath: String { file.path }

  /// Writes all of `bytes` at `offset`. Throws ``FileError``.
  package func write(at offset: Int, _ bytes: UnsafeRawBufferPointer) throws {
    try file.write(at: offset, bytes)
  }

  /// Gives the file its name. It takes the place of what is there. Throws ``FileError``. Precondition: this program is the maker.
  package func publish() throws {
    precondition(isMaker && !isPublished, "\(path) is published by another program, or twice")
    try DirectoryCalls.rename(file.path, to: path)
    isPublished = true
  }
}
