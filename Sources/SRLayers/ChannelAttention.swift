import SRTensor

/// What weighs the channels of a residual block's branch before the identity is added: its parameters.
///
/// An attention of another kind conforms to this and to ``ChannelAttentionPlan``. Its case in `ModelDescription.Attention`
/// makes it.
package protocol ChannelAttention: Sendable {
  /// The passes over images of this height and width; reserves room for what the backward pass needs of one image.
  func plan(height: Int, width: Int, workspace: inout WorkspacePlanner) -> any ChannelAttentionPlan
}

/// A ``ChannelAttention``'s passes over one size of image.
///
/// The residual addition is part of them, since scaling and adding are one pass over memory.
package protocol ChannelAttentionPlan: Sendable {
  /// destination = identity + s(image) * image. `destination` may be `identity`, but not `image`.
  func forward(
    _ image: UnsafePointer<Float>, identity: UnsafePointer<Float>,
    into destination: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>,
    context: LayerContext)

  /// Writes the parameter gradients and the gradient with respect to the image. The gradient with respect to the identity is
  /// `gradientDestination` itself.
  func backward(
    image: UnsafePointer<Float>, gradientDestination: UnsafePointer<Float>,
    gradientImage: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>, context: LayerContext)
}
