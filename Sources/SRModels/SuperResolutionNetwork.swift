import SRKernels
import SRLayers
import SRTensor

/// The parameters of a network that enlarges images. They are the same for every size of image.
///
/// The network registers its parameters in a layout, but holds no weights. The weights are an arena of the layout. Passes need
/// a ``SuperResolutionPlan`` for the size of image.
///
/// `ModelDescription.Architecture` names the types that conform. `ModelDescription.network(prefix:in:)` builds a network.
package protocol SuperResolutionNetwork: Sendable {
  /// The scales that networks of this type can have.
  static var scales: [Int] { get }
  /// Whether the network has a place for a ``ModelDescription/Attention``.
  static var takesAttention: Bool { get }
  /// Whether the network adds its input, enlarged, to its output.
  static var addsInput: Bool { get }
  /// A parameter that every network of this type has, and none of another type.
  static var firstTensor: String { get }

  /// Recognises a network by its tensors. The caller validates the description.
  ///
  /// Throws ``ModelDescriptionError`` that names a tensor that is missing or has an unexpected shape.
  static func description(of tensors: TensorShapes) throws -> ModelDescription

  /// Appends the parameters to `layout`, in forward order, with PyTorch's names behind `prefix`. `model` is valid and of this type.
  init(_ model: ModelDescription, prefix: String, in layout: inout ParameterLayout)

  /// The description of this network.
  var model: ModelDescription { get }
  /// This network's parameters, in forward order. The parameters lie one after the other in the arena.
  var entries: [ParameterLayout.Entry] { get }
  /// The network as a graph of operations.
  var graph: NetworkGraph { get }

  /// Overwrites the weights that make the whole network an interpolation. All other weights keep their values.
  func initializeAsInterpolation(_ parameters: ParameterArena)

  /// Plans the passes over one size of image. Allocates no memory.
  ///
  /// - Parameters:
  ///   - lowResHeight: in pixels, at least 1. The output has ``ModelDescription/scale`` times as many.
  ///   - lowResWidth: in pixels, at least 1. The same holds for the output.
  ///   - kernels: the kernels that compute the passes. Workspaces and prepared weights fit no other set.
  func plan(
    lowResHeight: Int, lowResWidth: Int, purpose: LayerPlanner.Purpose, kernels: any KernelSet
  ) -> any SuperResolutionPlan
}

extension SuperResolutionNetwork {
  /// The floats of an arena that belong to this network, gaps included.
  package var parameterRange: Range<Int> { entries[0].offset..<entries[entries.count - 1].range.upperBound }

  /// Floats that belong to parameters.
  package var parameterCount: Int { entries.reduce(0) { $0 + $1.count } }
}
