extension FeatureArchitecture {
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
}
