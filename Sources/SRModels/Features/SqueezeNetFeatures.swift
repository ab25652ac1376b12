extension FeatureArchitecture {
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
