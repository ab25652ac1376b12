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
