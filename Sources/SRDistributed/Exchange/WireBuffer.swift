import SRTensor

/// Bytes to send or receive, kept and only ever grown.
final class WireBuffer {
  private var storage = AlignedBuffer(count: 0)
  /// Times that it grew.
  private(set) var allocations = 0

  var base: UnsafeMutableRawPointer { UnsafeMutableRawPointer(storage.pointer) }

  /// Makes room for `bytes`; what was in the buffer is lost where it grows.
  func reserve(_ bytes: Int) {
    let floats = (bytes + 3) / 4
    if floats > storage.count {
      storage = AlignedBuffer(count: floats)
      allocations += 1
    }
  }
}
