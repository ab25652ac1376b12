import SRKernelDispatch
import SRKernels
import SRLosses
import SRModels
import SRTensor
import Synchronization
import Testing

/// Losses that read targets' features from a store, in place of computing them.
@Suite struct TargetFeatureStoreTests {
  /// Features in memory, by target and tap.
  private final class Store: TargetFeatureStore {
    struct Key: Hashable {
      let target: SampleIdentity
      let tap: Int
    }

    let features = Mutex<[Key: [Float]]>([:])
    let damaged = Mutex<Set<Key>>([])
    let reads = Mutex<[Key]>([])
    /// What is kept at all.
    let keeps: @Sendable (Key) -> Bool

    init(keeps: @escaping @Sendable (Key) -> Bool = { _ in true }) { self.keeps = keeps }

    func place(of pair: ImagePair) -> (any TargetFeaturePlace)? {
      pair.identity.map { Place(store: self, target: $0) }
    }

    struct Place: TargetFeaturePlace {
      let store: Store
      let target: SampleIdentity

      private func key(_ tap: Int) -> Key { Key(target: target, tap: tap) }
      func lacks(_ tap: Int) -> Bool { store.keeps(key(tap)) && !holds(tap) }
      func holds(_ tap: Int) -> Bool { store.features.withLock { $0[key(tap)] != nil } }
      func read(_ tap: Int, into features: UnsafeMutableBufferPointer<Float>) -> Bool {
        store.reads.withLock { $0.append(key(tap)) }
        guard let stored = store.features.withLock({ $0[key(tap)] }),
          !store.damaged.withLock({ $0.contains(key(tap)) })
        else {
          store.features.withLock { $0[key(tap)] = nil }
          return false
        }
        _ = features.update(from: stored)
        return true
      }
      func write(_ tap: Int, _ features: UnsafeBufferPointer<Float>) {
        store.features.withLock { $0[key(tap)] = Array(features) }
        store.damaged.withLock { _ = $0.remove(key(tap)) }
      }
    }
  }

  private struct Result: Equatable {
    let values: [Double]
    let gradients: [[Float]]
  }

  /// Three pairs. Their super-resolved images depend on `seed`, as they change from epoch to epoch.
  private func evaluate(
    _ loss: any Loss, side: Int, seed: UInt64, targets: [Int] = [0, 1, 2], wantsGradient: Bool = true
  ) -> Result {
    func image(_ seed: UInt64) -> AlignedBuffer {
      var generator = PhiloxGenerator(seed: seed, stream: 5)
      let image = AlignedBuffer(count: side * side * 3)
      for index in 0..<image.count { image.pointer[index] = generator.uniform() }
      return image
    }
    let shape = ImageShape(height: side, width: side)
    let superRes = targets.map { image(1000 * seed + UInt64($0)) }
    let highRes = targets.map { image(UInt64($0)) }
    let gradients = targets.map { _ in AlignedBuffer(count: side * side * 3) }
    let scratch = AlignedBuffer(count: loss.scratchCount(shape))
    scratch.pointer.update(repeating: .nan, count: scratch.count)
    // Pointers do not keep memory alive.
    let values = withExtendedLifetime((superRes, highRes, gradients, scratch)) {
      loss.evaluate(
        targets.indices.map {
          ImagePair(
            superRes: superRes[$0].pointer, highRes: highRes[$0].pointer, shape: shape,
            gradient: wantsGradient ? gradients[$0].pointer : nil,
            identity: SampleIdentity(.training, index: targets[$0]))
        }, weight: 0.5, scratch: scratch.pointer)
    }
    return Result(values: values, gradients: gradients.map(\.values))
  }

  private func losses(
    _ network: FeatureGroupTests.Network, _ kernels: any KernelSet, _ store: Store?
  ) -> [any Loss] {
    let features = FeatureNetwork(
      network.architecture, imageHeight: network.side, imageWidth: network.side, pairs: 3, kernels: kernels,
      load: FormulaParameters.fill)
    return [
      VGGLoss(network: features, kernels: kernels, store: store),
      LPIPSLoss(
        name: "lpips", network: features, linear: .none(for: network.architecture), kernels: kernels,
        store: store),
    ]
  }

  @Test(arguments: FeatureGroupTests.Network.allCases, CPULevel.supported())
  func keptFeaturesGiveTheSameBits(_ network: FeatureGroupTests.Network, _ level: CPULevel) {
    let (side, taps) = (network.side, network.architecture.taps.count)
    // Of the targets: everything; only deep taps; only shallow taps, which saves nothing; nothing; what an index decides.
    let rules: [@Sendable (Store.Key) -> Bool] = [
      { _ in true }, { $0.tap >= 1 }, { $0.tap < taps - 1 }, { _ in false },
      { $0.target.index == 1 || $0.target.index == 2 && $0.tap >= 1 },
      { $0.target.index == 0 || $0.target.index == 1 && $0.tap == taps - 1 },
    ]
    for kind in 0..<2 {
      let expected = (0..<3).map {
        evaluate(losses(network, level.kernels, nil)[kind], side: side, seed: UInt64($0 + 1))
      }
      #expect(expected[0] != expected[1])
      for (number, keeps) in rules.enumerated() {
        let store = Store(keeps: keeps)
        let loss = losses(network, level.kernels, store)[kind]
        for epoch in 0..<3 {
          // In the first epoch, one target is seen alone.
          if epoch == 0 { _ = evaluate(loss, side: side, seed: 9, targets: [1]) }
          #expect(evaluate(loss, side: side, seed: UInt64(epoch + 1)) == expected[epoch], "rule \(number)")
        }
        let values = evaluate(loss, side: side, seed: 1, wantsGradient: false).values
        #expect(values == expected[0].values)
        let keys = Set(store.features.withLock { $0.keys })
        #expect(keys.allSatisfy(keeps) && (number == 3 || !keys.isEmpty))
        #expect(store.reads.withLock { $0.isEmpty } == (number == 2 || number == 3))
      }
    }
  }

  /// Features that cannot be read are computed, in a pass that was planned without them, and kept again.
  @Test func damagedFeaturesAreComputedAgain() throws {
    let network = FeatureGroupTests.Network.deep
    let kernels = try CPULevel.selected().kernels
    let store = Store()
    let loss = losses(network, kernels, store)[1]
    let expected = evaluate(losses(network, kernels, nil)[1], side: network.side, seed: 1)
    #expect(evaluate(loss, side: network.side, seed: 1) == expected)
    let kept = store.features.withLock { $0 }
    for tap in 0..<2 {
      let key = Store.Key(target: SampleIdentity(.training, index: 0), tap: tap)
      store.damaged.withLock { _ = $0.insert(key) }
      #expect(evaluate(loss, side: network.side, seed: 1) == expected)
      #expect(store.features.withLock { $0 } == kept && store.damaged.withLock { $0.isEmpty })
    }
  }
}
