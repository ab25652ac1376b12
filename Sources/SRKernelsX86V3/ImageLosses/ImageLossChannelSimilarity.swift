import SRKernels

extension VectorKernels {
  package func channelSimilaritiesScratchCount(_ shape: ImageShape) -> Int { SSIMWorkspace.count(shape) }

  package func channelSimilarities(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, shape: ImageShape, part: SimilarityPart,
    keepsSlopes: Bool, scratch: UnsafeMutablePointer<Float>
  ) -> SIMD3<Double> {
    let workspace = SSIMWorkspace(shape: shape, window: .gaussian, memory: scratch)
    var total = SIMD3<Double>.zero
    for row in 0..<shape.height {
      workspace.meanVertically(superRes, highRes, row: row)
      total += workspace.channelSimilarities(part, keepsSlopes: keepsSlopes)
      if keepsSlopes { workspace.spreadHorizontally(row: row) }
    }
    return total / Double(shape.pixels)
  }

  package func addSimilarityGradient(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, shape: ImageShape, factors: SIMD3<Float>,
    gradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let workspace = SSIMWorkspace(resuming: shape, window: .gaussian, memory: scratch)
    let factors = factors / Float(shape.pixels)
    for row in 0..<shape.height {
      workspace.spreadVertically(superRes, highRes, row: row, factors: factors, addingTo: gradient)
    }
  }
}

extension SSIMWorkspace {
  /// Finishes the means along the row. Returns the sum over the row's pixels of each channel's similarity. If asked for, stores
  /// its slopes with respect to the means of superRes, of its square and of the product.
  fileprivate func channelSimilarities(_ part: SimilarityPart, keepsSlopes: Bool) -> SIMD3<Double> {
    let c1 = Vector(repeating: Float(SSIMWindow.c1))
    let c2 = Vector(repeating: Float(SSIMWindow.c2))
    let centre = centre
    // Sixteen floats on, the channels are one further: a lane's channel repeats after three vectors.
    var (first, second, third) = (Vector.zero, Vector.zero, Vector.zero)
    for index in stride(from: 0, to: rowCount, by: Vector.scalarCount) {
      let inside = rowCount - index
      let x = windowSum(meanRow(0), at: index)
      let y = windowSum(meanRow(1), at: index)
      let a2 = (windowSum(meanRow(3), at: index) - x * y) * 2 + c2
      let inverse2 = 1 / (windowSum(meanRow(2), at: index) - (x * x).addingProduct(y, y) + c2)
      let structure = a2 * inverse2
      var luminance = Vector(repeating: 1)
      // Variances do not depend on the centre.
      var byMean = (structure * x - y) * 2 * inverse2
      if part == .whole {
        let (meanX, meanY) = (x + centre, y + centre)
        let inverse1 = 1 / ((meanX * meanX).addingProduct(meanY, meanY) + c1)
        luminance = (meanX * meanY * 2 + c1) * inverse1
        byMean = luminance * byMean + structure * ((meanY - luminance * meanX) * 2 * inverse1)
      }
      let similarity = (luminance * structure).first(inside)
      (first, second, third) = (second, third, first + similarity)
      guard keepsSlopes else { continue }
      let scale = (luminance * inverse2).first(inside)
      slopeRow(0).store(byMean.first(inside), at: index)
      slopeRow(1).store(-structure * scale, at: index)
      slopeRow(2).store(scale * 2, at: index)
    }
    // The vector that was taken last is `third`.
    let last = (rowCount - 1) / Vector.scalarCount
    var sums = SIMD3<Double>.zero
    for lane in 0..<Vector.scalarCount {
      sums[(last + lane) % 3] += Double(third[lane])
      sums[(last + 2 + lane) % 3] += Double(second[lane])
      sums[(last + 1 + lane) % 3] += Double(first[lane])
    }
    return sums
  }

  /// The adjoint of the means along the columns, times the channels' factors. Adds the gradient of one row of pixels.
  fileprivate func spreadVertically(
    _ superRes: UnsafePointer<Float>, _ highRes: UnsafePointer<Float>, row: Int, factors: SIMD3<Float>,
    addingTo gradient: UnsafeMutablePointer<Float>
  ) {
    var (first, second, third) = (Vector.zero, Vector.zero, Vector.zero)
    for lane in 0..<Vector.scalarCount {
      first[lane] = factors[lane % 3]
      second[lane] = factors[(lane + 1) % 3]
      third[lane] = factors[(lane + 2) % 3]
    }
    // The means are not needed any more.
    let slopes = meanRow(0)
    slopes.update(repeating: 0, count: rowStride)
    let start = row * rowCount
    spreadVertically(superRes, highRes, row: row, addingTo: slopes - start)
    for index in stride(from: 0, to: rowCount, by: Vector.scalarCount) {
      gradient.add(slopes.vector(at: index) * first, at: start + index, end: start + rowCount)
      (first, second, third) = (second, third, first)
    }
  }
}
