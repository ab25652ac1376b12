import SRFiles
import SRProcess

/// The memory that pictures may take while they are decoded and resized, over all threads together.
///
/// A few kilobytes of a PNG can hold hundreds of millions of pixels. So each thread waits until its picture fits.
package final class PixelBudget: @unchecked Sendable {
  /// The whole budget.
  package let bytes: Int

  /// Guards the variables below.
  private let condition = Condition()
  private var freeBytes: Int
  /// Threads are served in the order in which they came. Otherwise a large picture could wait for ever.
  private var nextTicket = 0
  private var servedTickets = 0

  /// Half of the memory that this process may use.
  package static var standardBytes: Int { max(1, AvailableResources().memory.value / 2) }

  package init(bytes: Int = standardBytes) {
    precondition(bytes > 0, "a budget of \(bytes) bytes")
    self.bytes = bytes
    freeBytes = bytes
  }

  /// Waits until `count` bytes are free, and calls `body`. The bytes are free again when it returns.
  ///
  /// Precondition: `count` is at most ``bytes``, and `body` does not ask for more.
  package func withBytes<Result>(_ count: Int, _ body: () throws -> Result) rethrows -> Result {
    precondition(count >= 0 && count <= bytes, "\(count) bytes of a budget of \(bytes)")
    take(count)
    defer { put(count) }
    return try body()
  }

  private func take(_ count: Int) {
    condition.lock()
    defer { condition.unlock() }
    let ticket = nextTicket
    nextTicket += 1
    while ticket != servedTickets || freeBytes < count { condition.wait() }
    freeBytes -= count
    servedTickets += 1
    condition.broadcast()
  }

  private func put(_ count: Int) {
    condition.lock()
    defer { condition.unlock() }
    freeBytes += count
    condition.broadcast()
  }
}
