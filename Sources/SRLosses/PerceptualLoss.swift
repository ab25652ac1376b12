/// A loss that compares features, of several pairs of images together.
protocol PerceptualLoss: Loss {
  var comparison: FeatureComparison { get }
}

extension PerceptualLoss {
  package var groupSize: Int { comparison.network.pairs }

  package func scratchCount(height: Int, width: Int) -> Int {
    comparison.scratchCount(height: height, width: width)
  }

  package func evaluate(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, height: Int, width: Int, weight: Float,
    gradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    evaluate(
      [ImagePair(superRes: superRes, highRes: highRes, gradient: gradient)], height: height, width: width,
      weight: weight, scratch: scratch)[0]
  }
}
