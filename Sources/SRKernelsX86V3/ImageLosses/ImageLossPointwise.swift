import SRKernels

/// Floats that are summed in single precision before they join the double-precision total.
private let sumBlock = 4096

extension VectorKernels {
  package func squaredDifference(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, count: Int, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?
  ) -> Double {
    var total = 0.0
    for first in stride(from: 0, to: count, by: sumBlock) {
      let end = min(first + sumBlock, count)
      var sum = Vector.zero
      for index in stride(from: first, to: end, by: Vector.scalarCount) {
        let difference = superRes.vector(at: index, end: end) - highRes.vector(at: index, end: end)
        sum.addProduct(difference, difference)
        gradient?.add(difference * (2 * gradientScale), at: index, end: end)
      }
      total += Double(sum.sum())
    }
    return total
  }

  package func absoluteDifference(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, count: Int, gradientScale: Float,
    gradient: UnsafeMutablePointer<Float>?
  ) -> Double {
    var total = 0.0
    for first in stride(from: 0, to: count, by: sumBlock) {
      let end = min(first + sumBlock, count)
      var sum = Vector.zero
      for index in stride(from: first, to: end, by: Vector.scalarCount) {
        let difference = superRes.vector(at: index, end: end) - highRes.vector(at: index, end: end)
        sum += difference.replacing(with: -difference, where: difference .< 0)
        guard let gradient else { continue }
        let slope = Vector.zero.replacing(with: gradientScale, where: difference .> 0)
          .replacing(with: -gradientScale, where: difference .< 0)
        gradient.add(slope, at: index, end: end)
      }
      total += Double(sum.sum())
    }
    return total
  }

  package func charbonnierDifference(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, count: Int, epsilonSquared: Float,
    gradientScale: Float, gradient: UnsafeMutablePointer<Float>?
  ) -> Double {
    let epsilons = Vector(repeating: epsilonSquared)
    var total = 0.0
    for first in stride(from: 0, to: count, by: sumBlock) {
      let end = min(first + sumBlock, count)
      var sum = Vector.zero
      for index in stride(from: first, to: end, by: Vector.scalarCount) {
        let difference = superRes.vector(at: index, end: end) - highRes.vector(at: index, end: end)
        let root = epsilons.addingProduct(difference, difference).squareRoot()
        sum += root.first(end - index)
        gradient?.add(difference / root * gradientScale, at: index, end: end)
      }
      total += Double(sum.sum())
    }
    return total
  }
}
