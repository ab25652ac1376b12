import SRCheckpoint

extension RankFacts {
  /// The program, and the weights of a network that is not trained.
  ///
  /// - Parameters:
  ///   - network: nil for bicubic upsampling alone.
  ///   - progress: called repeatedly while the program is read.
  package static func ofNetwork(_ network: TrainedNetwork?, progress: () -> Void) throws -> RankFacts {
    var facts = try ofProgram(progress: progress)
    // Every rank has as many facts.
    facts.add(
      "weights", network.map { "\($0.model), SHA-256 \(short(weightsSHA256($0.weights)))" } ?? "none",
      remedy: "Copy the same weights to every host.")
    return facts
  }

  /// The networks of the literature's metrics.
  ///
  /// - Parameter metrics: nil if nothing is measured.
  package mutating func add(_ metrics: PictureMetrics?) {
    addNetworks(of: "metrics", metrics?.networkSHA256 ?? [:])
  }
}
