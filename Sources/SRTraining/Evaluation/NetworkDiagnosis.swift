import SRData
import SRDistributed
import SRFiles
import SRKernels
import SRLayers
import Synchronization

/// What a network does to images as a whole, beside the metrics.
package struct NetworkDiagnosis: Codable, Sendable, Equatable {
  /// Of each channel, such as red, green and blue: the mean over all images of the result's mean less the input's mean, in steps of
  /// 1/255. Making the result as small as the input keeps its mean, but for the edges.
  package let colourShift: [Double]
  /// Of each attention layer; empty if the network has none.
  package let gates: [GateStatistics]

  private enum CodingKeys: String, CodingKey {
    case gates
    case colourShift = "colour_shift"
  }
}

extension NetworkDiagnosis {
  /// Examines all images of a part. Collective; every rank returns the same.
  ///
  /// - Parameter weights: prepared.
  init(_ run: EvaluationContext, _ part: SampleIdentity.Part, _ weights: StepWeights) throws {
    let pairs = run.pairs(of: part)
    let workers = (0..<run.pool.count).map { _ in
      ValidationWorker(plan: run.inferencePlan, loss: run.loss, metrics: [], kernels: run.kernels)
    }
    // One image tells the layers and their sizes.
    let first = GateObserver()
    workers[0].watch(0, of: pairs, weights: weights, by: first) { _, _ in }
    let layers = first.layers
    let channels = run.inferencePlan.highResShape.channels
    let share = ReductionTree.share(
      of: pairs.count, rank: run.communicator.rank, worldSize: run.communicator.worldSize)
    let fields = layers.reduce(channels) { $0 + $1.gates.count }
    let rows = try run.gatherRows(of: share, fields: fields) { worker, images, row in
      let (index, observer) = (images.lowerBound, GateObserver())
      workers[worker].watch(index, of: pairs, weights: weights, by: observer) { lowRes, superRes in
        let (input, result) = (colourMeans(lowRes, channels), colourMeans(superRes, channels))
        for colour in input.indices { row(index)[colour] = 255 * (result[colour] - input[colour]) }
      }
      for (field, gate) in observer.layers.flatMap(\.gates).enumerated() {
        row(index)[channels + field] = Double(gate)
      }
    }
    colourShift = (0..<channels).map { colour in
      rows.reduce(0) { $0 + $1[colour] } / Double(rows.count)
    }
    var start = channels
    gates = layers.map { layer in
      defer { start += layer.gates.count }
      return GateStatistics(
        layer: layer.name, gates: rows.map { Array($0[start..<start + layer.gates.count]) })
    }
  }

  /// A line for each finding, for a person to read.
  package var lines: [String] {
    let shift = colourShift.map { $0.fixed(3) }.joined(separator: ", ")
    return ["colour shift in steps of 1/255: \(shift)"]
      + (gates.isEmpty ? ["the network has no attention, so it has no gates"] : [])
      + gates.map {
        "\($0.layer): gates of mean \($0.mean.fixed(4)), standard deviation over the images \($0.deviation.fixed(6)) (largest "
          + "\($0.largestDeviation.fixed(6)))"
      }
  }
}

/// The mean of each channel of an image.
private func colourMeans(_ image: UnsafeBufferPointer<Float>, _ channels: Int) -> [Double] {
  var sums = [Double](repeating: 0, count: channels)
  for (position, value) in image.enumerated() { sums[position % sums.count] += Double(value) }
  return sums.map { $0 * Double(sums.count) / Double(image.count) }
}

/// How far one attention layer depends on the image. Its gates are the factors of the channels, 0...1.
package struct GateStatistics: Codable, Sendable, Equatable {
  /// Such as `res_blocks.3.attention`.
  package let layer: String
  /// Over images and channels.
  package let mean: Double
  /// Each channel's standard deviation over the images: their mean and the largest of them. With 0, the layer does nothing that a
  /// constant could not do.
  package let deviation: Double
  package let largestDeviation: Double

  private enum CodingKeys: String, CodingKey {
    case layer, mean, deviation
    case largestDeviation = "largest_deviation"
  }

  /// - Parameter gates: of the channels, by image. There is at least one image.
  package init(layer: String, gates: [[Double]]) {
    self.layer = layer
    let (images, channels) = (Double(gates.count), gates[0].count)
    let means = (0..<channels).map { channel in gates.reduce(0) { $0 + $1[channel] } / images }
    let deviations = (0..<channels).map { channel in
      let squares = gates.reduce(0) { sum, image in
        sum + (image[channel] - means[channel]) * (image[channel] - means[channel])
      }
      return (squares / images).squareRoot()
    }
    mean = means.reduce(0, +) / Double(channels)
    deviation = deviations.reduce(0, +) / Double(channels)
    largestDeviation = deviations.max() ?? 0
  }
}

/// Keeps the gates of one image's pass, layer by layer.
private final class GateObserver: LayerObserver {
  private let kept = Mutex<[(name: String, gates: [Float])]>([])

  var layers: [(name: String, gates: [Float])] { kept.withLock { $0 } }

  func passBegins() {}

  func layer(_ name: String, finished pass: LayerPass, values: UnsafePointer<Float>, count: Int) {}

  func gates(_ name: String, values: UnsafePointer<Float>, count: Int) {
    let gates = Array(UnsafeBufferPointer(start: values, count: count))
    kept.withLock { $0.append((name, gates)) }
  }
}
