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

  /// - Parameter images: how many lie one after the other, in `input` and in `output`.
  func forward(
    _ input: UnsafePointer<Float>, into output: UnsafeMutablePointer<Float>, images: Int,
    workspace: UnsafeMutablePointer<Float>, context: LayerContext)

  /// Overwrites `gradientInput`, given the gradient by the output, which may be overwritten too. `input` and `output`
  /// are those of the last image of the last forward pass in `workspace`.
  func backward(
    input: UnsafePointer<Float>, output: UnsafePointer<Float>,
    gradientOutput: UnsafeMutablePointer<Float>, gradientInput: UnsafeMutablePointer<Float>,
    workspace: UnsafeMutablePointer<Float>, context: LayerContext)
}

/// Size of an activation, NHWC with N = 1.
public struct FeatureShape: Sendable, Hashable {
  public let height: Int
  public let width: Int
  public let channels: Int

  public var pixels: Int { height * width }
  public var count: Int { pixels * channels }
}

/// Where the layers of a network under construction reserve what they need.
struct FeatureNetworkPlan {
  var layout = ParameterLayout()
  var prepared = WorkspacePlanner()
  var workspace = WorkspacePlanner()
}
