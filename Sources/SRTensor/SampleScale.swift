/// The type of the values that files of pictures hold.
package enum SampleType: String, Sendable, Hashable, Codable, CaseIterable {
  case uint8, uint16, float32

  /// Bytes of a value.
  package var bytes: Int {
    switch self {
    case .uint8: 1
    case .uint16: 2
    case .float32: 4
    }
  }
}

/// The values that stand for the intensities 0 and 1. They need not be the smallest and the largest value of a picture.
package struct ValueRange: Sendable, Hashable, Codable, CustomStringConvertible {
  package let low: Double
  package let high: Double

  /// Nil unless both are finite floats, and `low` is below `high`.
  package init?(low: Double, high: Double) {
    guard Float(low).isFinite, Float(high).isFinite, Float(low) < Float(high) else { return nil }
    (self.low, self.high) = (low, high)
  }

  /// Reads a ``description``.
  package init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    guard parts.count == 2, let low = parts[0], let high = parts[1] else { return nil }
    self.init(low: low, high: high)
  }

  /// Such as `0,4095`.
  package var description: String { "\(Self.shortest(low)),\(Self.shortest(high))" }

  private static func shortest(_ value: Double) -> String {
    Int(exactly: value).map(String.init) ?? "\(value)"
  }

  /// Throws `DecodingError` if the value is not an array of two numbers that make a range.
  package init(from decoder: any Decoder) throws {
    let bounds = try decoder.singleValueContainer().decode([Double].self)
    guard bounds.count == 2, let range = Self(low: bounds[0], high: bounds[1]) else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "range is \(bounds), expected two numbers, the lower one first"))
    }
    self = range
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode([low, high])
  }
}

/// How values stand for intensities: intensity = (value - low) / (high - low).
package struct SampleScale: Sendable, Hashable, Codable, CustomStringConvertible {
  package let sample: SampleType
  package let range: ValueRange
  /// Whether the range is the one that ``init(_:)`` takes.
  package let isStandard: Bool

  package init(_ sample: SampleType, _ range: ValueRange) {
    self.sample = sample
    self.range = range
    isStandard = range.low == 0 && range.high == Self.standardHigh(sample)
  }

  /// The whole range of an integer type, and 0...1 for floats.
  package init(_ sample: SampleType) {
    guard let range = ValueRange(low: 0, high: Self.standardHigh(sample)) else {
      preconditionFailure("\(sample) has no range")
    }
    self.init(sample, range)
  }

  private static func standardHigh(_ sample: SampleType) -> Double {
    switch sample {
    case .uint8: 255
    case .uint16: 65535
    case .float32: 1
    }
  }

  /// Such as `uint16 of 0,4095`.
  package var description: String { "\(sample.rawValue) of \(range)" }

  /// A value as an intensity, rounded once to single precision.
  package func intensity(of value: Double) -> Float {
    Float((value - range.low) / (range.high - range.low))
  }

  /// The value of an intensity, before it is rounded to the type.
  package func value(of intensity: Float) -> Double {
    range.low + Double(intensity) * (range.high - range.low)
  }

  /// The intensity of the value at an address, which needs no alignment.
  @inline(__always)
  package func intensity(at address: UnsafeRawPointer) -> Float {
    switch sample {
    case .uint8: intensity(of: Double(address.load(as: UInt8.self)))
    case .uint16: intensity(of: Double(address.loadUnaligned(as: UInt16.self)))
    case .float32: intensity(of: Double(address.loadUnaligned(as: Float.self)))
    }
  }

  /// Writes the intensities of values that lie one after the other.
  package func loadIntensities(
    from values: UnsafeRawBufferPointer, into intensities: UnsafeMutablePointer<Float>
  ) {
    guard let base = values.baseAddress else { return }
    if sample == .uint8, isStandard {
      for index in values.indices { intensities[index] = Float(values[index]) / 255 }
      return
    }
    for index in 0..<values.count / sample.bytes {
      intensities[index] = intensity(at: base + index * sample.bytes)
    }
  }

  /// Rounds intensities to the levels of the type. Floats stay as they are.
  package func round(_ intensities: UnsafeMutablePointer<Float>, count: Int) {
    if sample == .float32 { return }
    withUnsafeTemporaryAllocation(byteCount: sample.bytes, alignment: 4) { memory in
      let level = memory.baseAddress!
      for index in 0..<count {
        store(intensities[index], at: level)
        intensities[index] = intensity(at: level)
      }
    }
  }

  /// Writes an intensity's value to an address, which needs no alignment. Integers are clamped to the range and rounded; floats
  /// are written as they are.
  @inline(__always)
  package func store(_ intensity: Float, at address: UnsafeMutableRawPointer) {
    switch sample {
    case .uint8: address.storeBytes(of: integer(intensity, UInt8.self), as: UInt8.self)
    case .uint16: address.storeBytes(of: integer(intensity, UInt16.self), as: UInt16.self)
    case .float32: address.storeBytes(of: Float(value(of: intensity)), as: Float.self)
    }
  }

  @inline(__always)
  private func integer<Integer: FixedWidthInteger>(_ intensity: Float, _: Integer.Type) -> Integer {
    // `max` with the constant first turns NaN into 0.
    let clamped = Swift.min(Swift.max(0, intensity), 1)
    // In single precision, as pictures are rounded everywhere else.
    if isStandard { return Integer((clamped * Float(Integer.max)).rounded()) }
    return Integer(
      Swift.min(Swift.max(Double(Integer.min), value(of: clamped).rounded()), Double(Integer.max)))
  }
}
