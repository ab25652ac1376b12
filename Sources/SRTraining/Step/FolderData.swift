import SRData
import SRDistributed
import SRFiles
import SRProcess
import Synchronization

/// The training pictures of folders (`--train-hr`), decoded before the first step.
///
/// The ranks of a host share the work: each reads, checks and decodes a part of the pictures, on all of its threads. They keep the
/// decoded pictures in one file, which all of them map. So no step decodes anything. The next run on the same pictures finds the file.
struct FolderData {
  let configuration: TrainingConfiguration
  let communicator: Communicator
  let progress: @Sendable () -> Void

  init(
    _ configuration: TrainingConfiguration, _ communicator: Communicator,
    progress: @escaping @Sendable () -> Void
  ) {
    self.configuration = configuration
    self.communicator = communicator
    self.progress = progress
  }

  /// The folder of the decoded pictures.
  static func cacheFolder(_ configuration: TrainingConfiguration) -> String {
    switch configuration.dataCache {
    case .auto: RunFolder(path: configuration.output).dataCache
    case .folder(let path): path
    }
  }

  /// Opens the folders, decodes the pictures unless they are kept, and maps them. Collective.
  ///
  /// - Parameter createsFiles: otherwise the pictures are decoded and forgotten, unless they are kept already.
  /// - Throws: the same error on every rank. It names every picture that cannot be used, once.
  func load(_ activity: RankActivity, createsFiles: Bool) throws -> PictureCrops {
    let folders = try communicator.together(starting: activity) { try self.folders() }
    let layout = try self.layout(of: folders, activity)
    let (cache, digests) = try decoded(folders, layout, activity, createsFiles: createsFiles)
    return PictureCrops(folders, layout, digests: digests, cache: cache, options(layout))
  }

  /// The first few pictures, in memory. Not collective.
  func sample(of count: Int) throws -> PictureCrops {
    let folders = try self.folders().limited(to: count)
    let surveys = try (0..<folders.count).map { index in
      defer { progress() }
      return try folders.survey(index)
    }
    let layout = try folders.layout(surveys, patch: patch)
    let cache = try FolderDecoder(folders, layout, within: budget).decodeAll(progress: progress)
    return PictureCrops(
      folders, layout, digests: (0..<layout.count).map(cache.digest), cache: cache, options(layout))
  }

  /// The memory in which pictures are decoded. The ranks of a host share half of its memory.
  private var budget: PixelBudget {
    PixelBudget(bytes: max(1, PixelBudget.standardBytes / max(1, communicator.localSize)))
  }

  private func folders() throws -> TrainingFolders {
    do {
      return try TrainingFolders(
        highRes: configuration.trainHR, lowRes: configuration.trainLR, template: configuration.filenameTmpl,
        scale: configuration.scale
          ?? (configuration.trainLR.isEmpty ? configuration.model.description.scale : nil),
        resampling: configuration.resample,
        rule: PictureFormatRule(
          inputChannels: configuration.inChannels, outputChannels: configuration.outChannels,
          depth: configuration.depth, range: configuration.range))
    } catch let error as PictureSetError {
      throw ConfigurationError(
        "\(configuration.trainLR.isEmpty ? "train-hr" : "train-hr, train-lr"): \(error)")
    }
  }

  private func options(_ layout: PictureLayout) -> PictureCrops.Options {
    .init(
      patch: (try? patch(scale: layout.scale)) ?? layout.scale,
      patchesPerImage: configuration.patchesPerImage,
      seed: configuration.seed)
  }

  /// The side of the patches if neither an option nor a file gives it, at most.
  static let standardPatch = 128

  /// The side of the high-resolution patches.
  private func patch(scale: Int) throws -> Int {
    guard let given = configuration.patch else { return Self.standardPatch / scale * scale }
    let below = given / scale * scale
    guard given == below else {
      let above = below + scale
      throw ConfigurationError(
        "patch: \(given) is no multiple of the scale \(scale); give "
          + (below >= NumPyPairDataset.smallestHighResSide ? "\(below) or \(above)" : "\(above)"))
    }
    return given
  }
}

// What the ranks do together.
extension FolderData {
  /// This rank's part of so many pictures, among the ranks of its host.
  private func share(_ count: Int) -> Range<Int> {
    ReductionTree.share(of: count, rank: communicator.localRank, worldSize: communicator.localSize)
  }

  /// Does some work for each picture of this rank's share, and puts the results of the host's ranks together. Collective.
  ///
  /// - Throws: on every rank, ``UnusablePictures`` with what went wrong with any picture on any rank.
  private func forEachPicture<Result: Codable & Sendable>(
    of count: Int, _ activity: RankActivity, _ work: @escaping @Sendable (_ index: Int) throws -> Result
  ) throws -> [Result] {
    let share = share(count)
    let outcomes = Mutex([Swift.Result<Result, any Error>?](repeating: nil, count: share.count))
    try communicator.together(starting: activity) {
      guard !share.isEmpty else { return }
      let pool = try WorkerPool(
        count: min(
          share.count, configuration.threads ?? JobSizes.defaultThreads(communicator)))
      defer { pool.close() }
      try pool.forEach(share) { [progress] _, index in
        let outcome = Swift.Result { try work(index) }
        outcomes.withLock { $0[index - share.lowerBound] = outcome }
        progress()
      }
    }
    let found = outcomes.withLock { $0.compactMap { $0 } }
    try tellProblems(
      found.flatMap { outcome -> [String] in
        guard case .failure(let error) = outcome else { return [] }
        return (error as? TrainingPicturesError)?.problems ?? ["\(error)"]
      })
    return try communicator.allGatherOnHost(found.compactMap { try? $0.get() }).flatMap { $0 }
  }

  private func tellProblems(_ own: [String]) throws {
    var problems: [String] = []
    for problem in try communicator.allGather(own).joined() where !problems.contains(problem) {
      problems.append(problem)
    }
    guard problems.isEmpty else {
      throw UnusablePictures(
        TrainingPicturesError(problems, rule: TrainingPicturesError.repair))
    }
  }

  /// Reads the files' sizes and contents, and checks that they fit each other and the patches.
  private func layout(of folders: TrainingFolders, _ activity: RankActivity) throws -> PictureLayout {
    let surveys: [TrainingFolders.Survey]
    do {
      surveys = try forEachPicture(of: folders.count, activity) { try folders.survey($0) }
    } catch let error as UnusablePictures {
      // Pixels may be damaged in other files too. They are found now, and not at the next start.
      throw try complete(error, folders, activity)
    }
    // Other hosts may have other files.
    var unusable: TrainingPicturesError?
    let layout = try communicator.together { () -> PictureLayout? in
      do {
        return try folders.layout(surveys, patch: patch)
      } catch let error as TrainingPicturesError {
        unusable = error
        return nil
      }
    }
    if let told = try communicator.allGather(unusable).lazy.compactMap({ $0 }).first {
      throw UnusablePictures(told)
    }
    guard let layout else { preconditionFailure("pictures fit, and have no layout") }
    return layout
  }

  /// What is wrong with any picture, if some files are damaged at their beginnings.
  private func complete(
    _ first: UnusablePictures, _ folders: TrainingFolders, _ activity: RankActivity
  ) throws -> UnusablePictures {
    let budget = budget
    do {
      _ = try forEachPicture(of: folders.count, activity) { index in
        try folders.check(index, within: budget)
        return true
      }
      return first
    } catch let error as UnusablePictures {
      return error
    }
  }

  /// The decoded pictures and SHA-256 of each pair. Without files, there are digests alone.
  private func decoded(
    _ folders: TrainingFolders, _ layout: PictureLayout, _ activity: RankActivity, createsFiles: Bool
  ) throws -> (PictureCache?, [[UInt8]]) {
    let folder = Self.cacheFolder(configuration)
    if let found = try kept(in: folder, layout, activity) { return found }
    let decoder = FolderDecoder(folders, layout, within: budget)
    guard createsFiles else {
      try communicator.together(starting: activity) {
        if communicator.localRank == 0 { try advised { try WriteAccess.checkFolder(folder) } }
      }
      return (nil, try forEachPicture(of: layout.count, activity) { try decoder.decode($0, to: nil) })
    }
    do {
      return try make(decoder, layout, in: folder, activity)
    } catch {
      // Nothing stays of a cache that was not made.
      if communicator.localRank == 0 {
        try? DirectoryCalls.removeEmpty(folder)
        if configuration.dataCache == .auto { try? DirectoryCalls.removeEmpty(configuration.output) }
      }
      throw error
    }
  }

  /// Decodes the pictures into a file in the folder, unless another run does so meanwhile.
  private func make(
    _ decoder: FolderDecoder, _ layout: PictureLayout, in folder: String, _ activity: RankActivity
  ) throws -> (PictureCache?, [[UInt8]]) {
    let isMaker = communicator.localRank == 0
    let lock = try communicator.together(starting: activity) { () -> FolderLock? in
      guard isMaker else { return nil }
      try advised { try DirectoryCalls.createWithParents(folder) }
      // Another run may be decoding the same pictures.
      return try advised { try FolderLock(folder, patience: .seconds(1 << 20), progress: progress) }
    }
    defer { withExtendedLifetime(lock) {} }
    if let found = try kept(in: folder, layout, activity) { return found }

    let made = try communicator.together(starting: activity) { () -> PictureCacheWriter? in
      guard isMaker else { return nil }
      if configuration.dataCache == .auto { try? removeOthers(than: layout, in: folder) }
      return try advised { try PictureCacheWriter(making: layout, in: folder) }
    }
    let places = try communicator.allGatherOnHost(made?.temporaryPath)
    let writer = try communicator.together(starting: activity) {
      guard let place = places.lazy.compactMap({ $0 }).first else {
        preconditionFailure("no rank of this host makes the cache")
      }
      return try made ?? PictureCacheWriter(joining: place, layout)
    }
    let digests = try forEachPicture(of: layout.count, activity) { try decoder.decode($0, to: writer) }
    try communicator.together(starting: activity) {
      if isMaker { try advised { try writer.publish(digests) } }
    }
    let cache = try communicator.together(starting: activity) {
      guard let cache = try PictureCache(in: folder, layout) else {
        throw RunError(
          "\(folder)/\(layout.fileName) was removed or replaced while it was made; repeat the command")
      }
      return cache
    }
    return (cache, digests)
  }

  /// Removes the run's pictures of earlier starts, which had other contents.
  private func removeOthers(than layout: PictureLayout, in folder: String) throws {
    for name in try DirectoryCalls.names(in: folder)
    where PictureLayout.isFileName(name) && name != layout.fileName {
      try DirectoryCalls.removeFile("\(folder)/\(name)")
    }
  }

  /// Removes the decoded pictures of a complete run that keeps them in its own folder. Returns what stays and why.
  func finish() -> [String] {
    guard !configuration.trainHR.isEmpty, configuration.dataCache == .auto, communicator.localRank == 0 else {
      return []
    }
    do {
      try DirectoryCalls.remove(Self.cacheFolder(configuration))
      // A host without the run's other files has an empty run folder left.
      if communicator.rank != 0 { try? DirectoryCalls.removeEmpty(configuration.output) }
      return []
    } catch {
      return ["\(error). Decoded pictures stay there; they may be removed"]
    }
  }

  /// The kept pictures, if they are what was decoded; nil on all ranks if they are not there or damaged on any.
  private func kept(
    in folder: String, _ layout: PictureLayout, _ activity: RankActivity
  ) throws -> (PictureCache?, [[UInt8]])? {
    let cache = try communicator.together(starting: activity) {
      try advised { try PictureCache(in: folder, layout) }
    }
    guard try communicator.allGather(cache != nil).allSatisfy({ $0 }), let cache else { return nil }
    let areSound = try forEachPicture(of: layout.count, activity) { cache.isSound($0) }
    guard try communicator.allGather(areSound.allSatisfy { $0 }).allSatisfy({ $0 }) else { return nil }
    return (cache, (0..<layout.count).map(cache.recordedDigest))
  }

  /// Adds what to do to an error of the cache.
  private func advised<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as FileError {
      throw ConfigurationError(
        "data-cache: the decoded pictures cannot be kept: \(error). --data-cache DIR keeps them in another folder"
      )
    }
  }
}

/// Training pictures that cannot be used. Every rank throws the same error.
struct UnusablePictures: CommonFailure, CustomStringConvertible, TextOfLines {
  let cause: TrainingPicturesError

  init(_ cause: TrainingPicturesError) { self.cause = cause }

  var lines: [String] { cause.lines }
  var description: String { cause.description }
}
