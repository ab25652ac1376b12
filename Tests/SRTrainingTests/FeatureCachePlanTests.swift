import SRTraining
import Testing

/// An entry of a page takes 4096 bytes and a record of 64.
@Suite struct FeatureCachePlanTests {
  private static let page = 4160
  private static let deep = FeatureCachePlan.Network(
    name: "deep", taps: [("relu1", 8 * 4096), ("relu2", 4 * 4096), ("relu3", 4096)],
    parts: [(.training, 10), (.validation, 5)])
  private static let metric = FeatureCachePlan.Network(
    name: "metric", taps: [("relu1", 2 * 4096), ("relu2", 100)], parts: [(.validation, 5)])

  private func kept(_ budget: Int) -> [[[Int]]] {
    FeatureCachePlan([Self.deep, Self.metric], budget: budget).kept
  }

  @Test func everythingFits() {
    let plan = FeatureCachePlan([Self.deep, Self.metric], budget: 10 << 20)
    #expect(plan.kept == [[[10, 10, 10], [5, 5, 5]], [[5, 5]]])
    let pages = 15 * (8 + 4 + 1) + 5 * (2 + 1)
    #expect(plan.bytes == pages * 4096 + (3 * 15 + 2 * 5) * 64 && plan.bytes == plan.allBytes)
    #expect(FeatureCachePlan([Self.deep, Self.metric], budget: plan.bytes).kept == plan.kept)
    #expect(!plan.summary.contains("budget"))
  }

  /// Small maps come first, and the first images.
  @Test func theDeepestFeaturesComeFirst() {
    #expect(kept(0) == [[[0, 0, 0], [0, 0, 0]], [[0, 0]]])
    #expect(kept(12 * Self.page) == [[[0, 0, 10], [0, 0, 2]], [[0, 0]]])
    let deepest = 20 * Self.page
    #expect(kept(deepest) == [[[0, 0, 10], [0, 0, 5]], [[0, 5]]])
    #expect(kept(deepest + 5 * 8256) == [[[0, 0, 10], [0, 0, 5]], [[5, 5]]])
    let plan = FeatureCachePlan([Self.deep, Self.metric], budget: deepest + 5 * 8256 + 3 * (4 * 4096 + 64))
    #expect(plan.kept == [[[0, 3, 10], [0, 0, 5]], [[5, 5]]])
    #expect(plan.bytes == plan.budget && plan.bytes < plan.allBytes)
    #expect(plan.summary.contains("of 0.8 MiB for deep, metric") && plan.summary.contains("--cache-budget"))
  }

  /// A target without its deep features goes through all layers, so its shallow ones are of no use.
  @Test func noTargetHasOnlyShallowFeatures() {
    for budget in stride(from: 0, through: 1 << 20, by: 1000) {
      for part in kept(budget).joined() { #expect(part == part.sorted()) }
    }
  }
}
