import SRData
import SRTensor

/// Pairs of any type, number of channels and range as the .npy files of a data folder.
package struct ArrayPairs {
  package var values = SampleScale(.uint8)
  package var channels = 3
  package var scale = 2
  /// Height and width of the high-resolution pictures: a multiple of ``scale``.
  package var side = 48

  package init(_ values: SampleScale, channels: Int, scale: Int, side: Int) {
    (self.values, self.channels, self.scale, self.side) = (values, channels, scale, side)
  }

  /// Writes one split. Low-resolution pictures are made by a bicubic reduction of the values.
  ///
  /// - Parameter pictures: high-resolution pictures as intensities, HWC.
  package func write(_ split: NumPyPairDataset.Split, _ pictures: [[Float]], to folder: String) throws {
    let low = side / scale
    let lowRes = try NumPyWriter(
      path: "\(folder)/\(split.lowResFile)", shape: [pictures.count, low, low, channels], values.sample)
    let highRes = try NumPyWriter(
      path: "\(folder)/\(split.highResFile)", shape: [pictures.count, side, side, channels], values.sample)
    for picture in pictures {
      precondition(picture.count == side * side * channels, "\(picture.count) values of a picture")
      try append(picture, to: highRes)
      var reduced: [Float] = []
      let rows = BicubicRows(
        channels: channels, .float32, fromWidth: side, height: side, toWidth: low, height: low)
      picture.withUnsafeBytes { bytes in
        for y in 0..<side {
          rows.append(bytes.baseAddress! + y * side * channels * 4) { row in
            let floats = row.assumingMemoryBound(to: Float.self)
            reduced += UnsafeBufferPointer(start: floats, count: low * channels)
          }
        }
      }
      try append(reduced, to: lowRes)
    }
    _ = try (lowRes.finish(), highRes.finish())
  }

  private func append(_ intensities: [Float], to writer: NumPyWriter) throws {
    let bytes = values.sample.bytes
    var stored = [UInt8](repeating: 0, count: intensities.count * bytes)
    stored.withUnsafeMutableBytes { stored in
      for (index, intensity) in intensities.enumerated() {
        values.store(intensity, at: stored.baseAddress! + index * bytes)
      }
    }
    try writer.append(stored)
  }

  /// Writes both splits of drawn faces.
  package func writeFaces(train: Int, valid: Int, to folder: String) throws {
    let faces = try SyntheticFaces(seed: 3, count: train + valid, threads: 2)
    let pictures = (0..<train + valid).map { picture(of: faces.highResImage(at: $0)) }
    try write(.train, Array(pictures[..<train]), to: folder)
    try write(.valid, Array(pictures[train...]), to: folder)
  }

  /// The middle of an RGB picture. Channel c is a colour for c < 3, and then a mixture of two. A single channel is the luma, in
  /// more than 8 bits.
  package func picture(of image: RGBImage) -> [Float] {
    let (left, top) = ((image.width - side) / 2, (image.height - side) / 2)
    var result: [Float] = []
    for y in 0..<side {
      for x in 0..<side {
        let first = ((top + y) * image.width + left + x) * 3
        let rgb = (0..<3).map { Float(image.pixels[first + $0]) / 255 }
        guard channels > 1 else {
          result.append(0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2])
          continue
        }
        for c in 0..<channels {
          let share = Float(c / 3) / 4
          result.append((1 - share) * rgb[c % 3] + share * rgb[(c + 1) % 3])
        }
      }
    }
    return result
  }
}
