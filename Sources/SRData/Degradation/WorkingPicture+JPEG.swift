import CImageShim
import SRFiles

/// The loss of JPEG.
extension WorkingPicture {
  /// Encodes the picture, rounded to 8 bits, as libjpeg does by default: colours of half the resolution, baseline. Then decodes it.
  ///
  /// - Parameter quality: libjpeg's, 1...100.
  mutating func compress(quality: Int) {
    let (pixels, count, width, height) = (pixels, count, width, height)
    let buffers = buffers
    buffers.withBytes(count) { bytes in
      for i in 0..<count { bytes[i] = Self.byte(pixels[i]) }
      JPEGLoss.apply(bytes, width: width, height: height, quality: quality, encoded: &buffers.encoded)
      for i in 0..<count { pixels[i] = Float(bytes[i]) / 255 }
    }
  }
}

/// JPEG in memory.
package enum JPEGLoss {
  /// The bytes of a JPEG file, as `cjpeg -baseline -quality N` writes it.
  package static func encode(_ image: RGBImage, quality: Int) -> [UInt8] {
    var encoded: [UInt8] = []
    image.pixels.withUnsafeBufferPointer {
      encode($0, width: image.width, height: image.height, quality: quality, to: &encoded)
    }
    return encoded
  }

  /// Replaces 8-bit RGB by what is left of it. `encoded` is memory for the file.
  fileprivate static func apply(
    _ pixels: UnsafeMutableBufferPointer<UInt8>, width: Int, height: Int, quality: Int,
    encoded: inout [UInt8]
  ) {
    encode(UnsafeBufferPointer(pixels), width: width, height: height, quality: quality, to: &encoded)
    let problem = encoded.withUnsafeBufferPointer { file in
      ShimMessage.of { message in
        var facts = srdist_image()
        guard srdist_jpeg_measure(file.baseAddress, file.count, &facts, message) == 0 else { return -1 }
        return srdist_jpeg_decode(
          file.baseAddress, file.count, &facts, SRDIST_RGB8, pixels.baseAddress, message)
      }
    }
    if let problem { fatalError("libjpeg cannot read what it wrote: \(problem)") }
  }

  private static func encode(
    _ pixels: UnsafeBufferPointer<UInt8>, width: Int, height: Int, quality: Int, to encoded: inout [UInt8]
  ) {
    var encoding = srdist_encoding()
    (encoding.width, encoding.height, encoding.channels, encoding.sample_bytes) = (width, height, 3, 1)
    encoding.quality = Int32(quality)
    encoding.halves_colors = 1
    encoded.removeAll(keepingCapacity: true)
    let problem = withUnsafeMutablePointer(to: &encoded) { target in
      ShimMessage.of { message in
        let encoder = srdist_jpeg_encoder(
          &encoding,
          { context, bytes, count in
            let target = context!.assumingMemoryBound(to: [UInt8].self)
            target.pointee.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
            return 0
          }, target, message)
        guard let encoder else { return -1 }
        defer { srdist_encoder_free(encoder) }
        for y in 0..<height {
          let row = pixels.baseAddress! + 3 * width * y
          guard srdist_encoder_write_row(encoder, row, message) == 0 else { return -1 }
        }
        return srdist_encoder_finish(encoder, message)
      }
    }
    // Only memory can be missing: the sizes were checked.
    if let problem { fatalError("libjpeg cannot encode \(width) x \(height) pixels: \(problem)") }
  }
}
