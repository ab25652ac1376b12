import SRTensor

/// The parameters of a channel attention, which weighs the channels of a residual block's branch before the identity is added.
///
/// An attention of another kind conforms to this protocol and to ``ChannelAttentionPlan``. Its case in
/// `ModelDescription.Attention` makes it.
package protocol ChannelAttention: Sendable {
  /// The passes over images of this height and width. Reserves room for the values that the backward pass needs for one image.
  func plan(height: Int, width: Int, workspace: inout WorkspacePlanner) -> any ChannelAttentionPlan

  /// Appends the operations that weigh `image`'s channels. The addition of the identity is not part of them.
  func append(to graph: inout NetworkGraph, _ image: NetworkGraph.Value) -> NetworkGraph.Value
}

/// A ``ChannelAttention``'s passes over one size of image.
///
/// The residual addition is part of the passes, because scaling and adding are one pass over memory.
package protocol ChannelAttentionPlan: Sendable {
  /// destination = identity + s(image) * image. `destination` may be `identity`, but not `image`.
  func forward(
    _ image: UnsafePointer<Float>, identity: UnsafePointer<Float>,
    into destination: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>,
    context: LayerContext)

  /// Writes the parameter gradients and the gradient with respect to the image. `gradientDestination` is already the gradient
  /// with respect to the identity.
  func backward(
    image: UnsafePointer<Float>, gradientDestination: UnsafePointer<Float>,
    gradientImage: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>, context: LayerContext)
}
