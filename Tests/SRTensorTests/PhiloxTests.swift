import SRTensor
import Testing

@Suite struct PhiloxTests {
  /// Known answers of the reference implementation (Random123, kat_vectors, philox4x32 10).
  @Test func knownAnswers() {
    let zero = Philox4x32(key: 0).block(at: .zero)
    #expect(zero == [0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8])
    let ones = Philox4x32(key: .max).block(at: SIMD4(repeating: .max))
    #expect(ones == [0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD])
    let digits = Philox4x32(key: 0x299F_31D0_A409_3822).block(
      at: [0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344])
    #expect(digits == [0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1])
  }

  @Test func permutationHoldsEachIndexOnce() {
    var generator = PhiloxGenerator(seed: 7, stream: 1)
    let order = generator.permutation(of: 1000)
    #expect(order.sorted() == Array(0..<1000))
    #expect(order != Array(0..<1000))
    var again = PhiloxGenerator(seed: 7, stream: 1)
    #expect(again.permutation(of: 1000) == order)
    var other = PhiloxGenerator(seed: 7, stream: 2)
    #expect(other.permutation(of: 1000) != order)
  }

  @Test func uniformCoversTheUnitInterval() {
    var generator = PhiloxGenerator(seed: 1, stream: 0)
    let draws = (0..<10_000).map { _ in generator.uniform() }
    #expect(draws.allSatisfy { $0 >= 0 && $0 < 1 })
    let mean = draws.reduce(0, +) / 10_000
    #expect(abs(mean - 0.5) < 0.015)  // five standard errors
  }
}
