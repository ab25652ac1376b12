import SRData

extension RGBImage {
  /// A picture of `height` rows of `width` pixels of 3 intensities (HWC; one image of an NHWC batch), where 0
  /// is black and 1 full light. Values beyond are clamped, others rounded to the nearest of the 256 levels;
  /// not-a-number becomes 0.
  package init(intensities: UnsafeBufferPointer<Float>, width: Int, height: Int) {
    precondition(
      intensities.count == width * height * 3,
      "\(intensities.count) intensities given for \(width) x \(height) pixels of 3")
    let pixels = intensities.map { value in
      // `max` with the constant first turns not-a-number into 0.
      UInt8((Swift.min(Swift.max(0, value), 1) * 255).rounded())
    }
    self.init(width: width, height: height, pixels: pixels)
  }
}
