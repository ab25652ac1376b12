import SRCheckpoint
import SRTestSupport
import Testing

@Suite struct SafetensorsConversionTests {
  /// Bit patterns of one dtype, and the floats that they stand for.
  struct Case: Sendable {
    let dtype: String
    let bytes: [UInt8]
    let values: [Float]

    init<Bits: FixedWidthInteger>(_ dtype: String, _ bits: [Bits], _ values: [Float]) {
      self.dtype = dtype
      bytes = bits.flatMap { element in withUnsafeBytes(of: element.littleEndian) { Array($0) } }
      self.values = values
    }
  }

  static let cases = [
    Case("F32", [UInt32(0x3F80_0000), 0x8000_0001, 0xFF80_0000], [1, -0x1p-149, -.infinity]),
    Case(
      "F64", [(0.1).bitPattern, (-1e300).bitPattern, (1 + 0x1p-24).bitPattern], [0.1, -.infinity, 1]),
    Case("BF16", [UInt16(0x3F80), 0xC049, 0x0001], [1, -3.140625, 0x1p-133]),
    // 1, -2, largest, smallest normal, smallest subnormal, largest subnormal, minus zero, infinity.
    Case(
      "F16", [UInt16(0x3C00), 0xC000, 0x7BFF, 0x0400, 0x0001, 0x03FF, 0x8000, 0x7C00],
      [1, -2, 65504, 0x1p-14, 0x1p-24, 1023 * 0x1p-24, -0.0, .infinity]),
  ]

  @Test(arguments: cases)
  func dtypeIsConverted(_ testCase: Case) throws {
    let folder = try TemporaryFolder()
    let header =
      #"{"t":{"dtype":"\#(testCase.dtype)","shape":[\#(testCase.values.count)],"#
      + #""data_offsets":[0,\#(testCase.bytes.count)]}}"#
    let file = MalformedFile.file(Array(header.utf8), data: 0) + testCase.bytes
    let path = try folder.write(file, as: "w.safetensors")
    let values = try SafetensorsFile(path: path).floats(named: "t")
    #expect(values.map(\.bitPattern) == testCase.values.map(\.bitPattern))
  }

  @Test func halfNotANumberStaysOne() throws {
    let folder = try TemporaryFolder()
    let header = #"{"t":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#
    let path = try folder.write(
      MalformedFile.file(Array(header.utf8), data: 0) + [0x01, 0x7E], as: "w.safetensors")
    #expect(try SafetensorsFile(path: path).floats(named: "t")[0].isNaN)
  }
}
