import SRTensor

/// Memory of one degradation at a time. Buffers grow to the largest size that was needed, and stay.
final class DegradationBuffers {
  private(set) var floats: [AlignedBuffer] = (0..<3).map { _ in AlignedBuffer(count: 0) }
  /// Pixels of 8 bits.
  private(set) var bytes: [UInt8] = []
  /// What the JPEG encoder writes.
  var encoded: [UInt8] = []

  /// The first float of one of three buffers, with room for `count`. The content is lost if the buffer grows.
  func pointer(_ number: Int, count: Int) -> UnsafeMutablePointer<Float> {
    if floats[number].count < count { floats[number] = AlignedBuffer(count: count) }
    return floats[number].pointer
  }

  /// Lends room for `count` bytes.
  func withBytes<Result>(
    _ count: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) throws -> Result
  ) rethrows -> Result {
    if bytes.count < count { bytes = [UInt8](repeating: 0, count: count) }
    return try bytes.withUnsafeMutableBufferPointer {
      try body(UnsafeMutableBufferPointer(rebasing: $0[..<count]))
    }
  }
}

extension DegradationBuffers {
  /// The bytes of buffers for pictures of a size, whose edges are continued by `reach` pixels for a blur.
  static func mostBytes(width: Double, height: Double, reach: Int) -> Int {
    let (pixels, margin) = (width * height, Double(2 * reach))
    // A JPEG of noise has about as many bytes as the picture.
    let bytes = 3 * 4 * (2 * pixels + (width + margin) * (height + margin)) + 2 * 3 * pixels
    return bytes < 1e18 ? Int(bytes) : .max
  }
}

/// A picture while it is degraded: `height` rows of `width` pixels of 3 floats, 0...1, in one of the buffers.
struct WorkingPicture {
  var width: Int
  var height: Int
  /// The number of the buffer that holds the pixels. The others are scratch memory.
  var place: Int
  let buffers: DegradationBuffers

  var count: Int { 3 * width * height }
  var pixels: UnsafeMutablePointer<Float> { buffers.pointer(place, count: count) }

  /// The pixels of the other two buffers, of which only the first is kept by ``becomes(_:width:height:)``.
  var next: Int { (place + 1) % 3 }
  var spare: Int { (place + 2) % 3 }

  /// A position mirrored at the edges until it lies in `0..<count`: the edge pixel is not repeated.
  static func mirrored(_ position: Int, _ count: Int) -> Int {
    if count == 1 { return 0 }
    var position = position
    while position < 0 || position >= count {
      position = position < 0 ? -position : 2 * (count - 1) - position
    }
    return position
  }

  /// Clamps each value to 0...1, and rounds it to a multiple of 1/255 if `isRounded`.
  func clamp(rounded isRounded: Bool = false) {
    let pixels = pixels
    if isRounded {
      for i in 0..<count { pixels[i] = Float(Self.byte(pixels[i])) / 255 }
    } else {
      for i in 0..<count { pixels[i] = min(max(pixels[i], 0), 1) }
    }
  }

  /// The nearest of 256 levels; the upper one of two.
  @inline(__always) static func byte(_ value: Float) -> UInt8 {
    UInt8(truncatingIfNeeded: Int32(min(max(value * 255, 0), 255) + 0.5))
  }
}
