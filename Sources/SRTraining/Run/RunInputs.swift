import SRFiles

/// The contents of a run's data and networks. Ranks compare their inputs with each other. A resumed run compares
/// its inputs with its checkpoint's.
struct RunInputs: Equatable, Sendable {
  /// SHA-256 over the training and validation images. It includes the full images if the run takes crops of them.
  let dataSHA256: String
  /// SHA-256 of the weight files of the loss's networks, by name.
  let networkSHA256: [String: String]

  init(_ run: RunContext) {
    let hash = SHA256()
    let progress = run.activity.mark
    for part in [
      run.data.train.contentHash(progress: progress), run.data.valid.contentHash(progress: progress),
      run.samples.crops?.contentHash(progress: progress),
    ] {
      if let part { hash.update(part) }
    }
    dataSHA256 = hash.finalize()
    networkSHA256 = run.lossAssembly.networkSHA256
  }

  /// How a checkpoint's inputs differ from these, one line for each difference.
  ///
  /// - Parameter others: nil if the checkpoint's version of srdist did not record networks.
  func differences(dataSHA256 otherData: String, networkSHA256 others: [String: String]?) -> [String] {
    var differences: [String] = []
    if otherData != dataSHA256 {
      differences.append("data: SHA-256 \(otherData.prefix(12))... there, \(dataSHA256.prefix(12))... here")
    }
    if let others, others != networkSHA256 {
      differences.append(
        "perceptual networks: \(Self.text(others)) there, \(Self.text(networkSHA256)) here (--weights-dir)")
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
