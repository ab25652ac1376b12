import SRKernels
import SRTensor

/// A frozen layer of a feature network, for one size of image.
package protocol FeatureLayer: Sendable {
  /// Shape of the output, NHWC with N = 1.
  var output: ImageShape { get }
  /// Brings the weights into the kernels' form. Call this once, before any pass.
  func prepare(parameters: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>)

  /// - Parameter images: the images, which lie one after the other in `input` and in `output`. For the backward pass, a layer
  ///   keeps the values of each pair's last image.
  func forward(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, images: FeatureImages,
    workspace: UnsafeMutablePointer<Float>, context: LayerContext)

  /// Overwrites `gradientInput`, given the gradient with respect to the output. May overwrite `gradientOutput` too. `input` and
  /// `output` come from the last forward pass in `workspace`.
  ///
  /// - Parameter images: one image of each pair. They lie one after the other.
  func backward(
    input: UnsafePointer<Float>, output: UnsafePointer<Float>,
    gradientOutput: UnsafeMutablePointer<Float>, gradientInput: UnsafeMutablePointer<Float>,
    images: FeatureImages, workspace: UnsafeMutablePointer<Float>, context: LayerContext)
}

/// Images that go through a layer together: one kind of image of all `pairs`, or one kind after the other.
package struct FeatureImages {
  package let count: Int
  package let pairs: Range<Int>
  /// How many images of the first kind are left out, from its first pair on.
  private let leftOut: Int

  package init(count: Int, pairs: Range<Int>, leftOut: Int = 0) {
    self.count = count
    self.pairs = pairs
    self.leftOut = leftOut
  }

  /// The pair that an image belongs to.
  package func pair(of image: Int) -> Int { pairs.lowerBound + (leftOut + image) % pairs.count }
}

/// Reserves the memory that the layers of a network need while the network is built.
package struct FeatureNetworkPlanner {
  /// The most pairs of images that go through the network together.
  package let pairs: Int
  package var layout = ParameterLayout()
  package var layers: LayerPlanner
  package var workspace = WorkspacePlanner()

  package init(pairs: Int, purpose: LayerPlanner.Purpose, kernels: any KernelSet) {
    self.pairs = pairs
    layers = LayerPlanner(purpose, kernels: kernels)
  }
}
