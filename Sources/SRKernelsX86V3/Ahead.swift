import CIntrinsics

/// Memory that is wanted soon, asked for a little at a time while something else is computed.
struct Ahead {
  private var next: UnsafePointer<Float>
  private let step: Int

  /// - Parameter steps: calls of ``fetch()`` in which all of `floats` are to be asked for.
  @inline(__always) init(_ floats: UnsafeBufferPointer<Float>, steps: Int) {
    next = floats.baseAddress!
    step = floats.isEmpty ? 0 : (floats.count + steps - 1) / steps
  }

  @inline(__always) mutating func fetch() {
    prefetch_second_level(next)
    next += step
  }
}
