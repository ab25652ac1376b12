import SRKernels

/// 1 - SSIM, the mean over pixels and channels of the structural similarity over an 11 x 11 window.
///
/// `ssim` has the Gaussian window with reflected edges, `ssim_box` the box window with zeros beyond the edges; see
/// ``SSIMWindow``. Images are at least ``SSIMWindow/smallestSide`` high and wide.
///
/// Wang, Bovik, Sheikh, Simoncelli: "Image Quality Assessment: From Error Visibility to Structural Similarity"
/// (IEEE TIP 2004).
package struct SSIMLoss: Loss {
  package let window: SSIMWindow
  private let kernels: any KernelSet

  package init(window: SSIMWindow, kernels: any KernelSet) {
    self.window = window
    self.kernels = kernels
  }

  package var name: String {
    switch window {
    case .gaussian: "ssim"
    case .box: "ssim_box"
    }
  }

  package func scratchCount(height: Int, width: Int) -> Int {
    kernels.structuralSimilarityScratchCount(window.imageShape(height: height, width: width))
  }

  package func evaluate(
    superRes: UnsafePointer<Float>, highRes: UnsafePointer<Float>, height: Int, width: Int, weight: Float,
    gradient: UnsafeMutablePointer<Float>?, scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    let shape = window.imageShape(height: height, width: width)
    let sum = kernels.structuralSimilarity(
      superRes: superRes, highRes: highRes, shape: shape, window: window,
      gradientScale: -weight / Float(shape.count), gradient: gradient, scratch: scratch)
    return 1 - sum / Double(shape.count)
  }
}
