import SRTensor

/// The weights of a blur: a square of odd side. They sum to 1.
package struct BlurKernel: Sendable, Equatable {
  /// The shape of a kernel, with BasicSR's names.
  package enum Shape: String, Sendable, CaseIterable {
    case isotropic = "iso"
    case anisotropic = "aniso"
    case generalizedIsotropic = "generalized_iso"
    case generalizedAnisotropic = "generalized_aniso"
    case plateauIsotropic = "plateau_iso"
    case plateauAnisotropic = "plateau_aniso"

    package var isIsotropic: Bool {
      switch self {
      case .isotropic, .generalizedIsotropic, .plateauIsotropic: true
      case .anisotropic, .generalizedAnisotropic, .plateauAnisotropic: false
      }
    }

    /// Whether the kernel is a Gaussian, and has no exponent.
    package var isGaussian: Bool { self == .isotropic || self == .anisotropic }

    package var isPlateau: Bool { self == .plateauIsotropic || self == .plateauAnisotropic }
  }

  package let side: Int
  /// Row by row.
  package let weights: [Float]

  /// - Parameter value: at a place, in pixels to the right of the center and below it. The values are divided by their sum.
  private init(side: Int, _ value: (_ x: Double, _ y: Double) -> Double) {
    precondition(side > 0 && side % 2 == 1, "a blur kernel of side \(side)")
    let reach = side / 2
    var values: [Double] = []
    values.reserveCapacity(side * side)
    for y in -reach...reach {
      for x in -reach...reach { values.append(value(Double(x), Double(y))) }
    }
    let sum = values.reduce(0, +)
    self.side = side
    weights = values.map { Float($0 / sum) }
  }

  /// With q = d^T S^-1 d for the place d and S = R diag(a^2, b^2) R^T, the weights are proportional to exp(-q / 2) (Gaussian),
  /// exp(-q^beta / 2) (generalised) or 1 / (1 + q^beta) (plateau).
  ///
  /// Liu et al.: "Estimating generalized Gaussian blur kernels for out-of-focus image deblurring" (2020); Wang et al.:
  /// "Real-ESRGAN" (2021), section 3.1.
  ///
  /// - Parameters:
  ///   - sigma: a and b in pixels. An isotropic kernel uses a for both.
  ///   - turns: the rotation of the first axis, as a share of a full turn.
  ///   - beta: the exponent; a Gaussian ignores it.
  package init(
    _ shape: Shape, side: Int, sigma: (Double, Double), turns: Double = 0, beta: Double = 1
  ) {
    let (a, b) = (sigma.0, shape.isIsotropic ? sigma.0 : sigma.1)
    precondition(a > 0 && b > 0 && beta > 0, "a blur of sigma \(sigma) and exponent \(beta)")
    let (cosine, sine) = Elementary.circle(shape.isIsotropic ? 0 : turns)
    self.init(side: side) { x, y in
      let (along, across) = ((x * cosine + y * sine) / a, (y * cosine - x * sine) / b)
      let q = along * along + across * across
      if shape.isGaussian { return Elementary.exp(-q / 2) }
      let power = Elementary.power(q, beta)
      return shape.isPlateau ? 1 / (1 + power) : Elementary.exp(-power / 2)
    }
  }

  /// The ideal circular low-pass filter ("2D sinc"), cut off by the square: at the distance r, c J1(c r) / (2 pi r); c^2 / (4 pi)
  /// at the center.
  ///
  /// - Parameter cutoff: c, in radians per pixel, at most pi.
  package init(lowPass cutoff: Double, side: Int) {
    precondition(cutoff > 0 && cutoff < 3.15 && side <= 25, "a low-pass filter of \(cutoff), side \(side)")
    let pi = 3.141_592_653_589_793
    // The distance depends on x^2 + y^2 alone.
    let reach = side / 2
    var byDistance = [Double?](repeating: nil, count: 2 * reach * reach + 1)
    self.init(side: side) { x, y in
      let square = Int(x * x + y * y)
      if let value = byDistance[square] { return value }
      let r = Double(square).squareRoot()
      let value =
        square == 0
        ? cutoff * cutoff / (4 * pi) : cutoff * Elementary.besselJ1(cutoff * r) / (2 * pi * r)
      byDistance[square] = value
      return value
    }
  }
}
