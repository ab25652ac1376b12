import SRTensor

/// The 11 x 11 window over which structural similarity takes its means, and what lies beyond the image's edge.
package enum SSIMWindow: Sendable, CaseIterable {
  /// Gaussian of standard deviation 1.5 pixels, normalised to a sum of 1. The image is reflected at its edges (without
  /// repeating the edge), so it must be at least 6 pixels high and wide.
  case gaussian
  /// Equal weights (average pooling). Beyond the edge are zeros, which count in the mean.
  case box

  /// Taps of the window in each direction.
  package static let taps = 11
  /// Pixels beyond the edge in each direction.
  package static let padding = 5

  /// Stabilises the quotient of the means: (0.01 L)^2 at dynamic range L = 1.
  package static let c1 = 0.01 * 0.01
  /// Stabilises the quotient of the variances: (0.03 L)^2 at dynamic range L = 1.
  package static let c2 = 0.03 * 0.03

  /// Weight of tap 0...10. The window is the outer product of these with themselves.
  package func weight(tap: Int) -> Double {
    precondition(tap >= 0 && tap < Self.taps, "tap \(tap) of \(Self.taps) was asked for")
    switch self {
    case .gaussian: return Self.gaussianWeights[tap]
    case .box: return 1 / Double(Self.taps)
    }
  }

  /// The least height and width of an image. An image must have more pixels than are mirrored at its edge.
  package var smallestSide: Int {
    switch self {
    case .gaussian: Self.padding + 1
    case .box: 1
    }
  }

  /// Stops the program unless the structural similarity of such images can be taken over this window: neither side is below
  /// ``smallestSide``.
  package func checkFit(_ shape: ImageShape) {
    precondition(
      min(shape.height, shape.width) >= smallestSide,
      "SSIM over a \(self) window needs images of \(smallestSide)x\(smallestSide) or more, and is given \(shape)"
    )
  }

  /// The row (or column) of the image that stands for `index`, which may lie up to 5 beyond the edges. Nil stands for
  /// zeros.
  package func source(of index: Int, count: Int) -> Int? {
    if index >= 0 && index < count { return index }
    switch self {
    case .box: return nil
    case .gaussian: return index < 0 ? -index : 2 * (count - 1) - index
    }
  }

  private static let gaussianWeights: [Double] = {
    let unscaled = (0..<taps).map { tap in
      let distance = Double(tap - padding)
      return Elementary.exp(-distance * distance / (2 * 1.5 * 1.5))
    }
    let sum = unscaled.reduce(0, +)
    return unscaled.map { $0 / sum }
  }()
}
