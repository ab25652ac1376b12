/// The weights with which Pillow's `Image.resize(..., Image.BICUBIC)` makes an image smaller by a whole number, along one axis.
///
/// The kernel is Keys' with a = -0.5, stretched by the scale. The weights of each output add up to 1. A reduction by these weights
/// is linear: unlike Pillow's, it rounds to 8 bits nowhere.
///
/// Keys: "Cubic convolution interpolation for digital image processing" (1981).
package enum BicubicReduction {
  /// The most inputs of an output.
  package static func taps(scale: Int) -> Int { 4 * scale }

  /// The inputs that an output is made from.
  ///
  /// - Parameters:
  ///   - output: in `0..<count / scale`.
  ///   - count: pixels of the input.
  package static func inputs(of output: Int, scale: Int, count: Int) -> Range<Int> {
    // The kernel reaches 2 * scale inputs to either side of the output's centre, which lies at (output + 1/2) * scale.
    let first = ((2 * output - 3) * scale + 1) >> 1
    return max(first, 0)..<min(first + taps(scale: scale), count)
  }

  /// Writes the weights of the inputs of one output.
  package static func fillWeights(
    of output: Int, scale: Int, count: Int, into weights: UnsafeMutablePointer<Float>
  ) {
    let inputs = inputs(of: output, scale: scale, count: count)
    let center = (Double(output) + 0.5) * Double(scale)
    func weight(_ input: Int) -> Double { kernel((Double(input) + 0.5 - center) / Double(scale)) }
    let sum = inputs.reduce(0.0) { $0 + weight($1) }
    for (position, input) in inputs.enumerated() { weights[position] = Float(weight(input) / sum) }
  }

  private static func kernel(_ position: Double) -> Double {
    let (a, x) = (-0.5, abs(position))
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }
}
