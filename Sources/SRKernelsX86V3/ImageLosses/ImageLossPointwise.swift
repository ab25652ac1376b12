import SRKernels

/// Floats that are summed in single precision before they join the double-precision total.
private let sumBlock = 4096

extension VectorKernels {
  /// Adds up vectors of `count` elements. `add` is called with the first element of each vector and the end of the elements.
  @inline(__always)
  private func sumOverBlocks(_ count: Int, _ add: (_ sum: inout Vector, _ index: Int, _ end: Int) -> Void)
    -> Double
  {
    var total = 0.0
    for first in stride(from: 0, to: count, by: sumBlock) {
      let end = min(first + sumBlock, count)
      var sum = Vector.zero
      for index in stride(from: first, to: end, by: Vector.scalarCount) { add(&sum, index, end) }
      total += Double(sum.sum())
    }
    return total
  }

  package func squaredDifference(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, count: Int, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?
  ) -> Double {
    sumOverBlocks(count) { sum, index, end in
      let difference = superRes.vector(at: index, end: end) - highRes.vector(at: index, end: end)
      sum.addProduct(difference, difference)
      gradient?.add(difference * (2 * gradientScale), at: index, end: end)
    }
  }

  package func absoluteDifference(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, count: Int, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?
  ) -> Double {
    sumOverBlocks(count) { sum, index, end in
      let difference = superRes.vector(at: index, end: end) - highRes.vector(at: index, end: end)
      sum += difference.replacing(with: -difference, where: difference .< 0)
      let slope = Vector.zero.replacing(with: gradientScale, where: difference .> 0)
        .replacing(with: -gradientScale, where: difference .< 0)
      gradient?.add(slope, at: index, end: end)
    }
  }

  package func charbonnierDifference(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, count: Int, epsilonSquared: Float,
    gradientScale: Float, gradient: UnsafeMutablePointer<Float>?
  ) -> Double {
    let epsilons = Vector(repeating: epsilonSquared)
    return sumOverBlocks(count) { sum, index, end in
      let difference = superRes.vector(at: index, end: end) - highRes.vector(at: index, end: end)
      let root = epsilons.addingProduct(difference, difference).squareRoot()
      sum += root.first(end - index)
      gradient?.add(difference / root * gradientScale, at: index, end: end)
    }
  }
}
