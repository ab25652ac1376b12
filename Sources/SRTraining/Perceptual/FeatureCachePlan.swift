import SRFiles
import SRKernels

/// Which features of targets are kept within a budget.
///
/// A target's features at a deep tap are small, and cost a pass through all layers before it. Those at a shallow tap are large
/// and cost little. A target that has all taps from some tap on need not go beyond that tap. So the deepest taps are kept first,
/// and of the last tap that has room, the first images.
package struct FeatureCachePlan: Sendable, Equatable {
  /// A network's targets.
  package struct Network: Sendable, Equatable {
    package let name: String
    /// The names of the taps, the shallowest first, and the bytes of one image's features.
    package let taps: [(name: String, bytes: Int)]
    /// The parts of the data whose targets the network sees, and the number of targets. Another orientation counts as another one.
    package let parts: [(part: SampleIdentity.Part, targets: Int)]

    package init(
      name: String, taps: [(name: String, bytes: Int)],
      parts: [(part: SampleIdentity.Part, targets: Int)]
    ) {
      self.name = name
      self.taps = taps
      self.parts = parts
    }

    package static func == (left: Network, right: Network) -> Bool {
      left.name == right.name && left.taps.elementsEqual(right.taps, by: ==)
        && left.parts.elementsEqual(right.parts, by: ==)
    }
  }

  package let networks: [Network]
  package let budget: Int
  /// By network, part (in the network's order) and tap: how many targets are kept, from the first one on.
  package let kept: [[[Int]]]

  /// - Parameter budget: bytes.
  package init(_ networks: [Network], budget: Int) {
    self.networks = networks
    self.budget = budget
    var kept = networks.map { network in
      network.parts.map { _ in Array(repeating: 0, count: network.taps.count) }
    }
    var rest = budget
    var next = networks.map { $0.taps.count - 1 }
    func bytes(_ network: Int) -> Int {
      EntryFile.diskBytes(ofEntry: networks[network].taps[next[network]].bytes)
    }
    while let network = networks.indices.filter({ next[$0] >= 0 }).min(by: { bytes($0) < bytes($1) }) {
      let tap = next[network]
      for (part, (_, targets)) in networks[network].parts.enumerated() {
        // A target that lacks a deeper tap goes through this one anyway.
        let useful = tap + 1 < networks[network].taps.count ? kept[network][part][tap + 1] : targets
        kept[network][part][tap] = min(useful, rest / bytes(network))
        rest -= kept[network][part][tap] * bytes(network)
      }
      next[network] -= 1
    }
    self.kept = kept
  }

  /// The bytes that are kept in the end.
  package var bytes: Int { bytes { kept[$0][$1][$2] } }

  /// The bytes that all features of all targets would take.
  package var allBytes: Int { bytes { network, part, _ in networks[network].parts[part].targets } }

  private func bytes(_ count: (_ network: Int, _ part: Int, _ tap: Int) -> Int) -> Int {
    var sum = 0
    for (number, network) in networks.enumerated() {
      for part in network.parts.indices {
        for (tap, (_, bytes)) in network.taps.enumerated() {
          sum += count(number, part, tap) * EntryFile.diskBytes(ofEntry: bytes)
        }
      }
    }
    return sum
  }

  /// Such as `412.0 MiB for lpips_vgg, metric-lpips`.
  package var summary: String {
    let names = networks.map(\.name).joined(separator: ", ")
    if bytes == allBytes { return "\(MemoryPlan.mebibytes(bytes)) for \(names)" }
    return
      "\(MemoryPlan.mebibytes(bytes)) of \(MemoryPlan.mebibytes(allBytes)) for \(names), the deepest features first; "
      + "the budget is \(MemoryPlan.mebibytes(budget)) (--cache-budget)"
  }
}
