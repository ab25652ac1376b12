import SRKernels

extension LossKind {
  /// Every loss, in the order in which help texts and errors name them.
  ///
  /// A row has a name, a description, and a source. A pixel loss's row has the kernel, the twin, and the requirements for images.
  /// In the formulas, x is the super-resolved image and y is its target.
  package static let all: [LossKind] = [
    meanOverElements(
      "mse", "mean squared error",
      twin: { Reference.squaredDifference(superRes: $0.superRes, highRes: $0.highRes) }
    ) { kernels, pair, scale in
      kernels.squaredDifference(
        superRes: pair.superRes, highRes: pair.highRes, count: pair.shape.count, gradientScale: scale,
        gradient: pair.gradient)
    },

    meanOverElements(
      "l1", "mean absolute error",
      twin: { Reference.absoluteDifference(superRes: $0.superRes, highRes: $0.highRes) }
    ) { kernels, pair, scale in
      kernels.absoluteDifference(
        superRes: pair.superRes, highRes: pair.highRes, count: pair.shape.count, gradientScale: scale,
        gradient: pair.gradient)
    },

    charbonnier,

    dissimilarity("ssim", "1 - SSIM over a Gaussian window", .gaussian),
    dissimilarity("ssim_box", "1 - SSIM over a box window", .box),

    // 1 - multi-scale SSIM: see MultiScaleSimilarity.
    LossKind(
      "ms_ssim", "1 - SSIM over up to five scales", smallestSide: SSIMWindow.gaussian.smallestSide,
      scratchCount: { MultiScaleSimilarity($1, kernels: $0).scratchCount },
      twin: {
        Reference.multiScaleSimilarity(superRes: $0.superRes, highRes: $0.highRes, shape: $0.shape)
          .scaled(by: -1, plus: 1)
      }
    ) { kernels, pair, weight, scratch in
      1
        - MultiScaleSimilarity(pair.shape, kernels: kernels).evaluate(
          pair, weight: -Double(weight), scratch: scratch)
    },

    // mean over elements of (d(x) - z)^2. d makes x as small as the low-resolution image z; see BicubicReduction.
    LossKind(
      "consistency", "squared error of the result, made smaller, from the input", comparesWithInput: true,
      scratchCount: { $0.reducedDifferenceScratchCount($1) },
      twin: {
        Reference.reducedDifference($0).scaled(by: 1 / Double($0.lowRes.count))
      }
    ) { kernels, pair, weight, scratch in
      guard let lowRes = pair.lowRes else {
        preconditionFailure("consistency compares with the low-resolution image, and there is none")
      }
      let count = pair.shape.count / (lowRes.scale * lowRes.scale)
      return kernels.reducedDifference(
        superRes: pair.superRes, lowRes: lowRes, shape: pair.shape, gradientScale: weight / Float(count),
        gradient: pair.gradient, scratch: scratch) / Double(count)
    },

    // Difference of edges: mean over pixels of sqrt((m(x) - m(y))^2 + 1e-6). m is the magnitude of the Sobel gradient of
    // the channels' mean, with zeros beyond the edges.
    LossKind(
      "edge", "difference of Sobel edges",
      scratchCount: { $0.sobelEdgeScratchCount($1) },
      twin: {
        Reference.sobelEdgeDifference(
          superRes: $0.superRes, highRes: $0.highRes, shape: $0.shape,
          epsilonSquared: Double(epsilonSquared)
        ).scaled(by: 1 / Double($0.shape.pixels))
      }
    ) { kernels, pair, weight, scratch in
      let pixels = pair.shape.pixels
      return kernels.sobelEdgeDifference(
        superRes: pair.superRes, highRes: pair.highRes, shape: pair.shape, epsilonSquared: epsilonSquared,
        gradientScale: weight / Float(pixels), gradient: pair.gradient, scratch: scratch) / Double(pixels)
    },

    LossKind(name: "vgg", help: "features of VGG16", source: .vgg),
    lpips(.vgg), lpips(.alex), lpips(.squeeze),
  ]

  /// A smooth absolute error: mean over elements of sqrt((x - y)^2 + 1e-6).
  ///
  /// Lai, Huang, Ahuja, Yang: "Deep Laplacian Pyramid Networks for Fast and Accurate Super-Resolution" (CVPR 2017).
  package static let charbonnier = meanOverElements(
    "charbonnier", "smooth absolute error",
    twin: {
      Reference.charbonnierDifference(
        superRes: $0.superRes, highRes: $0.highRes, epsilonSquared: Double(epsilonSquared))
    }
  ) { kernels, pair, scale in
    kernels.charbonnierDifference(
      superRes: pair.superRes, highRes: pair.highRes, count: pair.shape.count,
      epsilonSquared: epsilonSquared, gradientScale: scale, gradient: pair.gradient)
  }

  /// The mean over elements of a difference.
  ///
  /// - Parameters:
  ///   - twin: the sum of the differences.
  ///   - sum: the same sum. Adds `scale` times its gradient if the pair asks for a gradient.
  private static func meanOverElements(
    _ name: String, _ help: String, twin: @escaping @Sendable (ReferencePair) -> ReferenceLoss<Double>,
    sum: @escaping @Sendable (_ kernels: any KernelSet, _ pair: ImagePair, _ scale: Float) -> Double
  ) -> LossKind {
    LossKind(name, help, twin: { twin($0).scaled(by: 1 / Double($0.shape.count)) }) {
      kernels, pair, weight, _ in
      let count = pair.shape.count
      return sum(kernels, pair, weight / Float(count)) / Double(count)
    }
  }

  /// Square of the difference below which Charbonnier's root changes from linear to quadratic.
  private static let epsilonSquared: Float = 1e-6

  /// 1 - SSIM, the mean over pixels and channels of the structural similarity over an 11 x 11 window; see ``SSIMWindow``.
  ///
  /// Wang, Bovik, Sheikh, Simoncelli: "Image Quality Assessment: From Error Visibility to Structural Similarity"
  /// (IEEE TIP 2004).
  private static func dissimilarity(_ name: String, _ help: String, _ window: SSIMWindow) -> LossKind {
    LossKind(
      name, help, smallestSide: window.smallestSide,
      scratchCount: { $0.structuralSimilarityScratchCount($1) },
      twin: {
        Reference.structuralSimilarity(
          superRes: $0.superRes, highRes: $0.highRes, shape: $0.shape, window: window
        ).scaled(by: -1 / Double($0.shape.count), plus: 1)
      }
    ) { kernels, pair, weight, scratch in
      let count = pair.shape.count
      let sum = kernels.structuralSimilarity(
        superRes: pair.superRes, highRes: pair.highRes, shape: pair.shape, window: window,
        gradientScale: -weight / Float(count), gradient: pair.gradient, scratch: scratch)
      return 1 - sum / Double(count)
    }
  }

  /// See ``LPIPSLoss``.
  package static func lpips(_ net: LPIPSNet) -> LossKind {
    LossKind(
      name: "lpips_\(net.rawValue)", help: "LPIPS over \(net.architecture.name)", source: .lpips(net))
  }

  /// The row of a pixel loss.
  private init(
    _ name: String, _ help: String, smallestSide: Int = 1, comparesWithInput: Bool = false,
    scratchCount: @escaping @Sendable (any KernelSet, ImageShape) -> Int = { _, _ in 0 },
    twin: @escaping @Sendable (ReferencePair) -> ReferenceLoss<Double>,
    value: @escaping @Sendable (any KernelSet, ImagePair, Float, UnsafeMutablePointer<Float>) -> Double
  ) {
    self.init(
      name: name, help: help,
      source: .pixels(
        PixelFormula(
          smallestSide: smallestSide, comparesWithInput: comparesWithInput, scratchCount: scratchCount,
          value: value, twin: twin)))
  }
}
