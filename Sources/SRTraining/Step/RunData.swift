import SRData
import SRDistributed
import SRFiles
import SRModels

/// What a run is trained on, and the validation images that have the same size.
struct TrainingData: Sendable {
  let source: any TrainingSource
  /// Nil if the run has sets of pictures at the most.
  let valid: (any PairDataset)?

  init(_ source: any TrainingSource, valid: (any PairDataset)?) {
    self.source = source
    self.valid = valid
  }

  /// Stored pairs, or fresh crops if the configuration asks for them. Throws what ``RandomCrops`` throws.
  fileprivate init(_ split: DatasetSplit, _ configuration: TrainingConfiguration) throws {
    self.init(try TrainingSamples.source(of: split.train, configuration), valid: split.valid)
  }

  /// The same data, but at most so many pairs of each part.
  func limited(train: Int, valid: Int) -> TrainingData {
    TrainingData(source.limited(to: train), valid: self.valid?.limited(to: valid))
  }
}

/// The image pairs that a configuration names.
struct RunData {
  let configuration: TrainingConfiguration

  init(_ configuration: TrainingConfiguration) { self.configuration = configuration }

  /// The data on one rank alone. With a recipe, the low-resolution validation pictures are made by it. Those of training are made
  /// anew in each epoch (``TrainingSamples``). Of folders of pictures, the first few pictures are enough, because nobody trains to
  /// the end on them.
  ///
  /// - Parameter progress: called repeatedly, on any thread, while pictures are made and read.
  func load(progress: @escaping @Sendable () -> Void = {}) throws -> TrainingData {
    if !configuration.trainHR.isEmpty {
      return try validated(
        FolderData(configuration, Communicator(), progress: progress).sample(of: Self.mostPictures))
    }
    let stored = try loadStored(progress: progress)
    return try TrainingData(
      DatasetSplit(train: stored.train, valid: degraded(stored.valid, progress: progress)), configuration)
  }

  /// The pairs of one split, degraded if there is a recipe. The other split need not exist.
  func load(
    _ split: NumPyPairDataset.Split, progress: @escaping @Sendable () -> Void = {}
  ) throws -> any PairDataset {
    try degraded(loadStored(split, progress: progress), progress: progress)
  }

  /// All data, on all ranks. Each draws its share of synthetic faces and of degraded pictures, and gets the others from the other
  /// ranks; each decodes its share of the pictures of folders. Collective; every rank throws the same error.
  ///
  /// - Parameter createsFiles: whether decoded pictures may be kept. Otherwise they are decoded and forgotten, and no patch can be
  ///   loaded unless they are kept already.
  func load(
    sharedBy communicator: Communicator, _ activity: RankActivity, createsFiles: Bool
  ) throws -> TrainingData {
    if !configuration.trainHR.isEmpty {
      activity.enter(.starting)
      let patches = try FolderData(configuration, communicator, progress: activity.mark).load(
        activity, createsFiles: createsFiles)
      return try communicator.together(starting: activity) { try validated(patches) }
    }
    guard communicator.worldSize > 1 else {
      return try communicator.together(starting: activity) { try load(progress: activity.mark) }
    }
    let stored = try loadStored(sharedBy: communicator, activity)
    let valid = try degraded(stored.valid, sharedBy: communicator, activity)
    return try communicator.together(starting: activity) {
      try TrainingData(DatasetSplit(train: stored.train, valid: valid), configuration)
    }
  }

  /// The most pictures of folders that are decoded to be looked at.
  private static let mostPictures = 8

  /// Patches of folders, with the validation images of --data, if it is given too.
  private func validated(_ patches: PictureCrops) throws -> TrainingData {
    guard configuration.data != nil else { return TrainingData(patches, valid: nil) }
    let valid = try load(.valid)
    guard valid.scale == patches.scale, valid.lowResHeight == patches.lowResHeight,
      valid.lowResWidth == patches.lowResWidth
    else {
      throw ConfigurationError(
        "data: its validation images are \(valid.highResHeight)x\(valid.highResWidth) over "
          + "\(valid.lowResHeight)x\(valid.lowResWidth), and the patches of --train-hr are "
          + "\(patches.highResHeight)x\(patches.highResWidth) over \(patches.lowResHeight)x\(patches.lowResWidth). Give "
          + "--patch \(valid.highResHeight) and data of the same scale, or leave out --data: --val NAME=LR,HR measures "
          + "pictures of any size")
    }
    guard valid.lowResChannels == patches.lowResChannels, valid.highResChannels == patches.highResChannels,
      valid.values == patches.values
    else {
      throw ConfigurationError(
        "data: its validation images have \(valid.lowResChannels) and \(valid.highResChannels) channels of \(valid.values), and "
          + "the patches of --train-hr \(patches.lowResChannels) and \(patches.highResChannels) of \(patches.values). Give data "
          + "of the same, or leave out --data: --val NAME=LR,HR measures pictures")
    }
    return TrainingData(patches, valid: valid)
  }

  private func degraded(
    _ pairs: any PairDataset, sharedBy communicator: Communicator, _ activity: RankActivity
  ) throws -> any PairDataset {
    let degrader = try communicator.together(starting: activity) { try configuration.degrader(for: pairs) }
    guard let degrader else { return pairs }
    let share = ReductionTree.share(
      of: pairs.count, rank: communicator.rank, worldSize: communicator.worldSize)
    let own = try communicator.together(starting: activity) {
      try lowRes(
        of: pairs, share, by: degrader, ranksOnHost: communicator.localSize, progress: activity.mark)
    }
    let all = try gather(own, count: pairs.count, bytesEach: pairs.lowResElementCount, communicator, activity)
    return DegradedPairs(pairs, lowRes: all, by: degrader, seed: DegradedPairs.standardSeed)
  }

  private func degraded(
    _ pairs: any PairDataset, progress: @escaping @Sendable () -> Void
  ) throws -> any PairDataset {
    guard let degrader = try configuration.degrader(for: pairs) else { return pairs }
    let lowRes = try lowRes(of: pairs, 0..<pairs.count, by: degrader, ranksOnHost: 1, progress: progress)
    return DegradedPairs(pairs, lowRes: lowRes, by: degrader, seed: DegradedPairs.standardSeed)
  }

  /// The degraded low-resolution pictures of some pairs.
  private func lowRes(
    of pairs: any PairDataset, _ range: Range<Int>, by degrader: Degrader, ranksOnHost: Int,
    progress: @escaping @Sendable () -> Void
  ) throws -> [UInt8] {
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
