import SRData
import SRDistributed
import SRFiles
import SRModels

/// The image pairs that a configuration names.
struct RunData {
  let configuration: TrainingConfiguration

  init(_ configuration: TrainingConfiguration) { self.configuration = configuration }

  /// - Parameter progress: called repeatedly, on any thread, while faces are generated.
  func load(progress: @escaping @Sendable () -> Void = {}) throws -> DatasetSplit {
    if let directory = configuration.data {
      try checkFolder(directory)
      return try DatasetSplit.load(directory: directory, range: configuration.range)
    }
    return try DatasetSplit.synthetic(
      trainCount: configuration.syntheticTrain, validCount: configuration.syntheticValid,
      seed: configuration.seed, scale: drawnScale(), progress: progress)
  }

  /// ``load(progress:)`` on all ranks. Each draws its share of synthetic faces, and gets the others from the other ranks.
  /// Collective; every rank throws the same error.
  func load(sharedBy communicator: Communicator, _ activity: RankActivity) throws -> DatasetSplit {
    guard configuration.data == nil, communicator.worldSize > 1 else {
      return try communicator.together(starting: activity) { try load(progress: activity.mark) }
    }
    let (train, valid) = (configuration.syntheticTrain, configuration.syntheticValid)
    return DatasetSplit(
      train: try faces(first: 0, count: train, sharedBy: communicator, activity),
      valid: try faces(first: train, count: valid, sharedBy: communicator, activity))
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
