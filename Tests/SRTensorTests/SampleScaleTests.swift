import SRTensor
import Testing

@Suite struct SampleScaleTests {
  @Test func theRangeIsReadFromText() throws {
    let range = try #require(ValueRange("-1000,3000.5"))
    #expect(range.low == -1000 && range.high == 3000.5 && range.description == "-1000,3000.5")
    for text in ["", "1", "1,", "1,2,3", "2,1", "1,1", "a,b", "0,inf", "nan,1", "0,1e300"] {
      #expect(ValueRange(text) == nil, "\(text)")
    }
  }

  /// The whole range of a type has the intensities that it has without a range.
  @Test func aTypesWholeRangeIsDividedByItsLargestValue() {
    for value in 0...255 { #expect(SampleScale(.uint8).intensity(of: Double(value)) == Float(value) / 255) }
    for value in 0...65535 {
      #expect(SampleScale(.uint16).intensity(of: Double(value)) == Float(value) / 65535)
    }
    for value: Float in [-0.3, 0, 0.1, 1 / 3, 1, 1.7] {
      #expect(SampleScale(.float32).intensity(of: Double(value)) == value)
    }
    #expect(SampleType.allCases.allSatisfy { SampleScale($0).isStandard })
  }

  /// Each value of a type comes back, and intensities beyond the range end at its bounds.
  @Test(arguments: [
    (SampleType.uint8, "0,255"), (.uint8, "16,235"), (.uint16, "0,65535"), (.uint16, "0,4095"),
    (.uint16, "100,1100"),
  ])
  func integersComeBack(sample: SampleType, range: String) throws {
    let scale = SampleScale(sample, try #require(ValueRange(range)))
    #expect(scale.isStandard == (range == "0,255" || range == "0,65535"))
    let (low, high) = (Int(scale.range.low), Int(scale.range.high))
    func stored(_ intensity: Float) -> Int {
      withUnsafeTemporaryAllocation(byteCount: 2, alignment: 2) { memory in
        scale.store(intensity, at: memory.baseAddress!)
        return sample == .uint8
          ? Int(memory.load(as: UInt8.self)) : Int(memory.loadUnaligned(as: UInt16.self))
      }
    }
    for value in low...high { #expect(stored(scale.intensity(of: Double(value))) == value) }
    #expect(stored(-0.5) == low && stored(1.5) == high && stored(.nan) == low)
  }

  @Test func floatsAreNotClamped() throws {
    let scale = SampleScale(.float32, try #require(ValueRange("-1000,3000")))
    let values: [Float] = [-1500, -1000, 0, 250.25, 3000, 3500]
    var intensities = [Float](repeating: .nan, count: values.count)
    values.withUnsafeBytes { scale.loadIntensities(from: $0, into: &intensities) }
    #expect(intensities == [-0.125, 0, 0.25, 0.3125625, 1, 1.125])
    for (value, intensity) in zip(values, intensities) {
      withUnsafeTemporaryAllocation(byteCount: 4, alignment: 4) { memory in
        scale.store(intensity, at: memory.baseAddress!)
        #expect(abs(memory.load(as: Float.self) - value) < 1e-3)
      }
    }
  }
}
