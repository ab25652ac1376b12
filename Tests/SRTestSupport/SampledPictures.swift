import SRData
import SRFiles
import SRTensor

/// Files of pictures of any type and number of channels.
package enum SampledPictures {
  /// Writes a PNG. 2 and 4 channels have alpha.
  package static func writePNG(_ raster: Raster, to path: String) throws {
    var bytes: [UInt8] = []
    let encoder = try PictureEncoder(
      .png, SampleFormat(channels: raster.format.channels, raster.format.sample), width: raster.width,
      height: raster.height, path: path, sink: { bytes.append(contentsOf: $0) })
    try raster.bytes.withUnsafeBytes { pixels in
      for y in 0..<raster.height {
        try encoder.append(pixels.baseAddress! + y * raster.width * raster.format.bytesPerPixel)
      }
    }
    try encoder.finish()
    try DurableFileWriter.replace(path, with: bytes)
  }

  /// Writes a `.npy` file of one picture, HWC, or HW if there is one channel.
  package static func writeArray(_ raster: Raster, to path: String) throws {
    let channels = raster.format.channels
    let writer = try NumPyWriter(
      path: path, shape: [raster.height, raster.width] + (channels == 1 ? [] : [channels]),
      raster.format.sample)
    try writer.append(raster.bytes)
    _ = try writer.finish()
  }

  /// The picture with the value of `value` in each place.
  package static func raster(
    _ width: Int, _ height: Int, _ format: PixelFormat,
    _ value: (_ x: Int, _ y: Int, _ channel: Int) -> Double
  ) -> Raster {
    var bytes: [UInt8] = []
    for y in 0..<height {
      for x in 0..<width {
        for channel in 0..<format.channels {
          let value = value(x, y, channel)
          switch format.sample {
          case .uint8: bytes.append(UInt8(value))
          case .uint16: withUnsafeBytes(of: UInt16(value)) { bytes += $0 }
          case .float32: withUnsafeBytes(of: Float(value)) { bytes += $0 }
          }
        }
      }
    }
    return Raster(width: width, height: height, format, bytes: bytes)
  }

  /// A smooth picture whose neighbours differ by a few levels of 16 bits, which 8 bits would lose. Values lie in 0...1.
  package static func fine(_ width: Int, _ height: Int, _ format: PixelFormat, seed: Int = 1) -> Raster {
    let levels: Double =
      switch format.sample {
      case .uint8: 255
      case .uint16: 65535
      case .float32: 1
      }
    return raster(width, height, format) { x, y, channel in
      let place =
        0.2 + 0.011 * Double(seed) + 0.0013 * Double(x) + 0.0017 * Double(y) + 0.05 * Double(channel % 8)
      let value = (place + 0.01 * Double((x * x + 3 * y) % 7)) * levels
      return format.sample == .float32 ? value : value.rounded()
    }
  }
}
