import SRCheckpoint
import SRData
import SRFiles
import SRKernels
import Synchronization

/// The contents of a run's data, initial weights and networks. Ranks compare their inputs with each other. A resumed run compares
/// its inputs with its checkpoint's.
struct RunInputs: Equatable, Sendable {
  /// SHA-256 over the training and validation images. It includes the full images if the run takes crops of them.
  let dataSHA256: String
  /// SHA-256 of the images of each part.
  let partSHA256: [SampleIdentity.Part: String]
  /// SHA-256 of the weight files of the loss's networks, by name.
  let networkSHA256: [String: String]
  /// ``SRCheckpoint/weightsSHA256(_:)`` of the weights that a file gives the run's start; nil if no file does.
  let initWeightsSHA256: String?

  /// Reads all data. The run's workers take a part each.
  ///
  /// - Parameter run: has its initial weights.
  init(_ run: RunContext) throws {
    let progress = run.activity.mark
    // Full images follow the validation images, as in earlier versions.
    let (contents, valid) = (run.data.source.contents, run.data.valid)
    var parts: [TrainingContent] = Array(contents.prefix(1))
    if let valid { parts.append { valid.contentHash(progress: $0) } }
    parts += contents.dropFirst()
    let hashes = Mutex([String?](repeating: nil, count: parts.count))
    try run.pool.forEach(parts.indices) { [parts] _, part in
      let hash = parts[part](progress)
      hashes.withLock { $0[part] = hash }
    }
    let hash = SHA256()
    let found = hashes.withLock { $0 }
    for part in found {
      if let part { hash.update(part) }
    }
    dataSHA256 = hash.finalize()
    partSHA256 = [.training: found[0] ?? "", .validation: valid == nil ? "" : found[1] ?? ""]
    networkSHA256 = run.lossAssembly.networkSHA256
    initWeightsSHA256 = run.configuration.initWeights.map { _ in weightsSHA256(run.parameters) }
  }

  /// How a checkpoint's inputs differ from these, one line for each difference. Contents count, not the files' names.
  ///
  /// - Parameters:
  ///   - state: the checkpoint's. Older versions of srdist recorded neither networks nor initial weights.
  ///   - theirs: the checkpoint's configuration.
  ///   - ours: this run's configuration.
  func differences(
    from state: CheckpointState, configuration theirs: TrainingConfiguration,
    here ours: TrainingConfiguration
  ) -> [String] {
    var differences: [String] = []
    if state.dataSHA256 != dataSHA256 {
      differences.append(
        "data: SHA-256 \(state.dataSHA256.prefix(12))... there, \(dataSHA256.prefix(12))... here")
    }
    if let others = state.networkSHA256, others != networkSHA256 {
      differences.append(
        "perceptual networks: \(Self.text(others)) there, \(Self.text(networkSHA256)) here (--weights-dir)")
    }
    if theirs.initWeights != nil, let other = state.initWeightsSHA256, let own = initWeightsSHA256 {
      if other != own {
        differences.append(
          "init-weights: weights of SHA-256 \(other.prefix(12))... there (\(theirs.initWeights ?? "")), "
            + "\(own.prefix(12))... here (\(ours.initWeights ?? ""))")
      }
    } else if let difference = Setting.of(\.initWeights).difference(here: ours, there: theirs) {
      // One of them has no such file, or the checkpoint does not say what the file held.
      differences.append(difference)
    }
    if !differences.isEmpty {
      // They may explain why the contents differ.
      differences += ours.differencesOfPlaces(from: theirs).filter { place in
        !differences.contains {
          $0 == place || $0.hasPrefix("init-weights: ") && place.hasPrefix("init-weights: ")
        }
      }
    }
    return differences
  }

  /// Such as `vgg16-caffe-features 0a1b2c3d4e5f...`.
  static func text(_ networks: [String: String]) -> String {
    networks.isEmpty
      ? "none"
      : networks.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.prefix(12))..." }.joined(
        separator: ", ")
  }
}
