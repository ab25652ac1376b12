import SRTensor
import Testing

@Suite struct ParameterArenaTests {
  @Test func tensorsSurviveTheArenaOrder() {
    var layout = ParameterLayout()
    let weight = layout.append("weight", shape: [3, 2, 3, 3], storage: .convolutionHWIO)
    let bias = layout.append("bias", shape: [3])
    let arena = ParameterArena(layout: layout)
    let values = (0..<weight.count).map(Float.init)
    arena.setTensor(weight, to: values)
    arena.setTensor(bias, to: [1, 2, 3])
    #expect(arena.tensor(weight) == values)
    #expect(arena.tensor(bias) == [1, 2, 3])
    // OIHW element (o 2, i 1, y 0, x 2) lies at HWIO ((0 * 3 + 2) * 2 + 1) * 3 + 2.
    #expect(arena.pointer(to: weight)[17] == values[(2 * 2 + 1) * 9 + 2])
  }

  @Test func outputsOfAPixelShuffleLieSubpixelBySubpixel() {
    var layout = ParameterLayout()
    let weight = layout.append(
      "weight", shape: [8, 3, 3, 3], storage: .convolutionHWIO, outputs: .bySubpixel(factor: 2))
    let bias = layout.append("bias", shape: [8], outputs: .bySubpixel(factor: 2))
    let arena = ParameterArena(layout: layout)
    let values = (0..<weight.count).map(Float.init)
    arena.setTensor(weight, to: values)
    arena.setTensor(bias, to: [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(arena.tensor(weight) == values)
    #expect(arena.tensor(bias) == [0, 1, 2, 3, 4, 5, 6, 7])
    // Channel 0 of the four subpixels is in the file at 0, 1, 2, 3; channel 1 at 4, 5, 6, 7.
    #expect((0..<8).map { arena.pointer(to: bias)[$0] } == [0, 4, 1, 5, 2, 6, 3, 7])
    // OIHW element (o 6, i 2, y 1, x 0) is output 2 * 2 + 1: HWIO ((1 * 3 + 0) * 3 + 2) * 8 + 5.
    #expect(arena.pointer(to: weight)[93] == values[(6 * 3 + 2) * 9 + 3])
  }

  @Test func nineSubpixelsLieOneAfterTheOther() {
    var layout = ParameterLayout()
    let bias = layout.append("bias", shape: [18], outputs: .bySubpixel(factor: 3))
    let arena = ParameterArena(layout: layout)
    let values = (0..<18).map(Float.init)
    arena.setTensor(bias, to: values)
    #expect(arena.tensor(bias) == values)
    // Channel 0 has the file's first nine values, channel 1 the others.
    let expected: [Float] = [0, 9, 1, 10, 2, 11, 3, 12, 4, 13, 5, 14, 6, 15, 7, 16, 8, 17]
    #expect((0..<18).map { arena.pointer(to: bias)[$0] } == expected)
  }

  @Test func tensorsStartOnCacheLines() {
    var layout = ParameterLayout()
    _ = layout.append("a", shape: [3])
    let b = layout.append("b", shape: [5])
    #expect(b.offset == 16)
    #expect(layout.arenaCount == 32)
    #expect(layout.parameterCount == 8)
    let arena = ParameterArena(layout: layout)
    #expect(UInt(bitPattern: arena.pointer(to: b)) % 64 == 0)
  }
}
