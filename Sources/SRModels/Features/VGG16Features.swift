extension FeatureArchitecture {
  /// The convolutions of VGG16 up to relu5_3, under torchvision's names.
  ///
  /// Simonyan, Zisserman: "Very Deep Convolutional Networks for Large-Scale Image Recognition" (ICLR 2015).
  package static let vgg16: FeatureArchitecture = {
    let blocks = [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]]
    var layers: [Layer] = []
    var taps: [(layer: Int, name: String)] = []
    // torchvision counts each convolution, ReLU and pooling as a module.
    var module = 0
    for (block, widths) in blocks.enumerated() {
      if block > 0 {
        layers.append(.maxPooling(kernelSize: 2, stride: 2, ceilMode: false))
        module += 1
      }
      for width in widths {
        layers.append(
          .convolution(
            name: "features.\(module)", outputChannels: width, kernelSize: 3, stride: 1, padding: 1))
        module += 2
      }
      taps.append((layers.count - 1, "relu\(block + 1)_\(widths.count)"))
    }
    return FeatureArchitecture("VGG16", layers: layers, taps: taps)
  }()
}
