#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

extension Reference {
  /// The mean over channels of the multi-scale structural similarity; see ``SimilarityScales``.
  package static func multiScaleSimilarity(
    superRes: [Double], highRes: [Double], shape: ImageShape
  ) -> ReferenceLoss<Double> {
    let scales = SimilarityScales(shape)
    let channels = shape.channels
    var images = [(superRes, highRes)]
    for scale in 1..<scales.count {
      let shape = scales.shape(at: scale - 1)
      images.append((halved(images[scale - 1].0, shape), halved(images[scale - 1].1, shape)))
    }
    var loss = ReferenceLoss<Double>(count: shape.count)
    for channel in 0..<channels {
      let means = (0..<scales.count).map { scale in
        channelSimilarity(
          images[scale].0, images[scale].1, scales.shape(at: scale), channel, scales.part(at: scale))
      }
      let counted = means.map { max($0.sum, SimilarityScales.smallestMean) }
      let product = counted.indices.reduce(1.0) { $0 * pow(counted[$1], scales.weight(of: $1)) }
      loss.sum += product / Double(channels)
      // From the coarsest scale to the finest, through the poolings.
      var gradient: [Double] = []
      for scale in (0..<scales.count).reversed() {
        let slope =
          means[scale].sum > SimilarityScales.smallestMean
          ? product * scales.weight(of: scale) / means[scale].sum / Double(channels) : 0
        var finer = means[scale].gradient.map { slope * $0 }
        if !gradient.isEmpty { addHalvingGradient(gradient, scales.shape(at: scale), to: &finer) }
        gradient = finer
      }
      for index in gradient.indices { loss.gradient[index] += gradient[index] }
    }
    return loss
  }

  /// See ``ImageLossKernels/halve(_:_:destination:)``.
  private static func halved(_ image: [Double], _ shape: ImageShape) -> [Double] {
    var result = [Double](repeating: 0, count: (shape.height / 2) * (shape.width / 2) * shape.channels)
    forEachHalvedElement(shape) { source, destination in result[destination] += image[source] / 4 }
    return result
  }

  private static func addHalvingGradient(
    _ gradient: [Double], _ shape: ImageShape, to finer: inout [Double]
  ) {
    forEachHalvedElement(shape) { source, destination in finer[source] += gradient[destination] / 4 }
  }

  private static func forEachHalvedElement(
    _ shape: ImageShape, _ body: (_ source: Int, _ destination: Int) -> Void
  ) {
    let (height, width) = (shape.height / 2, shape.width / 2)
    for y in 0..<2 * height {
      for x in 0..<2 * width {
        for channel in 0..<shape.channels {
          body(
            (y * shape.width + x) * shape.channels + channel,
            (y / 2 * width + x / 2) * shape.channels + channel)
        }
      }
    }
  }

  /// The mean over pixels of a part of one channel's structural similarity over a Gaussian window.
  private static func channelSimilarity(
    _ superRes: [Double], _ highRes: [Double], _ shape: ImageShape, _ channel: Int, _ part: SimilarityPart
  ) -> ReferenceLoss<Double> {
    let (c1, c2) = (SSIMWindow.c1, SSIMWindow.c2)
    var loss = ReferenceLoss<Double>(count: shape.count)
    for y in 0..<shape.height {
      for x in 0..<shape.width {
        var (meanX, meanY, meanXX, meanYY, meanXY) = (0.0, 0.0, 0.0, 0.0, 0.0)
        forEachTap(shape, .gaussian, y: y, x: x) { pixel, weight in
          let (a, b) = (superRes[pixel + channel], highRes[pixel + channel])
          meanX += weight * a
          meanY += weight * b
          meanXX += weight * a * a
          meanYY += weight * b * b
          meanXY += weight * a * b
        }
        let a1 = 2 * meanX * meanY + c1
        let a2 = 2 * (meanXY - meanX * meanY) + c2
        let b1 = meanX * meanX + meanY * meanY + c1
        let b2 = (meanXX - meanX * meanX) + (meanYY - meanY * meanY) + c2
        let (luminance, structure) = (a1 / b1, a2 / b2)
        let structureByMeanX = 2 * (structure * meanX - meanY) / b2
        let luminanceByMeanX = 2 * (meanY - luminance * meanX) / b1
        let (byMeanX, factor) =
          switch part {
          case .contrastStructure: (structureByMeanX, 1.0)
          case .whole: (luminance * structureByMeanX + structure * luminanceByMeanX, luminance)
          }
        loss.sum += factor * structure
        let (byMeanXX, byMeanXY) = (-factor * structure / b2, 2 * factor / b2)
        forEachTap(shape, .gaussian, y: y, x: x) { pixel, weight in
          let (a, b) = (superRes[pixel + channel], highRes[pixel + channel])
          loss.gradient[pixel + channel] += weight * (byMeanX + 2 * a * byMeanXX + b * byMeanXY)
        }
      }
    }
    return loss.scaled(by: 1 / Double(shape.pixels))
  }
}
