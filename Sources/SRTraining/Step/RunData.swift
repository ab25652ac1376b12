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

  /// All data, on one rank alone. Of folders of pictures, the first few pictures are enough, because nobody trains to the end on
  /// them.
  ///
  /// - Parameter progress: called repeatedly, on any thread, while faces are generated and pictures are read.
  func load(progress: @escaping @Sendable () -> Void = {}) throws -> TrainingData {
    if !configuration.trainHR.isEmpty {
      return try validated(
        FolderData(configuration, Communicator(), progress: progress).sample(of: Self.mostPictures))
    }
    return try TrainingData(split(progress: progress), configuration)
  }

  /// The most pictures of folders that are decoded to be looked at.
  private static let mostPictures = 8

  private func split(progress: @escaping @Sendable () -> Void = {}) throws -> DatasetSplit {
    if let directory = configuration.data {
      try checkFolder(directory)
      return try DatasetSplit.load(directory: directory)
    }
    return try DatasetSplit.synthetic(
      trainCount: configuration.syntheticTrain, validCount: configuration.syntheticValid,
      seed: configuration.seed, scale: drawnScale(), progress: progress)
  }

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
    return TrainingData(patches, valid: valid)
  }

  /// All data, on all ranks. Each draws its share of synthetic faces, and gets the others from the other ranks; each decodes its
  /// share of the pictures of folders. Collective; every rank throws the same error.
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
    guard configuration.data == nil, communicator.worldSize > 1 else {
      return try communicator.together(starting: activity) {
        try TrainingData(split(progress: activity.mark), configuration)
      }
    }
    let (train, valid) = (configuration.syntheticTrain, configuration.syntheticValid)
    return try TrainingData(
      DatasetSplit(
        train: try faces(first: 0, count: train, sharedBy: communicator, activity),
        valid: try faces(first: train, count: valid, sharedBy: communicator, activity)), configuration)
  }

  /// Bytes of faces that a rank sends at a time. Each piece is a mark of progress.
  private static let pieceBytes = 4 << 20

  private func faces(
    first: Int, count: Int, sharedBy communicator: Communicator, _ activity: RankActivity
  ) throws -> SyntheticFaces {
    func share(_ rank: Int) -> Range<Int> {
      ReductionTree.share(of: count, rank: rank, worldSize: communicator.worldSize)
    }
    let threads = AvailableResources().threads(ranksOnHost: communicator.localSize)
    let (scale, own) = try communicator.together(starting: activity) {
      let (scale, share) = (try drawnScale(), share(communicator.rank))
      return (
        scale,
        try SyntheticFaces.draw(
          seed: configuration.seed, first + share.lowerBound..<first + share.upperBound, scale: scale,
          threads: threads, progress: activity.mark)
      )
    }
    // Rank 0 has the largest share.
    let most = share(0).count * SyntheticFaces.pairBytes(scale: scale)
    var all = [[UInt8]](repeating: [], count: communicator.worldSize)
    for start in stride(from: 0, to: most, by: Self.pieceBytes) {
      let pieces = try communicator.allGather(Array(own.dropFirst(start).prefix(Self.pieceBytes)))
      for (rank, piece) in pieces.enumerated() { all[rank] += piece }
      activity.mark()
    }
    return SyntheticFaces(
      pictures: Array(all.joined()), seed: configuration.seed, count: count, first: first, scale: scale)
  }

  /// The pairs of one split. The other one need not exist.
  func load(
    _ split: NumPyPairDataset.Split, progress: @escaping @Sendable () -> Void = {}
  ) throws -> any PairDataset {
    guard let directory = configuration.data else {
      return try DatasetSplit.synthetic(
        split, trainCount: configuration.syntheticTrain, validCount: configuration.syntheticValid,
        seed: configuration.seed, scale: drawnScale(), progress: progress)
    }
    try checkFolder(directory)
    do {
      return try NumPyPairDataset(directory: directory, split: split)
    } catch let error as FileError where error.saysAbsent {
      let other: NumPyPairDataset.Split = split == .train ? .valid : .train
      guard (try? NumPyPairDataset(directory: directory, split: other)) != nil else { throw error }
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
