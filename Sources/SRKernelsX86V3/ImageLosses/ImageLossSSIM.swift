import SRKernels

extension VectorKernels {
  package func structuralSimilarityScratchCount(_ shape: ImageShape) -> Int {
    SSIMWorkspace.count(shape)
  }

  package func structuralSimilarity(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, shape: ImageShape,
    window: SSIMWindow, gradientScale: Float, gradient: UnsafeMutablePointer<Float>?,
    scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    let workspace = SSIMWorkspace(shape: shape, window: window, memory: scratch)
    var total = 0.0
    for row in 0..<shape.height {
      workspace.meanVertically(superRes, highRes, row: row)
      total += workspace.similarity(slopeScale: gradient == nil ? nil : gradientScale)
      if gradient != nil { workspace.spreadHorizontally(row: row) }
    }
    if let gradient {
      for row in 0..<shape.height {
        workspace.spreadVertically(superRes, highRes, row: row, addingTo: gradient)
      }
    }
    return total
  }
}

extension SSIMWorkspace {
  /// Subtracted from the pixels. Variances are differences of moments, and the rounding error of a moment grows with its
  /// size. Not for a box window: the zeros beyond the edges would have to be shifted too.
  var centre: Vector { Vector(repeating: window == .gaussian ? 0.5 : 0) }

  /// Computes means over the window's column for every pixel of one row: of superRes, of highRes, of the sum of their
  /// squares and of their product. All are taken of pixels less ``centre``, and extended beyond the edges.
  func meanVertically(_ superRes: UnsafePointer<Float>, _ highRes: UnsafePointer<Float>, row: Int) {
    let reach = rowsInReach(of: row)
    let weights = gatherWeights(row: row)
    let centre = centre
    for index in stride(from: 0, to: rowCount, by: Vector.scalarCount) {
      var meanX = Vector.zero
      var meanY = Vector.zero
      var meanSquares = Vector.zero
      var meanProduct = Vector.zero
      for source in reach {
        let weight = Vector(repeating: weights[source - row + SSIMWindow.padding])
        let start = source * rowCount
        let x = superRes.vector(at: start + index, end: start + rowCount) - centre
        let y = highRes.vector(at: start + index, end: start + rowCount) - centre
        meanX.addProduct(weight, x)
        meanY.addProduct(weight, y)
        meanSquares.addProduct(weight, (x * x).addingProduct(y, y))
        meanProduct.addProduct(weight, x * y)
      }
      meanRow(0).store(meanX, at: index)
      meanRow(1).store(meanY, at: index)
      meanRow(2).store(meanSquares, at: index)
      meanRow(3).store(meanProduct, at: index)
    }
    for moment in 0..<4 { extendBeyondEdges(meanRow(moment)) }
  }

  /// Finishes the means along the row. If `slopeScale` is given, stores it times the slopes of the similarity with respect
  /// to the means of superRes, of its square and of the product.
  ///
  /// - Returns: the sum of the row's similarities.
  func similarity(slopeScale: Float?) -> Double {
    withPixelStride { similarity(slopeScale: slopeScale, pixelStride: $0) }
  }

  @inline(__always)
  private func similarity(slopeScale: Float?, pixelStride: Int) -> Double {
    let c1 = Vector(repeating: Float(SSIMWindow.c1))
    let c2 = Vector(repeating: Float(SSIMWindow.c2))
    let centre = centre
    var sum = Vector.zero
    for index in stride(from: 0, to: rowCount, by: Vector.scalarCount) {
      let inside = rowCount - index
      // x and y are less the centre, as the variances need them. meanX and meanY are in full, for the luminance.
      let x = windowSum(meanRow(0), at: index, pixelStride: pixelStride)
      let y = windowSum(meanRow(1), at: index, pixelStride: pixelStride)
      let meanX = x + centre
      let meanY = y + centre
      let a1 = meanX * meanY * 2 + c1
      let a2 = (windowSum(meanRow(3), at: index, pixelStride: pixelStride) - x * y) * 2 + c2
      let b1 = (meanX * meanX).addingProduct(meanY, meanY) + c1
      let b2 = windowSum(meanRow(2), at: index, pixelStride: pixelStride) - (x * x).addingProduct(y, y) + c2
      let inverse = 1 / (b1 * b2)
      let similarity = a1 * a2 * inverse
      sum += similarity.first(inside)
      guard let slopeScale else { continue }
      let scale = (inverse * slopeScale).first(inside)
      let byLuminance = (meanY * a2).addingProduct(-similarity * b2, meanX)
      let byVariance = (y * a1).addingProduct(-similarity * b1, x)
      let byMean = (byLuminance - byVariance) * 2 * scale
      slopeRow(0).store(byMean.first(inside), at: index)
      slopeRow(1).store((-similarity * b1 * scale).first(inside), at: index)
      slopeRow(2).store((a1 * 2 * scale).first(inside), at: index)
    }
    return Double(sum.sum())
  }

  /// The adjoint of the means along the row. Spreads the slopes over the window's row, into the row's plane.
  func spreadHorizontally(row: Int) {
    for slope in 0..<3 {
      let source = slopeRow(slope)
      let destination = slopePlane(slope) + row * rowStride
      withPixelStride { pixelStride in
        for index in stride(from: 0, to: rowCount, by: Vector.scalarCount) {
          destination.store(windowSum(source, at: index, pixelStride: pixelStride), at: index)
        }
      }
      if window == .gaussian { foldEdges(of: source, into: destination) }
    }
  }

  /// The adjoint of the means along the columns. Adds the gradient of one row of pixels.
  func spreadVertically(
    _ superRes: UnsafePointer<Float>, _ highRes: UnsafePointer<Float>, row: Int,
    addingTo gradient: UnsafeMutablePointer<Float>
  ) {
    let reach = rowsInReach(of: row)
    let weights = scatterWeights(row: row)
    let centre = centre
    let start = row * rowCount
    let end = start + rowCount
    for index in stride(from: 0, to: rowCount, by: Vector.scalarCount) {
      var byMean = Vector.zero
      var bySquare = Vector.zero
      var byProduct = Vector.zero
      for source in reach {
        let weight = Vector(repeating: weights[source - row + SSIMWindow.padding])
        let position = source * rowStride + index
        byMean.addProduct(weight, slopePlane(0).vector(at: position))
        bySquare.addProduct(weight, slopePlane(1).vector(at: position))
        byProduct.addProduct(weight, slopePlane(2).vector(at: position))
      }
      let x = superRes.vector(at: start + index, end: end) - centre
      let y = highRes.vector(at: start + index, end: end) - centre
      let sum = byMean.addingProduct(x * 2, bySquare).addingProduct(y, byProduct)
      gradient.add(sum, at: start + index, end: end)
    }
  }
}
