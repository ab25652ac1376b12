import Foundation
import SRCheckpoint
import SRFiles
import SRKernels

extension RankFacts {
  /// The program and the arithmetic.
  ///
  /// - Parameter progress: called repeatedly while the program is read.
  static func ofProgram(progress: () -> Void) throws -> RankFacts {
    var facts = RankFacts()
    let binary = try FileDigest(ofFile: "/proc/self/exe", progress: progress).sha256
    facts.add(
      "binary", "srdist \(srdistVersion) \(short(binary))", remedy: "Install the same srdist on every host.")
    // Not the CPU level: kernels have the same bits at every level.
    facts.add(
      "arithmetic version", String(ArithmeticVersion.current),
      remedy: "Install the same srdist on every host.")
    return facts
  }

  /// The program, the arithmetic and the settings of a run.
  ///
  /// - Parameter progress: called repeatedly while the program is read.
  static func ofProgram(_ configuration: TrainingConfiguration, progress: () -> Void) throws -> RankFacts {
    var facts = try ofProgram(progress: progress)
    for setting in Setting.all where setting.ranks == .alike {
      facts.add(
        setting.name, setting.text(in: configuration) ?? "unset",
        remedy: "Give every rank the same options and settings files.")
    }
    return facts
  }

  /// Images and networks. All ranks take part in validation, so the metric's network counts as well as the loss's.
  static func ofInputs(
    _ inputs: RunInputs, of run: RunContext, validation: ValidationSets
  ) -> RankFacts {
    var facts = RankFacts()
    facts.addData(inputs.dataSHA256)
    if let hash = run.samples.degradedInputSHA256 {
      // Equal pictures and recipes give it, and the same code. The rest is libjpeg's.
      facts.add(
        "a degraded image", "SHA-256 \(short(hash))",
        remedy: "Install the same version of libjpeg on every host.")
    }
    facts.addNetworks(of: "loss", inputs.networkSHA256)
    facts.addNetworks(of: "metrics", run.lossAssembly.metricNetworkSHA256)
    for (name, hash) in validation.sha256.sorted(by: { $0.key < $1.key }) {
      facts.add(
        "pictures of --val \(name)", "SHA-256 \(short(hash))", remedy: "Copy the same pictures to every host."
      )
    }
    return facts
  }

  /// What training starts from: weights, moments, and the position in the run.
  static func ofStart(_ run: RunContext, _ position: RunPosition) -> RankFacts {
    var facts = RankFacts()
    let remedy = "This is a fault of the machine or of MPI: run `srdist doctor` under the same launcher."
    facts.add("weights", "SHA-256 \(short(weightsSHA256(run.weights.parameters)))", remedy: remedy)
    facts.add("moments", "SHA-256 \(short(weightsSHA256(run.optimizer.secondMoments)))", remedy: remedy)
    facts.add("step", String(position.step), remedy: remedy)
    facts.add("trunk balance", run.lossAssembly.balance.text, remedy: remedy)
    return facts
  }

  mutating func addData(_ hash: String) {
    add("data", "SHA-256 \(Self.short(hash))", remedy: "Copy the same data to every host.")
  }

  /// - Parameter networks: SHA-256 of their weight files, by name.
  mutating func addNetworks(of user: String, _ networks: [String: String]) {
    add(
      "networks of the \(user)", RunInputs.text(networks),
      remedy: "Copy the same --weights-dir to every host, and set SRDIST_WEIGHTS there or nowhere.")
  }

  static func short(_ hash: String) -> String { "\(hash.prefix(12))..." }
}
