import SRKernels

/// One pass of one convolution of the models.
struct ConvolutionProblem: Problem {
  enum Pass: String, CaseIterable {
    case forward
    case backwardData = "backward data"
    case backwardWeights = "backward weights"
  }

  /// Model and layers that have this shape.
  let layer: String
  let shape: Convolution2DShape
  let direction: Pass
  /// Whether the source is read through a PReLU, as in layers that follow one.
  var throughPReLU = false

  var subject: String { layer }
  var size: String { shape.description }
  var pass: String { direction.rawValue + (throughPReLU ? ", through PReLU" : "") }
  var tolerance: Double {
    switch direction {
    case .forward: 2e-5
    case .backwardData, .backwardWeights: 1e-4
    }
  }

  func makeRun(kernels: any KernelSet) -> any ProblemRun { ConvolutionRun(self, kernels: kernels) }

  /// Every pass of every shape that occurs with 32x32 low-resolution and 128x128 high-resolution images.
  static var all: [any Problem] {
    layers.flatMap { layer, shape in
      let plain = Pass.allCases.map { ConvolutionProblem(layer: layer, shape: shape, direction: $0) }
      guard layersThroughPReLU.contains(layer) else { return plain }
      return plain
        + Pass.allCases.map {
          ConvolutionProblem(layer: layer, shape: shape, direction: $0, throughPReLU: true)
        }
    }
  }

  private static let layersThroughPReLU: Set = ["SRResNet body", "SRResNet upsample 1", "SRResNet output"]

  private static var layers: [(String, Convolution2DShape)] {
    func shape(
      _ inputs: Int, _ outputs: Int, at size: Int, kernel: Int = 3, stride: Int = 1, padding: Int? = nil,
      shuffle: Int = 1
    ) -> Convolution2DShape {
      Convolution2DShape(
        inputHeight: size, inputWidth: size, inputChannels: inputs, outputChannels: outputs,
        kernelSize: kernel, stride: stride, padding: padding ?? kernel / 2, shuffleFactor: shuffle)
    }
    return [
      ("SRResNet head", shape(3, 64, at: 32, kernel: 9)),
      ("SRResNet body", shape(64, 64, at: 32)),
      ("SRResNet upsample 0", shape(64, 256, at: 32, shuffle: 2)),
      ("SRResNet upsample 1", shape(64, 256, at: 64, shuffle: 2)),
      ("SRResNet upsample x3", shape(64, 576, at: 32, shuffle: 3)),
      ("SRResNet output", shape(64, 3, at: 128, kernel: 9)),
      ("SRResNet head, 1 channel", shape(1, 64, at: 32, kernel: 9)),
      ("SRResNet head, 4 channels", shape(4, 64, at: 32, kernel: 9)),
      ("SRResNet head, 8 channels", shape(8, 64, at: 32, kernel: 9)),
      ("SRResNet output, 1 channel", shape(64, 1, at: 128, kernel: 9)),
      ("SRResNet output, 4 channels", shape(64, 4, at: 128, kernel: 9)),
      ("SRResNet output, 8 channels", shape(64, 8, at: 128, kernel: 9)),
      ("compact first", shape(3, 64, at: 32)),
      ("compact first, 1 channel", shape(1, 64, at: 32)),
      ("compact first, 4 channels", shape(4, 64, at: 32)),
      ("compact last x2, 1 channel", shape(64, 4, at: 32)),
      ("compact last x2", shape(64, 12, at: 32)),
      ("compact last x3", shape(64, 27, at: 32)),
      ("compact last x4", shape(64, 48, at: 32)),
      ("VGG16 conv1_1", shape(3, 64, at: 128)),
      ("VGG16 conv1_2", shape(64, 64, at: 128)),
      ("VGG16 conv2_1", shape(64, 128, at: 64)),
      ("VGG16 conv2_2", shape(128, 128, at: 64)),
      ("VGG16 conv3_1", shape(128, 256, at: 32)),
      ("VGG16 conv3_2", shape(256, 256, at: 32)),
      ("VGG16 conv4_1", shape(256, 512, at: 16)),
      ("VGG16 conv4_2", shape(512, 512, at: 16)),
      ("VGG16 conv5", shape(512, 512, at: 8)),
      ("AlexNet conv1", shape(3, 64, at: 128, kernel: 11, stride: 4, padding: 2)),
      ("AlexNet conv2", shape(64, 192, at: 15, kernel: 5)),
      ("AlexNet conv3", shape(192, 384, at: 7)),
      ("AlexNet conv4", shape(384, 256, at: 7)),
      ("AlexNet conv5", shape(256, 256, at: 7)),
      ("SqueezeNet conv1", shape(3, 64, at: 128, stride: 2, padding: 0)),
      ("SqueezeNet fire2 squeeze", shape(64, 16, at: 31, kernel: 1)),
      ("SqueezeNet fire2 expand 1x1", shape(16, 64, at: 31, kernel: 1)),
      ("SqueezeNet fire2 expand 3x3", shape(16, 64, at: 31)),
      ("SqueezeNet fire4 expand 3x3", shape(32, 128, at: 15)),
      ("SqueezeNet fire9 squeeze", shape(512, 64, at: 7, kernel: 1)),
      ("SqueezeNet fire9 expand 3x3", shape(64, 256, at: 7)),
    ]
  }
}
