import SRData
import SRDistributed
import SRInference
import SRKernels
import SRModels
import SRProcess
import SRTensor

/// What enlarges the pictures that are measured.
enum PictureMethod: Sendable {
  case network(NetworkInference)
  case bicubic(Resampling)
}

/// Enlarges the pictures of a set, and measures the results, rounded to the pictures' type, against their originals. Ranks share
/// the pictures; each picture is one rank's, and all of the rank's threads work at it.
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
    let name = set.name(at: index)
    guard set.format.isRGB8 else {
      let (original, channels) = (intensities(of: pair.highRes), set.format.highRes.channels)
      let enlarged = try methods.map { method in
        defer { activity.mark() }
        return try intensities(of: pair, enlargedBy: method, name: name)
      }
      return try values(of: enlarged) {
        sized.values(of: $0, original: original, channels: channels, isGrey: pair.isGrey)
      }
    }
    let (lowRes, original) = (pair.lowRes.rgbImage, pair.highRes.rgbImage)
    let enlarged = try methods.map { method in
      defer { activity.mark() }
      return try enlarge(lowRes, to: original.size, isGrey: pair.isGrey, by: method, name: name)
    }
    return try values(of: enlarged) { sized.values(of: $0, original: original, isGrey: pair.isGrey) }
  }

  /// The values of enlarged pictures, one after the other; NaN for nil.
  private func values<Picture: Sendable>(
    of enlarged: [Picture?], _ measure: @escaping @Sendable (Picture) -> [Double]
  ) throws -> [Double] {
    let count = metrics.descriptions.count
    let rows = SharedRows(rows: enlarged.count, fields: count)
    try pool.forEach(0..<enlarged.count) { [activity] _, method in
      let values = enlarged[method].map(measure) ?? Array(repeating: .nan, count: count)
      rows.row(method).update(from: values, count: count)
      activity.mark()
    }
    return rows.elements
  }

  /// The enlarged picture; nil if the network's result is not finite.
  private func enlarge(
    _ lowRes: RGBImage, to size: PictureSize, isGrey: Bool, by method: PictureMethod, name: String
  ) throws -> RGBImage? {
    switch method {
    case .bicubic(let resampling):
      return lowRes.resized(width: size.width, height: size.height, by: resampling)
    case .network(let network):
      var pixels: [UInt8] = []
      pixels.reserveCapacity(size.pixels * 3)
      let channels = network.model.outputChannels
      if channels == 1, !isGrey {
        throw ConfigurationError(
          "\(set.summary): '\(name)' has three channels of colour, and the network takes 1; measure grey pictures"
        )
      }
      let picture = lowRes.intensities(channels: network.model.inputChannels)
      let isFinite = try run(network, picture, lowRes.size, name: name) { strip in
        let rows = strip.count / (size.width * channels)
        pixels += RGBImage(intensities: strip, channels: channels, width: size.width, height: rows).pixels
      }
      return isFinite ? RGBImage(width: size.width, height: size.height, pixels: pixels) : nil
    }
  }
}

// Pictures of other formats than 8-bit RGB.
extension PictureEvaluator {
  private func intensities(of picture: Raster) -> AlignedBuffer {
    let buffer = AlignedBuffer(count: picture.size.pixels * picture.format.channels)
    picture.bytes.withUnsafeBytes {
      set.format.values.loadIntensities(from: $0, into: buffer.pointer)
    }
    return buffer
  }

  /// The enlarged picture, rounded to the levels of its type; nil if the network's result is not finite.
  private func intensities(
    of pair: PicturePair, enlargedBy method: PictureMethod, name: String
  ) throws -> AlignedBuffer? {
    let (size, channels) = (pair.highRes.size, set.format.highRes.channels)
    switch method {
    case .bicubic(let resampling):
      let lowRes = pair.lowRes.takingChannels(channels)
      return intensities(of: lowRes.resized(width: size.width, height: size.height, by: resampling))
    case .network(let network):
      let result = AlignedBuffer(count: size.pixels * channels)
      var next = result.pointer
      let isFinite = try run(network, intensities(of: pair.lowRes), pair.lowRes.size, name: name) { strip in
        next.update(from: strip.baseAddress!, count: strip.count)
        next += strip.count
      }
      set.format.values.round(result.pointer, count: result.count)
      return isFinite ? result : nil
    }
  }

  /// Enlarges intensities, and hands over strips of the result's rows. Returns whether all of them are finite.
  private func run(
    _ network: NetworkInference, _ picture: AlignedBuffer, _ size: PictureSize, name: String,
    _ take: (UnsafeBufferPointer<Float>) -> Void
  ) throws -> Bool {
    let (width, channels) = (size.width * network.model.scale, network.model.outputChannels)
    var isFinite = true
    do {
      try network.enlarge(picture.pointer, height: size.height, width: size.width) { rows, values in
        let count = rows.count * width * channels
        isFinite = isFinite && kernels.allFinite(values, count: count)
        take(UnsafeBufferPointer(start: values, count: count))
      }
    } catch let error as InferenceMemoryError {
      throw ConfigurationError("\(set.summary): '\(name)': \(error)")
    }
    withExtendedLifetime(picture) {}
    return isFinite
  }
}

extension ModelDescription {
  /// What a set's pictures must be to be enlarged, and their originals to be compared with the results.
  func pictureRule(depth: PictureFormatRule.Depth) -> PictureFormatRule {
    PictureFormatRule(
      inputChannels: inputChannels, outputChannels: outputChannels, depth: depth, expected: values,
      isOfNetwork: true)
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
