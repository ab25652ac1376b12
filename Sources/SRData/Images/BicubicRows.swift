/// Bicubic resizing as the rows arrive, for pictures that are never whole in memory.
///
/// The result equals Pillow's `Image.resize((w, h), Image.BICUBIC)`: for 8 bits, that of ``BicubicResize``; for floats, that of
/// mode `F`. For 16 bits, sums are in double precision, and each pass rounds to 16 bits. (Pillow's own 16 bits are wrong where
/// the kernel overshoots. They are clamped here.)
package final class BicubicRows {
  private let channels: Int
  private let sample: SampleFormat.Sample
  private let columns: ResamplingWeights
  private let rows: ResamplingWeights
  /// The last rows of the picture between the passes, each at its number modulo ``kept``.
  private let between: UnsafeMutableRawPointer
  private let result: UnsafeMutableRawPointer
  private let kept: Int
  /// Of the result.
  package let rowBytes: Int
  private var taken = 0
  private var emitted = 0

  /// Precondition: sizes are positive.
  package init(
    channels: Int, _ sample: SampleFormat.Sample, fromWidth: Int, height fromHeight: Int, toWidth: Int,
    height toHeight: Int
  ) {
    self.channels = channels
    self.sample = sample
    columns = ResamplingWeights(from: fromWidth, to: toWidth)
    rows = ResamplingWeights(from: fromHeight, to: toHeight)
    kept = rows.mostTaps
    rowBytes = toWidth * channels * sample.bytes
    between = .allocate(byteCount: kept * rowBytes, alignment: 64)
    result = .allocate(byteCount: rowBytes, alignment: 64)
  }

  deinit {
    between.deallocate()
    result.deallocate()
  }

  /// The bytes that a resize allocates for rows and weights.
  package static func workingBytes(
    channels: Int, _ sample: SampleFormat.Sample, fromWidth: Int, height fromHeight: Int, toWidth: Int,
    height toHeight: Int
  ) -> Int {
    func taps(_ from: Int, _ to: Int) -> Int { 5 + 4 * max(from, to) / to }
    let weights = [(fromWidth, toWidth), (fromHeight, toHeight)].reduce(0) {
      $0 + $1.1 * (24 + 12 * taps($1.0, $1.1))
    }
    return (taps(fromHeight, toHeight) + 1) * toWidth * channels * sample.bytes + weights
  }

  /// Takes the next row of the picture, and hands over the rows of the result that are complete with it. They are valid during the
  /// call.
  package func append(_ row: UnsafeRawPointer, emit: (UnsafeRawPointer) throws -> Void) rethrows {
    precondition(taken < rows.inputCount, "more than \(rows.inputCount) rows")
    let target = between + taken % kept * rowBytes
    if columns.isIdentity {
      target.copyMemory(from: row, byteCount: rowBytes)
    } else {
      switch sample {
      case .uint8: widen(row, target, UInt8.self)
      case .uint16: widen(row, target, UInt16.self)
      case .float32: widen(row, target, Float.self)
      }
    }
    taken += 1
    if rows.isIdentity {
      emitted += 1
      return try emit(target)
    }
    while emitted < rows.outputCount {
      let taps = rows.taps(at: emitted)
      guard taps.firstInput + taps.count <= taken else { return }
      switch sample {
      case .uint8: mix(taps, UInt8.self)
      case .uint16: mix(taps, UInt16.self)
      case .float32: mix(taps, Float.self)
      }
      emitted += 1
      try emit(result)
    }
  }

  /// Gives a row the result's width.
  private func widen<Sample: ResampledSample>(
    _ row: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _: Sample.Type
  ) {
    let source = row.assumingMemoryBound(to: Sample.self)
    let target = target.assumingMemoryBound(to: Sample.self)
    Sample.withWeights(columns) { weights in
      for x in 0..<columns.outputCount {
        let taps = columns.taps(at: x)
        for channel in 0..<channels {
          var sum = Sample.zero
          for t in 0..<taps.count {
            Sample.add(
              source[(taps.firstInput + t) * channels + channel], weights[taps.firstWeight + t], to: &sum)
          }
          target[x * channels + channel] = Sample.rounded(sum)
        }
      }
    }
  }

  /// Computes a row of the result from rows between the passes.
  private func mix<Sample: ResampledSample>(_ taps: ResamplingWeights.Taps, _: Sample.Type) {
    let target = result.assumingMemoryBound(to: Sample.self)
    let count = columns.outputCount * channels
    Sample.withWeights(rows) { weights in
      // The sums of a few values at a time, so that each row is read in order.
      withUnsafeTemporaryAllocation(of: Sample.Sum.self, capacity: Self.blockCount) { sums in
        for start in stride(from: 0, to: count, by: Self.blockCount) {
          let block = min(Self.blockCount, count - start)
          for i in 0..<block { sums[i] = Sample.zero }
          for t in 0..<taps.count {
            let weight = weights[taps.firstWeight + t]
            let row =
              (between + (taps.firstInput + t) % kept * rowBytes).assumingMemoryBound(to: Sample.self) + start
            for i in 0..<block { Sample.add(row[i], weight, to: &sums[i]) }
          }
          for i in 0..<block { target[start + i] = Sample.rounded(sums[i]) }
        }
      }
    }
  }

  private static let blockCount = 512
}

/// How the values of a type are summed.
protocol ResampledSample {
  associatedtype Weight
  associatedtype Sum
  static var zero: Sum { get }
  static func withWeights(_ weights: ResamplingWeights, _ body: (UnsafePointer<Weight>) -> Void)
  static func add(_ value: Self, _ weight: Weight, to sum: inout Sum)
  static func rounded(_ sum: Sum) -> Self
}

extension UInt8: ResampledSample {
  static var zero: Int32 { ResamplingWeights.half }
  static func withWeights(_ weights: ResamplingWeights, _ body: (UnsafePointer<Int32>) -> Void) {
    weights.weights.withUnsafeBufferPointer { body($0.baseAddress!) }
  }
  static func add(_ value: UInt8, _ weight: Int32, to sum: inout Int32) { sum &+= Int32(value) &* weight }
  static func rounded(_ sum: Int32) -> UInt8 { ResamplingWeights.byte(sum) }
}

extension UInt16: ResampledSample {
  static var zero: Double { 0 }
  static func withWeights(_ weights: ResamplingWeights, _ body: (UnsafePointer<Double>) -> Void) {
    weights.exact.withUnsafeBufferPointer { body($0.baseAddress!) }
  }
  static func add(_ value: UInt16, _ weight: Double, to sum: inout Double) { sum += Double(value) * weight }
  static func rounded(_ sum: Double) -> UInt16 {
    UInt16(Swift.min(Swift.max((sum + 0.5).rounded(.down), 0), 65535))
  }
}

extension Float: ResampledSample {
  static var zero: Double { 0 }
  static func withWeights(_ weights: ResamplingWeights, _ body: (UnsafePointer<Double>) -> Void) {
    weights.exact.withUnsafeBufferPointer { body($0.baseAddress!) }
  }
  static func add(_ value: Float, _ weight: Double, to sum: inout Double) { sum += Double(value) * weight }
  static func rounded(_ sum: Double) -> Float { Float(sum) }
}
