/// Blur and resize.
extension WorkingPicture {
  /// Correlates each channel with a kernel. Beyond the edges, the picture is mirrored.
  mutating func blur(_ kernel: BlurKernel) {
    let reach = kernel.side / 2
    let row = 3 * (width + 2 * reach)
    // Sixteen floats are read at a time, also behind the last row's end.
    let padded = buffers.pointer(spare, count: row * (height + 2 * reach) + Self.lanes)
    let (source, target) = (pixels, buffers.pointer(next, count: count + Self.lanes))
    for y in 0..<(height + 2 * reach) {
      let from = source + 3 * width * Self.mirrored(y - reach, height)
      let line = padded + row * y
      (line + 3 * reach).update(from: from, count: 3 * width)
      for x in 0..<reach {
        let (left, right) = (Self.mirrored(x - reach, width), Self.mirrored(width + x, width))
        (line + 3 * x).update(from: from + 3 * left, count: 3)
        (line + 3 * (reach + width + x)).update(from: from + 3 * right, count: 3)
      }
    }
    kernel.weights.withUnsafeBufferPointer { weights in
      for y in 0..<height {
        for first in stride(from: 0, to: 3 * width, by: 2 * Self.lanes) {
          Self.correlate(
            padded + row * y + first, row: row, weights.baseAddress!, side: kernel.side,
            to: target + 3 * width * y + first, count: min(2 * Self.lanes, 3 * width - first))
        }
      }
    }
    place = next
  }

  private static let lanes = 16

  /// The sums of up to 32 neighbouring floats of a row.
  @inline(__always) private static func correlate(
    _ source: UnsafePointer<Float>, row: Int, _ weights: UnsafePointer<Float>, side: Int,
    to target: UnsafeMutablePointer<Float>, count: Int
  ) {
    var (first, second) = (SIMD16<Float>.zero, SIMD16<Float>.zero)
    if count > lanes {
      for v in 0..<side {
        for u in 0..<side {
          let values = UnsafeRawPointer(source + v * row + 3 * u)
          let weight = weights[v * side + u]
          first += values.loadUnaligned(as: SIMD16<Float>.self) * weight
          second += values.loadUnaligned(fromByteOffset: 4 * lanes, as: SIMD16<Float>.self) * weight
        }
      }
    } else {
      for v in 0..<side {
        for u in 0..<side {
          let values = UnsafeRawPointer(source + v * row + 3 * u)
          first += values.loadUnaligned(as: SIMD16<Float>.self) * weights[v * side + u]
        }
      }
    }
    withUnsafePointer(to: &first) {
      target.update(
        from: UnsafeRawPointer($0).assumingMemoryBound(to: Float.self), count: min(count, lanes))
    }
    guard count > lanes else { return }
    withUnsafePointer(to: &second) {
      (target + lanes).update(
        from: UnsafeRawPointer($0).assumingMemoryBound(to: Float.self), count: count - lanes)
    }
  }

  /// Resizes the picture: first each row, then each column.
  mutating func resize(_ filter: ResizeFilter, width newWidth: Int, height newHeight: Int) {
    if newWidth == width && newHeight == height { return }
    let columns = ResizeTaps(filter, from: width, to: newWidth)
    let rows = ResizeTaps(filter, from: height, to: newHeight)
    let source = pixels
    let between = buffers.pointer(spare, count: 3 * newWidth * height)
    for y in 0..<height {
      let (from, to) = (source + 3 * width * y, between + 3 * newWidth * y)
      for x in 0..<newWidth {
        var (red, green, blue): (Float, Float, Float) = (0, 0, 0)
        columns.forEach(x) { position, weight in
          let pixel = from + 3 * position
          red += pixel[0] * weight
          green += pixel[1] * weight
          blue += pixel[2] * weight
        }
        (to[3 * x], to[3 * x + 1], to[3 * x + 2]) = (red, green, blue)
      }
    }
    let stride = 3 * newWidth
    let target = buffers.pointer(next, count: stride * newHeight)
    for y in 0..<newHeight {
      let to = target + stride * y
      to.update(repeating: 0, count: stride)
      rows.forEach(y) { position, weight in
        let from = between + stride * position
        for i in 0..<stride { to[i] += from[i] * weight }
      }
    }
    (width, height, place) = (newWidth, newHeight, next)
  }
}

/// How pixels are interpolated, by the definitions of PyTorch's and OpenCV's functions of these names.
package enum ResizeFilter: String, Sendable, CaseIterable {
  /// The mean of the pixels that an output pixel overlaps, each with the same weight: adaptive average pooling.
  case area
  /// Linear between the two nearest centers, also to reduce.
  case bilinear
  /// Keys' cubic with a = -0.75 over the four nearest centers, also to reduce.
  case bicubic
}

/// The inputs of each output along one axis, and their weights. Positions beyond the edges stand for the edge.
struct ResizeTaps {
  private var positions: [Int32] = []
  private var weights: [Float] = []
  /// Where the taps of each output begin.
  private var starts: [Int] = [0]

  init(_ filter: ResizeFilter, from inputCount: Int, to outputCount: Int) {
    starts.reserveCapacity(outputCount + 1)
    let scale = Double(inputCount) / Double(outputCount)
    for output in 0..<outputCount {
      let center = (Double(output) + 0.5) * scale - 0.5
      switch filter {
      case .area:
        let first = output * inputCount / outputCount
        let end = ((output + 1) * inputCount + outputCount - 1) / outputCount
        for position in first..<end { append(position, 1 / Double(end - first), inputCount) }
      case .bilinear:
        // As PyTorch, which moves a center before the first pixel onto it.
        let center = max(center, 0)
        let first = center.rounded(.down)
        append(Int(first), 1 - (center - first), inputCount)
        append(Int(first) + 1, center - first, inputCount)
      case .bicubic:
        let first = center.rounded(.down)
        for offset in -1...2 {
          append(Int(first) + offset, Self.cubic(center - first - Double(offset)), inputCount)
        }
      }
      starts.append(positions.count)
    }
  }

  private mutating func append(_ position: Int, _ weight: Double, _ count: Int) {
    positions.append(Int32(min(max(position, 0), count - 1)))
    weights.append(Float(weight))
  }

  /// Keys' kernel with a = -0.75.
  private static func cubic(_ distance: Double) -> Double {
    let (a, x) = (-0.75, abs(distance))
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
  }

  @inline(__always) func forEach(_ output: Int, _ body: (_ position: Int, _ weight: Float) -> Void) {
    for tap in starts[output]..<starts[output + 1] { body(Int(positions[tap]), weights[tap]) }
  }
}
