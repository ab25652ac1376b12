import Foundation
import SRKernels
import SRTensor

/// Channel attention: s = sigmoid(W2 relu(W1 mean(x) + b1) + b2), output = identity + s * x, channel by channel.
///
/// The residual addition is part of it, since scaling and adding are one pass over memory.
/// Hu, Shen, Sun: "Squeeze-and-excitation networks" (2018).
package struct SqueezeExcitation: Sendable {
  package let name: String
  package let channels: Int
  package let hidden: Int
  package let pixels: Int
  /// 1x1 convolutions; row-major [out, in, 1, 1].
  package let weight1: ParameterLayout.Entry
  package let bias1: ParameterLayout.Entry
  package let weight2: ParameterLayout.Entry
  package let bias2: ParameterLayout.Entry

  /// Where the forward pass keeps what the backward pass needs.
  private let means: Int
  private let hiddenValues: Int
  private let scales: Int
  /// Gradients by the means, spread over the pixels.
  private let offsets: Int

  /// Registers the parameters in `layout`, as `NAME.se.1` (channels to hidden) and `NAME.se.3` (back), and reserves room for
  /// the means, hidden values and scales of one image.
  ///
  /// - Parameters:
  ///   - channels: of the image.
  ///   - reduction: channels over hidden values.
  ///   - pixels: of the image, height * width.
  /// - Precondition: `channels` is a positive multiple of `reduction`.
  package init(
    _ name: String, channels: Int, reduction: Int, pixels: Int, layout: inout ParameterLayout,
    workspace: inout WorkspacePlanner
  ) {
    precondition(
      channels % reduction == 0 && channels / reduction > 0,
      "\(channels) channels cannot be reduced by \(reduction)")
    self.name = name
    self.channels = channels
    self.pixels = pixels
    hidden = channels / reduction
    weight1 = layout.append("\(name).se.1.weight", shape: [hidden, channels, 1, 1])
    bias1 = layout.append("\(name).se.1.bias", shape: [hidden])
    weight2 = layout.append("\(name).se.3.weight", shape: [channels, hidden, 1, 1])
    bias2 = layout.append("\(name).se.3.bias", shape: [channels])
    means = workspace.reserve(channels)
    hiddenValues = workspace.reserve(hidden)
    scales = workspace.reserve(channels)
    offsets = workspace.reserve(channels)
  }

  /// destination = identity + s(image) * image
  package func forward(
    _ image: UnsafePointer<Float>, identity: UnsafePointer<Float>,
    into destination: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>,
    context: LayerContext
  ) {
    let means = workspace + self.means
    let hiddenValues = workspace + self.hiddenValues
    let scales = workspace + self.scales
    context.kernels.globalAveragePool(image, pixels: pixels, channels: channels, means: means)
    let weight1 = context.parameter(self.weight1)
    for h in 0..<hidden {
      var sum = context.parameter(bias1)[h]
      for c in 0..<channels { sum += weight1[h * channels + c] * means[c] }
      hiddenValues[h] = max(sum, 0)
    }
    let weight2 = context.parameter(self.weight2)
    for c in 0..<channels {
      var sum = context.parameter(bias2)[c]
      for h in 0..<hidden { sum += weight2[c * hidden + h] * hiddenValues[h] }
      scales[c] = 1 / (1 + exp(-sum))
    }
    context.kernels.scaleChannelsAndAdd(
      image: image, scales: scales, identity: identity, destination: destination, pixels: pixels,
      channels: channels)
    context.observer?.layer(
      name, finished: .forward, values: destination, count: pixels * channels)
  }

  /// Writes the parameter gradients and the gradient by the image. The gradient by the identity is
  /// `gradientDestination` itself.
  package func backward(
    image: UnsafePointer<Float>, gradientDestination: UnsafePointer<Float>,
    gradientImage: UnsafeMutablePointer<Float>, workspace: UnsafeMutablePointer<Float>,
    context: LayerContext
  ) {
    let means = workspace + self.means
    let hiddenValues = workspace + self.hiddenValues
    let scales = workspace + self.scales
    let offsets = workspace + self.offsets
    // By the scales, then through the sigmoid.
    context.kernels.sumOfProducts(
      gradientDestination, image, pixels: pixels, channels: channels, sums: offsets)
    for c in 0..<channels { offsets[c] *= scales[c] * (1 - scales[c]) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: hidden) { gradientHidden in
      let weight2 = context.parameter(self.weight2)
      for h in 0..<hidden {
        var sum: Float = 0
        for c in 0..<channels { sum += weight2[c * hidden + h] * offsets[c] }
        gradientHidden[h] = hiddenValues[h] > 0 ? sum : 0
      }
      if let gradients = context.gradients {
        for c in 0..<channels {
          gradients[bias2.offset + c] = offsets[c]
          for h in 0..<hidden {
            gradients[self.weight2.offset + c * hidden + h] = offsets[c] * hiddenValues[h]
          }
        }
        for h in 0..<hidden {
          gradients[bias1.offset + h] = gradientHidden[h]
          for c in 0..<channels {
            gradients[weight1.offset + h * channels + c] = gradientHidden[h] * means[c]
          }
        }
      }
      let weight1 = context.parameter(self.weight1)
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
      name, finished: .backward, values: gradientImage, count: pixels * channels)
  }
}
