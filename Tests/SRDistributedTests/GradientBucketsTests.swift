import SRDistributed
import SRTensor
import Testing

@Suite struct GradientBucketsTests {
  @Test func bucketsRunFromTheArenasEndToItsBeginning() {
    let buckets = GradientBuckets(arenaCount: 160, targetBytes: 64 * 4)
    #expect(buckets.ranges == [96..<160, 32..<96, 0..<32])
    #expect(GradientBuckets(arenaCount: 160, targetBytes: 1 << 20).ranges == [0..<160])
  }

  @Test func bucketsOfALayoutAreCutWhereTensorsBegin() {
    var layout = ParameterLayout()
    for (name, count) in [("a", 100), ("b", 20), ("c", 50), ("d", 10), ("e", 200)] {
      _ = layout.append(name, shape: [count])
    }
    // a 0..<112, b 112..<144, c 144..<208, d 208..<224, e 224..<432
    let buckets = GradientBuckets(layout: layout, targetBytes: 80 * 4)
    #expect(buckets.ranges == [224..<432, 144..<224, 0..<144])
    #expect(GradientBuckets(layout: layout, targetBytes: 4).count == 5)
  }

  /// The buckets are 96..<160, 32..<96 and 0..<32.
  @Test func bucketsAreFinalWhenAllOfThemIs() {
    var progress = BucketProgress(GradientBuckets(arenaCount: 160, targetBytes: 64 * 4))
    func completed(at offset: Int) -> [Int] {
      var buckets: [Int] = []
      progress.advance(to: offset) { buckets.append($0) }
      return buckets
    }
    #expect(completed(at: 112) == [])
    #expect(completed(at: 96) == [0])
    #expect(completed(at: 96) == [])
    #expect(completed(at: 33) == [])
    #expect(completed(at: 0) == [1, 2])
    #expect(completed(at: 0) == [] && progress.count == 3)
  }
}
