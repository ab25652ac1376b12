import SRDistributed
import SRFiles
import SRKernels

/// The folder in which a run keeps the features that its frozen networks have of targets. Targets are the same in every epoch.
///
/// A file holds the features of one network at one tap, for one part of the data. Its first lines say what they were computed
/// from and how; its name has the digest of these lines. So runs that share a folder share the files that fit, and no other. Ranks
/// and runs may fill a file at the same time (``EntryFile``).
struct FeatureCache: Sendable {
  let folder: String
  let plan: FeatureCachePlan
  /// The folder lies in the run's folder. It goes when the run is complete.
  let belongsToRun: Bool
  private let run: RunContext
  private let networks: [TargetFeatures]
  private let trouble: FeatureCacheTrouble

  /// What a rank can keep on its host.
  private struct Room: Codable {
    let budget: Int
    /// Why nothing is kept.
    let obstacle: String?
  }

  /// Why a run keeps no features, or keeps fewer than others; nil if there is nothing to say.
  let note: String?

  /// Decides what is kept. Creates no file. Collective.
  ///
  /// Nil if the configuration says so, or if the run has no frozen network.
  ///
  /// - Parameter position: where the run starts.
  init?(_ run: RunContext, _ position: RunPosition) throws {
    let configuration = run.configuration
    switch configuration.cacheFeatures {
    case .off: return nil
    case .auto: (folder, belongsToRun) = (RunFolder(path: configuration.output).features, true)
    case .folder(let path): (folder, belongsToRun) = (path, false)
    }
    let networks = run.lossAssembly.targetFeatures
    guard !networks.isEmpty else { return nil }
    self.run = run
    self.networks = networks
    // The checkpoints that are kept, the best one, the one that is being written, and as much as one for log and pictures.
    trouble = FeatureCacheTrouble(
      reserve: belongsToRun
        ? .init(folder: folder, bytes: (configuration.keepCheckpoints + 3) * RunFiles.checkpointBytes(run))
        : nil)
    let orientations = configuration.augment.places
    let room = Self.room(
      run, folder, belongsToRun: belongsToRun, epochs: run.steps(after: position) / run.stepsPerEpoch,
      fewest: orientations * Self.fewestEpochs)
    let rooms = try run.communicator.allGather(room)
    let obstacle = rooms.lazy.compactMap(\.obstacle).first
    plan = FeatureCachePlan(
      networks.map { features in
        FeatureCachePlan.Network(
          name: features.name,
          taps: features.network.taps.map { ($0.name, $0.shape.count * MemoryLayout<Float>.stride) },
          parts: Self.parts(features, run).map { part in
            (part, Self.count(of: part, run) * (part == .training ? orientations : 1))
          })
      }, budget: obstacle == nil ? rooms.map(\.budget).min() ?? 0 : 0)
    let crops =
      run.samples.source.drawsCrops
      ? "fresh crops are seen once, so only features of validation images are kept" : nil
    note = obstacle ?? crops
  }

  /// The parts of the data of which the network's features are kept.
  private static func parts(_ features: TargetFeatures, _ run: RunContext) -> [SampleIdentity.Part] {
    (features.isForTraining && !run.samples.source.drawsCrops ? [.training] : [])
      + (run.data.valid == nil ? [] : [.validation])
  }

  /// The images of a part of the data.
  private static func count(of part: SampleIdentity.Part, _ run: RunContext) -> Int {
    part == .training ? run.samples.count : run.evaluation.pairs(of: part).count
  }

  /// - Parameters:
  ///   - epochs: how many are left.
  ///   - fewest: for fewer epochs, the run itself keeps nothing.
  private static func room(
    _ run: RunContext, _ folder: String, belongsToRun: Bool, epochs: Int, fewest: Int
  ) -> Room {
    if belongsToRun, epochs < fewest, files(in: folder).isEmpty {
      return Room(
        budget: 0,
        obstacle:
          "features of targets are not kept: writing them would take longer than it saves in fewer than "
          + "\(fewest) epochs")
    }
    if belongsToRun, let kind = DirectoryCalls.networkFileSystem(around: folder) {
      return Room(
        budget: 0,
        obstacle:
          "the run folder lies on a network file system (\(kind)), so no features of targets are kept; "
          + "--cache-features DIR keeps them on a local disk")
    }
    if let given = run.configuration.cacheBudget { return Room(budget: given.bytes, obstacle: nil) }
    // Features that the page cache cannot hold would be read from the disk in each epoch.
    let memory = AvailableResources().memoryAvailable - run.communicator.localSize * run.memory.bytes
    let disk = DirectoryCalls.freeBytes(around: folder).map { $0 + bytesOfFiles(in: folder) } ?? .max
    return Room(budget: max(0, min(memory, disk) / 2), obstacle: nil)
  }

  /// Writing features of targets in the first epoch takes about as long as two epochs save.
  private static let fewestEpochs = 3

  private static func files(in folder: String) -> [String] {
    ((try? DirectoryCalls.names(in: folder)) ?? []).filter { $0.hasSuffix(".\(fileExtension)") }
  }

  private static func bytesOfFiles(in folder: String) -> Int {
    files(in: folder).reduce(0) { sum, name in
      sum + ((try? FileStatus(BytePath("\(folder)/\(name)"), followsLinks: false))?.allocatedBytes ?? 0)
    }
  }

  private static let fileExtension = "features"
}

extension FeatureCache {
  /// Opens the files, and lets the networks use them. A rank that cannot keeps no features. Collective.
  ///
  /// - Returns: what a person wants to know, and what goes wrong on any rank.
  func open(_ inputs: RunInputs) throws -> (notes: [String], problems: [String]) {
    let communicator = run.communicator
    guard plan.bytes > 0 else { return (lines, []) }
    // The first rank of a host makes the files, and the others find them.
    var entries = 0
    if communicator.localRank == 0 { attempt { entries = try make(inputs) } }
    try communicator.barrier()
    if communicator.localRank != 0 { attempt { try use(inputs) } }
    let there = entries > 0 ? ["\(entries) entries of kept features are there already"] : []
    return (lines + there, try problems())
  }

  /// What is kept and where, or why nothing is.
  var lines: [String] {
    let what =
      plan.bytes > 0
      ? "features of targets are kept in \(folder): \(plan.summary)"
      : note ?? "no features of targets are kept: there is no room for them in \(folder)"
    return [what] + (note.map { $0 == what ? [] : [$0] } ?? [])
  }

  private func attempt(_ body: () throws -> Void) {
    do {
      try body()
    } catch {
      for features in networks { features.use(nil) }
      trouble.endWriting(because: error)
    }
  }

  /// Makes the files that are not there yet, while no other run does. Returns the number of entries that are there.
  private func make(_ inputs: RunInputs) throws -> Int {
    try DirectoryCalls.createWithParents(folder)
    let lock = try FolderLock(folder, progress: run.activity.mark)
    return try withExtendedLifetime(lock) {
      if belongsToRun {
        let known = Set(specifications(inputs).map(\.name))
        for name in Self.files(in: folder) where !known.contains(name) {
          try DirectoryCalls.removeFile("\(folder)/\(name)")
        }
      }
      return try use(inputs)
    }
  }

  /// Returns the number of entries that are there.
  @discardableResult
  private func use(_ inputs: RunInputs) throws -> Int {
    var found = 0
    var parts = networks.map { _ in [SampleIdentity.Part: TargetFeatures.PartFiles]() }
    for specification in specifications(inputs) {
      let file = try EntryFile(
        path: "\(folder)/\(specification.name)", text: specification.text, count: specification.places,
        entryBytes: specification.bytes)
      found += try file.recordCount()
      run.activity.mark()
      let count = Self.count(of: specification.part, run)
      let before = parts[specification.network][specification.part]?.taps
      var taps = before ?? networks[specification.network].network.taps.map { _ in nil }
      taps[specification.tap] = (file, specification.kept)
      parts[specification.network][specification.part] = TargetFeatures.PartFiles(count: count, taps: taps)
    }
    for (features, parts) in zip(networks, parts) {
      features.use(TargetFeatures.Files(parts: parts, trouble: trouble))
    }
    return found
  }

  /// What a file is to hold.
  private struct Specification {
    let network: Int
    let part: SampleIdentity.Part
    let tap: Int
    let name: String
    let text: String
    /// How many entries the file has room for.
    let places: Int
    /// How many of them this run keeps.
    let kept: Int
    /// Of an entry.
    let bytes: Int
  }

  /// The files of which the plan keeps something.
  private func specifications(_ inputs: RunInputs) -> [Specification] {
    networks.enumerated().flatMap { number, features in
      plan.networks[number].parts.enumerated().flatMap { position, element in
        features.network.taps.indices.compactMap { tap in
          let kept = plan.kept[number][position][tap]
          return kept > 0 ? specification(number, element.part, tap, kept, inputs) : nil
        }
      }
    }
  }

  private func specification(
    _ number: Int, _ part: SampleIdentity.Part, _ tap: Int, _ kept: Int, _ inputs: RunInputs
  ) -> Specification {
    let (features, count) = (networks[number], Self.count(of: part, run))
    let (network, place) = (features.network, features.network.taps[tap])
    let assembly = run.lossAssembly
    let weights =
      assembly.networkSHA256[features.weights] ?? assembly.metricNetworkSHA256[features.weights] ?? ""
    let partName = part == .training ? "training" : "validation"
    let text = """
      srdist's features of targets, format 1: float32, little-endian
      network: \(network.architecture.name), \(features.weights), SHA-256 \(weights)
      \(features.form)
      features: \(place.name), \(place.shape), \(place.shape.channels) channels
      images: \(count) \(partName) images of \(network.imageHeight)x\(network.imageWidth), in eight orientations
      data: SHA-256 \(inputs.partSHA256[part] ?? "")
      arithmetic: version \(ArithmeticVersion.current)

      """
    let hash = SHA256()
    hash.update(text)
    return Specification(
      network: number, part: part, tap: tap,
      name: "\(features.name)-\(partName)-\(place.name)-\(hash.finalize().prefix(16)).\(Self.fileExtension)",
      text: text, places: SampleIdentity.Orientation.count * count, kept: kept,
      bytes: place.shape.count * MemoryLayout<Float>.stride)
  }
}

extension FeatureCache {
  /// What has gone wrong on any rank since the last call, for rank 0 to tell. Collective.
  func problems() throws -> [String] {
    let communicator = run.communicator
    let all = try communicator.allGather(trouble.take())
    guard communicator.worldSize > 1 else { return all[0] }
    let hosts = try communicator.allGather(communicator.hostName)
    return all.enumerated().flatMap { rank, texts in texts.map { "rank \(rank) on \(hosts[rank]): \($0)" } }
  }

  /// Lets go of the files. If they belong to the run, which is complete, removes them. Returns what stays and why.
  func finish(isComplete: Bool) -> [String] {
    for features in networks { features.use(nil) }
    guard belongsToRun, isComplete, run.communicator.localRank == 0 else { return [] }
    do {
      try DirectoryCalls.remove(folder)
      // A host without the run's other files has an empty run folder left.
      if run.communicator.rank != 0 { try? DirectoryCalls.removeEmpty(run.configuration.output) }
      return []
    } catch {
      return ["\(error). Features of targets stay there; they may be removed"]
    }
  }
}
