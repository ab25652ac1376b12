import Foundation

/// The memory that pictures may take while they are decoded and resized, over all threads together.
///
/// A few kilobytes of a PNG can hold hundreds of millions of pixels. So each thread waits until its picture fits.
package final class PixelBudget: @unchecked Sendable {
  /// The whole budget.
  package let bytes: Int

  /// Guards the variables below.
  private let condition = NSCondition()
  private var freeBytes: Int
  /// Threads are served in the order in which they came. Otherwise a large picture could wait for ever.
  private var nextTicket = 0
  private var servedTickets = 0

  /// Half of this machine's memory.
  package static var standardBytes: Int {
    Int(clamping: ProcessInfo.processInfo.physicalMemory / 2)
  }

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
