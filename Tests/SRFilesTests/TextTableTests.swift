import SRFiles
import Testing

@Suite struct TextTableTests {
  @Test func columnsAreAsWideAsTheirWidestCell() {
    let table = TextTable(
      [.left, .right, .left],
      rows: [["name", "value", "note"], ["a", "12.5", ""], ["much longer", "7"], ["", "1234567", "x"]])
    #expect(
      table.lines == [
        "name           value  note",
        "a               12.5  ",
        "much longer        7",
        "             1234567  x",
      ])
    #expect(table.description == table.lines.joined(separator: "\n"))
  }

  @Test func columnsHaveTheirLeastWidth() {
    var table = TextTable([.left(atLeast: 4), .right(atLeast: 3)])
    table.append(["a", "1"])
    table.append(["bcdef", "12"])
    #expect(table.lines == ["a        1", "bcdef   12"])
    #expect(TextTable([.left(atLeast: 4)], rows: [["ab"]]).lines == ["ab"])
  }

  /// Characters count, not bytes.
  @Test func charactersAreAligned() {
    let table = TextTable([.left, .right], rows: [["é", "1"], ["ab", "2"]])
    #expect(table.lines == ["é   1", "ab  2"])
  }

  @Test func numbersAreRounded() {
    #expect((2.0 / 3).fixed(2) == "0.67" && (-1.0).fixed(0) == "-1")
    #expect(1234.5.significant(3) == "1.23e+03" && 0.000123456.significant(3) == "0.000123")
  }
}
