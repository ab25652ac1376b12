import SRKernels
import SRTensor

/// Squeeze and excitation: s = sigmoid(W2 relu(W1 mean(x) + b1) + b2), output = identity + s * x, channel by channel.
///
/// Hu, Shen, Sun: "Squeeze-and-excitation networks" (2018).
package struct SqueezeExcitation: ChannelAttention {
  package let name: String
  package let channels: Int
  package let hidden: Int
  /// 1x1 convolutions; row-major [out, in, 1, 1].
  package let weight1: ParameterLayout.Entry
  package let bias1: ParameterLayout.Entry
  package let weight2: ParameterLayout.Entry
  package let bias2: ParameterLayout.Entry

  /// Registers the parameters in `layout`, as `NAME.se.1` (channels to hidden) and `NAME.se.3` (back).
  ///
  /// - Parameters:
  ///   - channels: of the image.
  ///   - reduction: the number of channels divided by the number of hidden values.
  /// - Precondition: `channels` is a positive multiple of `reduction`.
  package init(_ name: String, channels: Int, reduction: Int, in layout: inout ParameterLayout) {
    precondition(
      channels % reduction == 0 && channels / reduction > 0,
      "\(channels) channels cannot be reduced by \(reduction)")
    self.name = name
    self.channels = channels
    hidden = channels / reduction
    weight1 = layout.append("\(name).se.1.weight", shape: [hidden, channels, 1, 1])
    bias1 = layout.append("\(name).se.1.bias", shape: [hidden])
    weight2 = layout.append("\(name).se.3.weight", shape: [channels, hidden, 1, 1])
    bias2 = layout.append("\(name).se.3.bias", shape: [channels])
  }

  package func plan(height: Int, width: Int, workspace: inout WorkspacePlanner) -> any ChannelAttentionPlan {
    SqueezeExcitationPlan(self, pixels: height * width, workspace: &workspace)
  }
}

/// A ``SqueezeExcitation``'s passes over one size of image.
struct SqueezeExcitationPlan: ChannelAttentionPlan {
  private let layer: SqueezeExcitation
  private let pixels: Int

  // Places of the values that the forward pass keeps for the backward pass, for one image.
  private let means: Int
  private let hiddenValues: Int
  private let scales: Int
  /// Gradients with respect to the means, spread over the pixels.
  private let offsets: Int

  init(_ layer: SqueezeExcitation, pixels: Int, workspace: inout WorkspacePlanner) {
    self.layer = layer
    self.pixels = pixels
    means = workspace.reserve(layer.channels)
    hiddenValues = workspace.reserve(layer.hidden)
    scales = workspace.reserve(layer.channels)
    offsets = workspace.reserve(layer.channels)
  }

  private var channels: Int { layer.channels }
  private var hidden: Int { layer.hidden }

  func forward(
    _ image: UnsafePointer<Float>, identity: UnsafePointer<Float>,
    into destination: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>,
    context: LayerContext
  ) {
    let means = workspace + self.means
    let hiddenValues = workspace + self.hiddenValues
    let scales = workspace + self.scales
    context.kernels.globalAveragePool(image, pixels: pixels, channels: channels, means: means)
    let weight1 = context.parameter(layer.weight1)
    for h in 0..<hidden {
      var sum = context.parameter(layer.bias1)[h]
      for c in 0..<channels { sum += weight1[h * channels + c] * means[c] }
      hiddenValues[h] = max(sum, 0)
    }
    let weight2 = context.parameter(layer.weight2)
    for c in 0..<channels {
      var sum = context.parameter(layer.bias2)[c]
      for h in 0..<hidden { sum += weight2[c * hidden + h] * hiddenValues[h] }
      scales[c] = logistic(sum)
    }
    context.observer?.gates(layer.name, values: scales, count: channels)
    context.kernels.scaleChannelsAndAdd(
      image: image, scales: scales, identity: identity, destination: destination, pixels: pixels,
      channels: channels)
    context.observer?.layer(
      layer.name, finished: .forward, values: destination, count: pixels * channels)
  }

  func backward(
    image: UnsafePointer<Float>, gradientDestination: UnsafePointer<Float>,
    gradientImage: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>,
    context: LayerContext
  ) {
    let means = workspace + self.means
    let hiddenValues = workspace + self.hiddenValues
    let scales = workspace + self.scales
    let offsets = workspace + self.offsets
    // The gradient with respect to the scales, then through the sigmoid.
    context.kernels.sumOfProducts(
      gradientDestination, image, pixels: pixels, channels: channels, sums: offsets)
    for c in 0..<channels { offsets[c] *= scales[c] * (1 - scales[c]) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: hidden) { gradientHidden in
      let weight2 = context.parameter(layer.weight2)
      for h in 0..<hidden {
        var sum: Float = 0
        for c in 0..<channels { sum += weight2[c * hidden + h] * offsets[c] }
        gradientHidden[h] = hiddenValues[h] > 0 ? sum : 0
      }
      if let gradients = context.gradients {
        for c in 0..<channels {
          gradients[layer.bias2.offset + c] = offsets[c]
          for h in 0..<hidden {
            gradients[layer.weight2.offset + c * hidden + h] = offsets[c] * hiddenValues[h]
          }
        }
        for h in 0..<hidden {
          gradients[layer.bias1.offset + h] = gradientHidden[h]
          for c in 0..<channels {
            gradients[layer.weight1.offset + h * channels + c] = gradientHidden[h] * means[c]
          }
        }
      }
      let weight1 = context.parameter(layer.weight1)
      for c in 0..<channels {
        var sum: Float = 0
        for h in 0..<hidden { sum += weight1[h * channels + c] * gradientHidden[h] }
        offsets[c] = sum / Float(pixels)
      }
    }
    context.kernels.scaleAndOffsetChannels(
      image: gradientDestination, scales: scales, offsets: offsets, destination: gradientImage,
      pixels: pixels, channels: channels)
    context.observer?.layer(
      layer.name, finished: .backward, values: gradientImage, count: pixels * channels)
  }
}
