import SRData
import SRDistributed
import SRKernels
import SRLayers
import Synchronization

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

extension GateStatistics {
  /// Of each attention layer, over all images of a part. Collective; every rank returns the same. Empty if the network has no
  /// attention.
  ///
  /// - Parameter weights: prepared.
  static func measure(
    _ run: EvaluationContext, _ part: SampleIdentity.Part, _ weights: StepWeights
  ) throws -> [GateStatistics] {
    let pairs = run.pairs(of: part)
    let workers = (0..<run.pool.count).map { _ in
      ValidationWorker(plan: run.inferencePlan, loss: run.loss, metrics: [], kernels: run.kernels)
    }
    // One image tells the layers and their sizes.
    let first = GateObserver()
    workers[0].watch(0, of: pairs, weights: weights, by: first)
    let layers = first.layers
    let fields = layers.reduce(0) { $0 + $1.gates.count }
    if fields == 0 { return [] }
    let share = ReductionTree.share(
      of: pairs.count, rank: run.communicator.rank, worldSize: run.communicator.worldSize)
    let rows = try run.gatherRows(of: share, fields: fields) { worker, images, row in
      let observer = GateObserver()
      workers[worker].watch(images.lowerBound, of: pairs, weights: weights, by: observer)
      for (field, gate) in observer.layers.flatMap(\.gates).enumerated() {
        row(images.lowerBound)[field] = Double(gate)
      }
    }
    var start = 0
    return layers.map { layer in
      defer { start += layer.gates.count }
      return GateStatistics(
        layer: layer.name, gates: rows.map { Array($0[start..<start + layer.gates.count]) })
    }
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
