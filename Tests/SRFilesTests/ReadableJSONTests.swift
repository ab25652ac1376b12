import SRFiles
import Testing

@Suite struct ReadableJSONTests {
  @Test(arguments: [ReadableJSON.Layout.indented, .oneLine])
  func numbersThatAreNotFiniteComeBack(layout: ReadableJSON.Layout) throws {
    let values = ["b": Double.infinity, "a": -.infinity, "c": 0.1 + 0.2]
    let text = try ReadableJSON.encode(values, layout)
    #expect(try ReadableJSON.decode([String: Double].self, from: text) == values)
    let nan = try ReadableJSON.decode([Double].self, from: ReadableJSON.encode([Double.nan], layout))
    #expect(nan.count == 1 && nan[0].isNaN)
  }

  @Test func theSameValuesGiveTheSameLine() throws {
    let text = try ReadableJSON.encode(["b": 0.1, "a": .nan], .oneLine)
    #expect(String(decoding: text, as: UTF8.self) == "{\"a\":\"NaN\",\"b\":0.1}\n")
  }
}
