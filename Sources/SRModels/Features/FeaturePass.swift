import SRKernels
import SRLayers

/// The forward pass of some pairs of images through a ``FeatureNetwork``, and the gradients' backward pass.
///
/// While images are large, each image goes alone, so it stays in the cache from layer to layer. After that, all images go through
/// each layer together. The layer's weights are then larger than the images, and are read once for all of them. Each image gets
/// the same bits as if it went alone.
///
/// A target need not go as far as the super-resolved image, or anywhere: what is known of its features is not computed again.
package struct FeaturePass {
  private let network: FeatureNetwork
  private let pairs: Int
  /// By pair: the number of taps at which the target's features are computed.
  package let targetTaps: [Int]
  /// By pair: through how many layers the target goes.
  private let targetDepths: [Int]
  /// By pair: the target's place among the targets. Those that go further lie nearer to the super-resolved images.
  private let targetPlaces: [Int]
  private let workspace: UnsafeMutablePointer<Float>
  private let context: LayerContext

  /// - Parameters:
  ///   - targetTaps: for each pair, the number of taps at which the target's features are computed: none, all, or the first
  ///     ones. The number of pairs is at most the network's ``FeatureNetwork/pairs``.
  ///   - workspace: ``FeatureNetwork/workspaceCount`` floats, which outlive the pass.
  package init(_ network: FeatureNetwork, targetTaps: [Int], workspace: UnsafeMutablePointer<Float>) {
    let pairs = targetTaps.count
    precondition(
      1...network.pairs ~= pairs,
      "\(network.architecture.name) was made for up to \(network.pairs) pairs of images, and is given \(pairs)"
    )
    self.network = network
    self.pairs = pairs
    let depths = targetTaps.map { $0 == 0 ? 0 : network.taps[$0 - 1].layer + 1 }
    var places = Array(repeating: 0, count: pairs)
    for (place, pair) in depths.indices.sorted(by: { (depths[$0], $0) < (depths[$1], $1) }).enumerated() {
      places[pair] = place
    }
    self.targetTaps = targetTaps
    targetDepths = depths
    targetPlaces = places
    self.workspace = workspace
    context = LayerContext(
      kernels: network.kernels, parameters: nil, prepared: network.prepared.pointer,
      gradients: nil, scratch: workspace + network.scratch)
  }

  /// Where the caller writes an image, [height, width, 3], before ``forward()``.
  package func image(_ image: FeatureNetwork.PairedImage, of pair: Int) -> UnsafeMutablePointer<Float> {
    activation(0, image, of: pair)
  }

  /// Computes the features of all images; see ``features(_:of:in:)``.
  package func forward() {
    for pair in 0..<pairs {
      for image in FeatureNetwork.PairedImage.allCases {
        let depth = image == .highRes ? targetDepths[pair] : network.layers.count
        for index in 0..<min(depth, network.layersAlone) {
          network.layers[index].forward(
            activation(index, image, of: pair), into: activation(index + 1, image, of: pair),
            images: FeatureImages(count: 1, pairs: pair..<pair + 1), workspace: workspace, context: context)
        }
      }
    }
    for index in network.layersAlone..<network.layers.count {
      let leftOut = targetDepths.count { $0 <= index }
      let first = targetPlaces.firstIndex(of: leftOut)
      let (kind, pair) = first.map { (FeatureNetwork.PairedImage.highRes, $0) } ?? (.superRes, 0)
      network.layers[index].forward(
        activation(index, kind, of: pair), into: activation(index + 1, kind, of: pair),
        images: FeatureImages(count: 2 * pairs - leftOut, pairs: 0..<pairs, leftOut: leftOut),
        workspace: workspace, context: context)
    }
  }

  /// The features that ``forward()`` has computed, for one of the network's ``FeatureNetwork/taps``. Those of a target may be
  /// written by the caller too. The forward pass overwrites them only at taps that the target reaches.
  package func features(
    _ tap: Int, of image: FeatureNetwork.PairedImage, in pair: Int
  ) -> UnsafeMutablePointer<Float> {
    activation(network.taps[tap].layer + 1, image, of: pair)
  }

  /// Computes the gradients with respect to the super-resolved images, after ``forward()``.
  ///
  /// - Parameters:
  ///   - addGradient: called for each pair with its taps, last one first, to add the gradient with respect to the tap's features.
  ///   - receive: called with each pair's gradient with respect to the super-resolved image. The gradient is valid during the
  ///     call.
  package func backward(
    addGradient: (_ tap: Int, _ pair: Int, _ gradient: UnsafeMutablePointer<Float>) -> Void,
    receive: (_ pair: Int, _ gradient: UnsafePointer<Float>) -> Void
  ) {
    precondition(
      network.purpose == .training,
      "\(network.architecture.name) was planned for inference, and has no gradients")
    let last = network.layers.count
    var gradient = workspace + network.gradientTogether1
    var gradientInput = workspace + network.gradientTogether2
    gradient.update(repeating: 0, count: pairs * network.activations[last].count)
    for index in (network.layersAlone..<last).reversed() {
      for pair in 0..<pairs {
        add(addGradient, after: index, pair, gradient + pair * network.activations[index + 1].count)
      }
      backward(index, 0..<pairs, gradient, into: gradientInput)
      swap(&gradient, &gradientInput)
    }
    for pair in 0..<pairs {
      var gradient = gradient + pair * network.activations[network.layersAlone].count
      var gradientInput = workspace + network.gradientAlone1
      var other = workspace + network.gradientAlone2
      for index in (0..<network.layersAlone).reversed() {
        add(addGradient, after: index, pair, gradient)
        backward(index, pair..<pair + 1, gradient, into: gradientInput)
        gradient = gradientInput
        swap(&gradientInput, &other)
      }
      receive(pair, gradient)
    }
  }

  private func add(
    _ addGradient: (Int, Int, UnsafeMutablePointer<Float>) -> Void, after layer: Int,
    _ pair: Int, _ gradient: UnsafeMutablePointer<Float>
  ) {
    if let tap = network.taps.firstIndex(where: { $0.layer == layer }) { addGradient(tap, pair, gradient) }
  }

  /// One layer's backward pass for some pairs' super-resolved images.
  private func backward(
    _ layer: Int, _ pairs: Range<Int>, _ gradientOutput: UnsafeMutablePointer<Float>,
    into gradientInput: UnsafeMutablePointer<Float>
  ) {
    network.layers[layer].backward(
      input: activation(layer, .superRes, of: pairs.lowerBound),
      output: activation(layer + 1, .superRes, of: pairs.lowerBound), gradientOutput: gradientOutput,
      gradientInput: gradientInput, images: FeatureImages(count: pairs.count, pairs: pairs),
      workspace: workspace, context: context)
  }

  /// One image's input of layer `index`.
  private func activation(
    _ index: Int, _ image: FeatureNetwork.PairedImage, of pair: Int
  ) -> UnsafeMutablePointer<Float> {
    let place = image == .highRes ? targetPlaces[pair] : pair
    return workspace + network.activations[index].offset(of: image, in: pair, at: place, pairs: pairs)
  }
}
