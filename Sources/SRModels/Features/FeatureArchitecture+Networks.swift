/// The networks whose features are compared.
extension FeatureArchitecture {
  /// The convolutions of VGG16 up to relu5_3, under torchvision's names, with a tap at the end of each block: LPIPS's taps.
  ///
  /// Simonyan, Zisserman: "Very Deep Convolutional Networks for Large-Scale Image Recognition" (ICLR 2015).
  package static let vgg16 = vgg16Layers.taking(["relu1_2", "relu2_2", "relu3_3", "relu4_3", "relu5_3"])

  /// The same network with a tap after each convolution.
  package static let vgg16Layers: FeatureArchitecture = {
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
      for (index, width) in widths.enumerated() {
        layers.append(
          .convolution(
            name: "features.\(module)", outputChannels: width, kernelSize: 3, stride: 1, padding: 1))
        module += 2
        taps.append((layers.count - 1, "relu\(block + 1)_\(index + 1)"))
      }
    }
    return FeatureArchitecture("VGG16", layers: layers, taps: taps)
  }()

  /// The convolutions of AlexNet, under torchvision's names, with a tap after each.
  ///
  /// Krizhevsky: "One weird trick for parallelizing convolutional neural networks" (2014).
  package static let alexNet = FeatureArchitecture(
    "AlexNet",
    layers: [
      .convolution(name: "features.0", outputChannels: 64, kernelSize: 11, stride: 4, padding: 2),
      .maxPooling(kernelSize: 3, stride: 2, ceilMode: false),
      .convolution(name: "features.3", outputChannels: 192, kernelSize: 5, stride: 1, padding: 2),
      .maxPooling(kernelSize: 3, stride: 2, ceilMode: false),
      .convolution(name: "features.6", outputChannels: 384, kernelSize: 3, stride: 1, padding: 1),
      .convolution(name: "features.8", outputChannels: 256, kernelSize: 3, stride: 1, padding: 1),
      .convolution(name: "features.10", outputChannels: 256, kernelSize: 3, stride: 1, padding: 1),
    ],
    taps: [(0, "relu1"), (2, "relu2"), (4, "relu3"), (5, "relu4"), (6, "relu5")])

  /// The feature layers of SqueezeNet 1.1, under torchvision's names, with the seven taps of LPIPS.
  ///
  /// Iandola et al.: "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters" (2016).
  package static let squeezeNet11 = FeatureArchitecture(
    "SqueezeNet 1.1",
    layers: [
      .convolution(name: "features.0", outputChannels: 64, kernelSize: 3, stride: 2, padding: 0),
      .maxPooling(kernelSize: 3, stride: 2, ceilMode: true),
      .fire(name: "features.3", squeezeChannels: 16, expandChannels: 64),
      .fire(name: "features.4", squeezeChannels: 16, expandChannels: 64),
      .maxPooling(kernelSize: 3, stride: 2, ceilMode: true),
      .fire(name: "features.6", squeezeChannels: 32, expandChannels: 128),
      .fire(name: "features.7", squeezeChannels: 32, expandChannels: 128),
      .maxPooling(kernelSize: 3, stride: 2, ceilMode: true),
      .fire(name: "features.9", squeezeChannels: 48, expandChannels: 192),
      .fire(name: "features.10", squeezeChannels: 48, expandChannels: 192),
      .fire(name: "features.11", squeezeChannels: 64, expandChannels: 256),
      .fire(name: "features.12", squeezeChannels: 64, expandChannels: 256),
    ],
    taps: [
      (0, "relu1"), (3, "relu2"), (6, "relu3"), (8, "relu4"), (9, "relu5"), (10, "relu6"), (11, "relu7"),
    ])
}
