import SRData
import SRDistributed
import SRFiles
import SRModels

/// The image pairs that a configuration names.
struct RunData {
  let configuration: TrainingConfiguration

  init(_ configuration: TrainingConfiguration) { self.configuration = configuration }

  /// The pairs that are trained on and validated. With a recipe, the low-resolution validation pictures are made by it. Those of
  /// training are made anew in each epoch (``TrainingSamples``).
  ///
  /// - Parameter progress: called repeatedly, on any thread, while pictures are made.
  func load(progress: @escaping @Sendable () -> Void = {}) throws -> DatasetSplit {
    let stored = try loadStored(progress: progress)
    return DatasetSplit(train: stored.train, valid: try degraded(stored.valid, progress: progress))
  }

  /// The pairs of one split, degraded if there is a recipe. The other split need not exist.
  func load(
    _ split: NumPyPairDataset.Split, progress: @escaping @Sendable () -> Void = {}
  ) throws -> any PairDataset {
    try degraded(loadStored(split, progress: progress), progress: progress)
  }

  /// ``load(progress:)`` on all ranks. Each makes its share of synthetic faces and of degraded pictures, and gets the others from
  /// the other ranks. Collective; every rank throws the same error.
  func load(sharedBy communicator: Communicator, _ activity: RankActivity) throws -> DatasetSplit {
    guard communicator.worldSize > 1 else {
      return try communicator.together(starting: activity) { try load(progress: activity.mark) }
    }
    let stored = try loadStored(sharedBy: communicator, activity)
    guard configuration.degradation != nil else { return stored }
    let pairs = stored.valid
    let share = ReductionTree.share(
      of: pairs.count, rank: communicator.rank, worldSize: communicator.worldSize)
    let own = try communicator.together(starting: activity) {
      try lowRes(of: pairs, share, ranksOnHost: communicator.localSize, progress: activity.mark) ?? []
    }
    let all = try gather(own, count: pairs.count, bytesEach: pairs.lowResElementCount, communicator, activity)
    return DatasetSplit(train: stored.train, valid: DegradedPairs(pairs, lowRes: all))
  }

  private func degraded(
    _ pairs: any PairDataset, progress: @escaping @Sendable () -> Void
  ) throws -> any PairDataset {
    try lowRes(of: pairs, 0..<pairs.count, ranksOnHost: 1, progress: progress).map {
      DegradedPairs(pairs, lowRes: $0)
    } ?? pairs
  }

  /// The degraded low-resolution pictures of some pairs; nil if there is no recipe.
  private func lowRes(
    of pairs: any PairDataset, _ range: Range<Int>, ranksOnHost: Int,
    progress: @escaping @Sendable () -> Void
  ) throws -> [UInt8]? {
    guard let degrader = try configuration.degrader(for: pairs) else { return nil }
    // Runs of different seeds are measured on the same pictures.
    return try DegradedPairs.lowRes(
      of: pairs, range, by: degrader, seed: DegradedPairs.standardSeed,
      threads: configuration.threads ?? AvailableResources().threads(ranksOnHost: ranksOnHost),
      progress: progress)
  }

  private func loadStored(progress: @escaping @Sendable () -> Void) throws -> DatasetSplit {
    if let directory = configuration.data {
      try checkFolder(directory)
      return try DatasetSplit.load(directory: directory, range: configuration.range)
    }
    return try DatasetSplit.synthetic(
      trainCount: configuration.syntheticTrain, validCount: configuration.syntheticValid,
      seed: configuration.seed, scale: drawnScale(), progress: progress)
  }

  private func loadStored(sharedBy communicator: Communicator, _ activity: RankActivity) throws
    -> DatasetSplit
  {
    if configuration.data != nil {
      return try communicator.together(starting: activity) { try loadStored(progress: activity.mark) }
    }
    let (train, valid) = (configuration.syntheticTrain, configuration.syntheticValid)
    return DatasetSplit(
      train: try faces(first: 0, count: train, sharedBy: communicator, activity),
      valid: try faces(first: train, count: valid, sharedBy: communicator, activity))
  }

  private func faces(
    first: Int, count: Int, sharedBy communicator: Communicator, _ activity: RankActivity
  ) throws -> SyntheticFaces {
    let share = ReductionTree.share(of: count, rank: communicator.rank, worldSize: communicator.worldSize)
    let threads = AvailableResources().threads(ranksOnHost: communicator.localSize)
    let (scale, own) = try communicator.together(starting: activity) {
      let scale = try drawnScale()
      return (
        scale,
        try SyntheticFaces.draw(
          seed: configuration.seed, first + share.lowerBound..<first + share.upperBound, scale: scale,
          threads: threads, progress: activity.mark)
      )
    }
    let all = try gather(
      own, count: count, bytesEach: SyntheticFaces.pairBytes(scale: scale), communicator, activity)
    return SyntheticFaces(pictures: all, seed: configuration.seed, count: count, first: first, scale: scale)
  }

  /// Bytes of pictures that a rank sends at a time. Each piece is a mark of progress.
  private static let pieceBytes = 4 << 20

  /// The ranks' shares of some pictures, one after the other. Collective.
  private func gather(
    _ own: [UInt8], count: Int, bytesEach: Int, _ communicator: Communicator, _ activity: RankActivity
  ) throws -> [UInt8] {
    // Rank 0 has the largest share.
    let most =
      ReductionTree.share(of: count, rank: 0, worldSize: communicator.worldSize).count * bytesEach
    var all = [[UInt8]](repeating: [], count: communicator.worldSize)
    for start in stride(from: 0, to: most, by: Self.pieceBytes) {
      let pieces = try communicator.allGather(Array(own.dropFirst(start).prefix(Self.pieceBytes)))
      for (rank, piece) in pieces.enumerated() { all[rank] += piece }
      activity.mark()
    }
    return Array(all.joined())
  }

  private func loadStored(
    _ split: NumPyPairDataset.Split, progress: @escaping @Sendable () -> Void
  ) throws -> any PairDataset {
    guard let directory = configuration.data else {
      return try DatasetSplit.synthetic(
        split, trainCount: configuration.syntheticTrain, validCount: configuration.syntheticValid,
        seed: configuration.seed, scale: drawnScale(), progress: progress)
    }
    try checkFolder(directory)
    do {
      return try NumPyPairDataset(directory: directory, split: split, range: configuration.range)
    } catch let error as FileError where error.saysAbsent {
      let other: NumPyPairDataset.Split = split == .train ? .valid : .train
      guard (try? NumPyPairDataset(directory: directory, split: other, range: configuration.range)) != nil
      else { throw error }
      throw ConfigurationError(
        "data: '\(directory)' has no \(split.rawValue) images (\(error)). It has \(other.rawValue) images, which "
          + "--split \(other.rawValue) measures")
    }
  }

  private func checkFolder(_ directory: String) throws {
    guard try PathKind.of(directory) != nil else {
      throw ConfigurationError(
        "data: there is no folder '\(directory)'; `srdist prepare` makes one from photographs, and without --data "
          + "srdist trains on synthetic faces")
    }
  }

  private func drawnScale() throws -> Int {
    let scale = configuration.scale ?? configuration.model.description.scale
    guard SyntheticFaces.canReduce(by: scale) else {
      throw ConfigurationError(
        "scale: synthetic faces cannot be reduced by \(scale), which does not divide their height of "
          + "\(SyntheticFaces.highResSize). Give --data of scale \(scale) (`srdist prepare --scale \(scale)`)."
      )
    }
    return scale
  }
}
