import SRKernels

extension VectorKernels {
  package func channelSimilaritiesScratchCount(_ shape: ImageShape) -> Int { SSIMWorkspace.count(shape) }

  package func channelSimilarities(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, shape: ImageShape, part: SimilarityPart,
    keepsSlopes: Bool, scratch: UnsafeMutablePointer<Float>
  ) -> [Double] {
    let workspace = SSIMWorkspace(shape: shape, window: .gaussian, memory: scratch)
    var totals = [Double](repeating: 0, count: shape.channels)
    for row in 0..<shape.height {
      workspace.meanVertically(superRes, highRes, row: row)
      workspace.addChannelSimilarities(part, keepsSlopes: keepsSlopes, to: &totals)
      if keepsSlopes { workspace.spreadHorizontally(row: row) }
    }
    return totals.map { $0 / Double(shape.pixels) }
  }

  package func addSimilarityGradient(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, shape: ImageShape, factors: [Float],
    gradient: UnsafeMutablePointer<Float>, scratch: UnsafeMutablePointer<Float>
  ) {
    let workspace = SSIMWorkspace(resuming: shape, window: .gaussian, memory: scratch)
    let factors = factors.map { $0 / Float(shape.pixels) }
    for row in 0..<shape.height {
      workspace.spreadVertically(superRes, highRes, row: row, factors: factors, addingTo: gradient)
    }
  }
}

extension SSIMWorkspace {
  /// Finishes the means along the row. Adds the sum over the row's pixels of each channel's similarity. If asked for, stores
  /// its slopes with respect to the means of superRes, of its square and of the product.
  fileprivate func addChannelSimilarities(
    _ part: SimilarityPart, keepsSlopes: Bool, to totals: inout [Double]
  ) {
    let (channels, period) = (totals.count, ChannelPeriod(totals.count))
    withUnsafeTemporaryAllocation(of: Vector.self, capacity: period.vectors) { sums in
      sums.initialize(repeating: .zero)
      addSimilarities(part, keepsSlopes: keepsSlopes, to: sums)
      let last = (rowCount - 1) / Vector.scalarCount
      withUnsafeTemporaryAllocation(of: Double.self, capacity: channels) { row in
        row.initialize(repeating: 0)
        // From the vector that was taken last.
        for lane in 0..<Vector.scalarCount {
          for back in 0..<period.vectors {
            let vector = (last - back + period.vectors) % period.vectors
            row[period.channel(vector: vector, lane: lane)] += Double(sums[vector][lane])
          }
        }
        for channel in 0..<channels { totals[channel] += row[channel] }
      }
    }
  }

  /// Adds the row's similarities to a few sums, vector after vector in turn.
  private func addSimilarities(
    _ part: SimilarityPart, keepsSlopes: Bool, to sums: UnsafeMutableBufferPointer<Vector>
  ) {
    withPixelStride { addSimilarities(part, keepsSlopes: keepsSlopes, to: sums, pixelStride: $0) }
  }

  @inline(__always)
  private func addSimilarities(
    _ part: SimilarityPart, keepsSlopes: Bool, to sums: UnsafeMutableBufferPointer<Vector>, pixelStride: Int
  ) {
    let c1 = Vector(repeating: Float(SSIMWindow.c1))
    let c2 = Vector(repeating: Float(SSIMWindow.c2))
    let centre = centre
    var turn = 0
    for index in stride(from: 0, to: rowCount, by: Vector.scalarCount) {
      let inside = rowCount - index
      let x = windowSum(meanRow(0), at: index, pixelStride: pixelStride)
      let y = windowSum(meanRow(1), at: index, pixelStride: pixelStride)
      let a2 = (windowSum(meanRow(3), at: index, pixelStride: pixelStride) - x * y) * 2 + c2
      let inverse2 =
        1 / (windowSum(meanRow(2), at: index, pixelStride: pixelStride) - (x * x).addingProduct(y, y) + c2)
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
      sums[turn] += (luminance * structure).first(inside)
      turn = turn + 1 == sums.count ? 0 : turn + 1
      guard keepsSlopes else { continue }
      let scale = (luminance * inverse2).first(inside)
      slopeRow(0).store(byMean.first(inside), at: index)
      slopeRow(1).store(-structure * scale, at: index)
      slopeRow(2).store(scale * 2, at: index)
    }
  }

  /// The adjoint of the means along the columns, times the channels' factors. Adds the gradient of one row of pixels.
  fileprivate func spreadVertically(
    _ superRes: UnsafePointer<Float>, _ highRes: UnsafePointer<Float>, row: Int, factors: [Float],
    addingTo gradient: UnsafeMutablePointer<Float>
  ) {
    // The means are not needed any more.
    let slopes = meanRow(0)
    slopes.update(repeating: 0, count: rowStride)
    let start = row * rowCount
    spreadVertically(superRes, highRes, row: row, addingTo: slopes - start)
    let period = ChannelPeriod(factors.count)
    withUnsafeTemporaryAllocation(of: Vector.self, capacity: period.vectors) { pattern in
      for vector in 0..<period.vectors {
        var lanes = Vector.zero
        for lane in 0..<Vector.scalarCount {
          lanes[lane] = factors[period.channel(vector: vector, lane: lane)]
        }
        pattern.initializeElement(at: vector, to: lanes)
      }
      var turn = 0
      for index in stride(from: 0, to: rowCount, by: Vector.scalarCount) {
        gradient.add(slopes.vector(at: index) * pattern[turn], at: start + index, end: start + rowCount)
        turn = turn + 1 == period.vectors ? 0 : turn + 1
      }
    }
  }
}

/// Which channel each lane of a row's vectors has. It repeats after a few vectors: after three of them, if there are three channels.
private struct ChannelPeriod {
  let vectors: Int
  private let channels: Int

  init(_ channels: Int) {
    self.channels = channels
    var (greatest, rest) = (channels, Vector.scalarCount)
    while rest > 0 { (greatest, rest) = (rest, greatest % rest) }
    vectors = channels / greatest
  }

  /// - Parameter vector: of a row, or its rest by ``vectors``.
  @inline(__always) func channel(vector: Int, lane: Int) -> Int {
    (vector * Vector.scalarCount + lane) % channels
  }
}
