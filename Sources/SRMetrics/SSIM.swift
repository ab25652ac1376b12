import SRKernels

/// Mean structural similarity of one RGB image pair, intensities 0...1, each channel by itself, over an 11 x 11
/// window: 1 for equal images.
///
/// Wang, Bovik, Sheikh, Simoncelli: "Image Quality Assessment: From Error Visibility to Structural Similarity"
/// (IEEE TIP 2004).
package struct SSIM: Sendable {
  package let window: SSIMWindow
  private let kernels: any KernelSet

  package init(window: SSIMWindow = .gaussian, kernels: any KernelSet) {
    self.window = window
    self.kernels = kernels
  }

  /// Floats of scratch memory that one evaluation needs.
  package func scratchCount(height: Int, width: Int) -> Int {
    kernels.structuralSimilarityScratchCount(window.imageShape(height: height, width: width))
  }

  /// The similarity of one image pair; `scratch` is 64-byte aligned and private to the calling thread.
  ///
  /// - Precondition: neither side is below the window's ``SSIMWindow/smallestSide``.
  package func evaluate(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, height: Int, width: Int,
    scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    let shape = window.imageShape(height: height, width: width)
    let sum = kernels.structuralSimilarity(
      superRes: superRes, highRes: highRes, shape: shape, window: window, gradientScale: 0, gradient: nil,
      scratch: scratch)
    return sum / Double(shape.count)
  }
}
