import SRData
import SRTensor

/// Bicubic upsampling of a data set's low-resolution pictures, to the type of the high-resolution ones.
///
/// Pictures of 8-bit RGB go through the filter that made the low-resolution ones, and are rounded as by an image library. Others go
/// through Pillow's for floats, and are rounded to the levels of their type and range. With other numbers of channels than the
/// input's, an output channel is made from the input channel of its number; if there are fewer, they are taken in turn.
struct BicubicUpsampling: Sendable {
  private let pairs: any PairDataset
  /// For pictures of 8-bit RGB.
  private let resize: PictureResize

  init(_ pairs: any PairDataset) {
    self.pairs = pairs
    resize = PictureResize(
      by: pairs.resampling, fromWidth: pairs.lowResWidth, height: pairs.lowResHeight,
      toWidth: pairs.highResWidth, height: pairs.highResHeight)
  }

  /// The upsampled picture as intensities.
  ///
  /// - Parameters:
  ///   - lowRes: the intensities of the pair's low-resolution picture.
  ///   - upsampled: room for as many as the high-resolution picture has.
  func run(
    _ index: Int, lowRes: UnsafePointer<Float>, into upsampled: UnsafeMutablePointer<Float>
  ) {
    if pairs.isRGB8 {
      for (position, byte) in resize(pairs.lowResImage(at: index)).pixels.enumerated() {
        upsampled[position] = Float(byte) / 255
      }
      return
    }
    let (inputs, outputs) = (pairs.lowResChannels, pairs.highResChannels)
    let rows = BicubicRows(
      channels: outputs, .float32, fromWidth: pairs.lowResWidth, height: pairs.lowResHeight,
      toWidth: pairs.highResWidth, height: pairs.highResHeight)
    var row = [Float](repeating: 0, count: pairs.lowResWidth * outputs)
    var next = upsampled
    let count = pairs.highResWidth * outputs
    for y in 0..<pairs.lowResHeight {
      let source = lowRes + y * pairs.lowResWidth * inputs
      for x in 0..<pairs.lowResWidth {
        for channel in 0..<outputs { row[x * outputs + channel] = source[x * inputs + channel % inputs] }
      }
      row.withUnsafeBytes { row in
        rows.append(row.baseAddress!) { result in
          next.update(from: result.assumingMemoryBound(to: Float.self), count: count)
          next += count
        }
      }
    }
    pairs.values.round(upsampled, count: pairs.highResElementCount)
  }

  /// The upsampled picture as one to look at.
  func image(at index: Int) -> RGBImage {
    if pairs.isRGB8 { return resize(pairs.lowResImage(at: index)) }
    let lowRes = AlignedBuffer(count: pairs.lowResElementCount)
    let highRes = AlignedBuffer(count: pairs.highResElementCount)
    pairs.load(index: index, lowRes: lowRes.pointer, highRes: highRes.pointer)
    run(index, lowRes: lowRes.pointer, into: highRes.pointer)
    return withExtendedLifetime((lowRes, highRes)) {
      RGBImage(
        intensities: UnsafeBufferPointer(start: highRes.pointer, count: highRes.count),
        channels: pairs.highResChannels, width: pairs.highResWidth, height: pairs.highResHeight)
    }
  }
}
