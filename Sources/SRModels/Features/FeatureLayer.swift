import SRKernels
import SRLayers
import SRTensor

/// A frozen layer of a ``FeatureNetwork``, for one size of image.
protocol FeatureLayer: Sendable {
  /// Floats of its output, NHWC with N = 1.
  var output: FeatureShape { get }
  /// Floats of scratch memory that either pass needs.
  var scratchCount: Int { get }

  /// Brings its weights into the kernels' form. Once, before any pass.
  func prepare(parameters: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>)

  /// - Parameter images: that lie one after the other, in `input` and in `output`. What a layer keeps for the backward
  ///   pass is that of the last image of each pair.
  func forward(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, images: FeatureImages,
    workspace: UnsafeMutablePointer<Float>, context: LayerContext)

  /// Overwrites `gradientInput`, given the gradient by the output, which may be overwritten too. `input` and `output`
  /// are those of the last forward pass in `workspace`.
  ///
  /// - Parameter images: one of each pair, one after the other.
  func backward(
    input: UnsafePointer<Float>, output: UnsafePointer<Float>,
    gradientOutput: UnsafeMutablePointer<Float>, gradientInput: UnsafeMutablePointer<Float>,
    images: FeatureImages, workspace: UnsafeMutablePointer<Float>, context: LayerContext)
}

/// Images that go through a layer together: those of one kind of `pairs`, or of one kind after the other.
struct FeatureImages {
  let count: Int
  let pairs: Range<Int>

  /// The pair that an image belongs to.
  func pair(of image: Int) -> Int { pairs.lowerBound + image % pairs.count }
}

/// Size of an activation, NHWC with N = 1.
package struct FeatureShape: Sendable, Hashable {
  package let height: Int
  package let width: Int
  package let channels: Int

  package var pixels: Int { height * width }
  package var count: Int { pixels * channels }
}

/// Where the layers of a network under construction reserve what they need.
struct FeatureNetworkPlan {
  /// The most pairs of images that go through the network together.
  let pairs: Int
  var layout = ParameterLayout()
  var prepared = WorkspacePlanner()
  var workspace = WorkspacePlanner()
}
