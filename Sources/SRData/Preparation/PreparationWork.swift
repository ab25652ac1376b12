import SRFiles

/// Fills the two sides of the split.
final class PreparationWork {
  private let images: ImagePreparation
  private let options: PreparationOptions
  private let draws: [PictureDraw]
  private let threads: Int
  private let progress: (DatasetPreparation.Progress) -> Void

  private(set) var manifest: PreparationManifest?
  private(set) var use = PictureUse()
  private var writers: [NumPyPairDataset.Split: SplitWriter] = [:]
  /// The first picture with some pixels, by their hash.
  private var taken: [String: String] = [:]
  /// The side of each group that has a sample.
  private var sides: [String: NumPyPairDataset.Split] = [:]
  private var skipped: [PreparationManifest.Remark] = []
  private var warned: [PreparationManifest.Remark] = []
  private var duplicates: [PreparationManifest.Duplicate] = []
  private var keptApart: [String] = []

  init(
    _ images: ImagePreparation, _ draws: [PictureDraw], threads: Int,
    progress: @escaping (DatasetPreparation.Progress) -> Void
  ) {
    self.images = images
    options = images.options
    self.draws = draws
    self.threads = threads
    self.progress = progress
    use.found = images.pictures.count
  }

  /// Writes all arrays, and sets ``manifest``.
  ///
  /// - Returns: nil, or the draws with lower counts if pictures fell out of a side that takes all. Then nothing of use was written.
  /// - Throws: ``PreparationError`` and ``FileError``.
  func write(_ inputs: PreparationInputs, to directory: String) throws -> [PictureDraw]? {
    for side in draws.flatMap(\.sides) {
      writers[side.split] = try SplitWriter(
        side.split, count: side.count, directory: directory, options: options, images.format)
    }
    var counts: [PictureDraw] = []
    for draw in draws {
      let (before, total) = ((skipped.count, duplicates.count, keptApart.count), draw.count)
      // A side that takes all looks at all, also at those of which no sample is made.
      let takesAll = draw.sides.allSatisfy { !$0.isAsked }
      let needed = takesAll ? draw.choice.count : total
      let found = try OrderedWork.run(count: draw.choice.count, needed: needed, threads: threads) {
        [images, choice = draw.choice] position in
        Swift.Result { try images.prepare(choice[position]) }
      } use: { [self] position, result in
        try take(result, images.pictures[draw.choice[position]], for: draw.sides)
      }
      if found < total {
        guard draw.sides.count == 1, !draw.sides[0].isAsked, found > 0 else {
          var shortage = draw.shortage
          shortage.broken = skipped.count - before.0
          shortage.duplicates = duplicates.count - before.1
          shortage.keptApart = keptApart.count - before.2
          throw PreparationError.tooFewImages(shortage)
        }
      }
      var counted = draw
      if found < total { counted.sides[0].count = found }
      counts.append(counted)
    }
    guard counts.map(\.count) == draws.map(\.count) else { return counts }
    manifest = try finish(inputs)
    return nil
  }

  /// Returns whether the picture has its place on one of the sides.
  private func take(
    _ result: Swift.Result<PreparedImage, any Error>, _ picture: InputPicture, for sides: [PictureDraw.Side]
  ) throws -> Bool {
    let isTaken =
      switch result {
      case .success(let image): try take(image, picture, for: sides)
      case .failure(let error): try skip(picture, error)
      }
    progress(
      .init(done: use.used, total: draws.reduce(0) { $0 + $1.count }, skipped: skipped.count))
    return isTaken
  }

  private func take(_ image: PreparedImage, _ picture: InputPicture, for sides: [PictureDraw.Side]) throws
    -> Bool
  {
    if let first = taken[image.pixelHash] {
      duplicates.append(.init(source: picture.source, sameAs: first))
      return false
    }
    guard let split = sides.map(\.split).first(where: { !writers[$0]!.isComplete }) else { return false }
    if let group = picture.group, self.sides[group, default: split] != split {
      keptApart.append(picture.source)
      return false
    }
    try writers[split]!.append(image, source: picture.source)
    taken[image.pixelHash] = picture.source
    if let group = picture.group { self.sides[group] = split }
    if let warnings = image.warnings {
      warned.append(.init(source: picture.source, reason: warnings.first))
    }
    use.add(image, source: picture.source, options)
    return true
  }

  private func skip(_ picture: InputPicture, _ error: any Error) throws -> Bool {
    guard options.skipBroken else { throw PreparationError.brokenImage("\(error)") }
    let reason =
      switch error {
      case let error as ImageFileError: error.problem
      case let error as FileError: "cannot \(error.operation.rawValue): \(error.reason)"
      default: "\(error)"
      }
    skipped.append(.init(source: picture.source, reason: reason))
    return false
  }

  private func finish(_ inputs: PreparationInputs) throws -> PreparationManifest {
    var manifest = PreparationManifest(inputs: inputs, options: options)
    let (train, valid) = (writers[.train]!, writers[.valid]!)
    manifest.train = train.samples
    manifest.valid = valid.samples
    manifest.arrays = try train.finish() + valid.finish()
    manifest.skipped = skipped
    if !warned.isEmpty { manifest.warned = warned }
    if !duplicates.isEmpty { manifest.duplicates = duplicates }
    if !keptApart.isEmpty { manifest.keptApart = keptApart }
    if options.groupBy != nil {
      let counts = sides.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
      manifest.groups = .init(train: counts[.train] ?? 0, valid: counts[.valid] ?? 0)
    }
    return manifest
  }
}
