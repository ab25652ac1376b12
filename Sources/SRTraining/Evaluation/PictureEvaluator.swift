import SRData
import SRDistributed
import SRInference
import SRKernels
import SRModels
import SRProcess

/// What enlarges the pictures that are measured.
enum PictureMethod: Sendable {
  case network(NetworkInference)
  case bicubic(Resampling)
}

/// Enlarges the pictures of a set, and measures the 8-bit results against their originals. Ranks share the pictures; each picture
/// is one rank's, and all of the rank's threads work at it.
struct PictureEvaluator: Sendable {
  let set: any PictureSet
  let metrics: PictureMetrics
  let communicator: Communicator
  let activity: RankActivity
  let kernels: any KernelSet
  let pool: WorkerPool

  /// The values of each picture, in the set's order: for each method, the metrics in their order. If a network's result is not
  /// finite, its values are NaN. Collective; every rank gets the same values.
  ///
  /// If a signal asks this rank to stop, it leaves the rest of its pictures out; their values are zero, and the caller discards
  /// all of them, as with ``EvaluationContext/gatherRows(of:fields:groupSize:fill:)``.
  ///
  /// - Parameters:
  ///   - isDealt: whether ranks share the pictures. Otherwise rank 0 measures all of them.
  ///   - remark: called for what decoding changed in each of this rank's pictures.
  /// - Throws: the same error on every rank: ``ImageFileError``, or ``ConfigurationError`` for a picture that does not fit into
  ///   the network's memory.
  func rows(
    of methods: [PictureMethod], isDealt: Bool = true,
    remark: (PictureConversion) -> Void = { _ in }
  ) throws -> [[Double]] {
    activity.enter(.validation)
    let share =
      isDealt
      ? ReductionTree.share(of: set.count, rank: communicator.rank, worldSize: communicator.worldSize)
      : communicator.rank == 0 ? 0..<set.count : 0..<0
    let fields = methods.count * metrics.descriptions.count
    let own = try communicator.together {
      defer { activity.enter(.gathering) }
      var rows: [Double] = []
      var sized: PictureMetrics.Sized?
      for index in share {
        if RunRequests.isStopPending {
          rows += [Double](repeating: 0, count: fields)
        } else {
          // LPIPS's network is made for one size, and many sets have only one.
          let size = set.size(at: index)
          let measures = try sized.flatMap { $0.size == size ? $0 : nil } ?? metrics.sized(size)
          sized = measures
          rows += try row(index, methods, measures, remark)
        }
        activity.mark()
      }
      return rows
    }
    let all = try communicator.allGather(own).flatMap { $0 }
    return stride(from: 0, to: all.count, by: fields).map { Array(all[$0..<$0 + fields]) }
  }

  private func row(
    _ index: Int, _ methods: [PictureMethod], _ sized: PictureMetrics.Sized,
    _ remark: (PictureConversion) -> Void
  ) throws -> [Double] {
    let pair = try set.load(at: index)
    for conversion in PictureConversion.allCases where pair.conversions.contains(conversion) {
      remark(conversion)
    }
    let enlarged = try methods.map { method in
      defer { activity.mark() }
      return try enlarge(pair, by: method, name: set.name(at: index))
    }
    let count = metrics.descriptions.count
    let rows = SharedRows(rows: methods.count, fields: count)
    try pool.forEach(0..<methods.count) { [activity] _, method in
      let values =
        enlarged[method].map { sized.values(of: $0, original: pair.highRes, isGrey: pair.isGrey) }
        ?? Array(repeating: .nan, count: count)
      rows.row(method).update(from: values, count: count)
      activity.mark()
    }
    return rows.elements
  }

  /// The enlarged picture; nil if the network's result is not finite.
  private func enlarge(_ pair: PicturePair, by method: PictureMethod, name: String) throws -> RGBImage? {
    let (lowRes, size) = (pair.lowRes, pair.highRes.size)
    switch method {
    case .bicubic(let resampling):
      return lowRes.resized(width: size.width, height: size.height, by: resampling)
    case .network(let network):
      var pixels: [UInt8] = []
      pixels.reserveCapacity(size.pixels * 3)
      var isFinite = true
      let channels = network.model.outputChannels
      if channels == 1, !pair.isGrey {
        throw ConfigurationError(
          "\(set.summary): '\(name)' has three channels of colour, and the network takes 1; measure grey pictures"
        )
      }
      let picture = lowRes.intensities(channels: network.model.inputChannels)
      do {
        try network.enlarge(picture.pointer, height: lowRes.height, width: lowRes.width) { rows, values in
          let count = rows.count * size.width * channels
          isFinite = isFinite && kernels.allFinite(values, count: count)
          let strip = UnsafeBufferPointer(start: values, count: count)
          pixels +=
            RGBImage(intensities: strip, channels: channels, width: size.width, height: rows.count).pixels
        }
      } catch let error as InferenceMemoryError {
        throw ConfigurationError("\(set.summary): '\(name)': \(error)")
      }
      withExtendedLifetime(picture) {}
      return isFinite ? RGBImage(width: size.width, height: size.height, pixels: pixels) : nil
    }
  }
}

extension ModelDescription {
  /// Throws ``ConfigurationError`` if the network cannot enlarge the pictures of any 8-bit set.
  ///
  /// - Parameter sets: what names the sets, such as `--reference`.
  func checkTakesPictures(_ sets: String) throws {
    guard inputChannels == outputChannels, [1, 3].contains(inputChannels) else {
      throw ConfigurationError(
        "\(sets): pictures have 1 or 3 channels, and the network takes \(inputChannels) and makes \(outputChannels). Measure arrays "
          + "(--data)")
    }
    guard let values else { return }
    throw ConfigurationError(
      "\(sets): pictures are measured as 8-bit values, and the network was trained on values \(values). Measure arrays (--data)"
    )
  }
}

extension PictureEvaluator {
  /// The mean of each metric over the pictures, by name.
  ///
  /// - Parameter method: the position of the method among those of the rows.
  func means(of rows: [[Double]], method: Int) -> [String: Double] {
    let names = metrics.descriptions.map(\.name)
    var means: [String: Double] = [:]
    for (index, name) in names.enumerated() {
      means[name] = rows.reduce(0.0) { $0 + $1[method * names.count + index] } / Double(rows.count)
    }
    return means
  }
}
