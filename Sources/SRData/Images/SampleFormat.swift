import SRTensor

/// What a pixel consists of, and how it lies in memory: the channels of a pixel side by side, in the host's byte order.
package struct SampleFormat: Sendable, Hashable {
  /// The type of one channel's value. In a picture file, the largest integer is full intensity.
  package typealias Sample = SampleType

  /// 1 for grey, 2 for grey and alpha, 3 for RGB, 4 for RGB and alpha.
  package let channels: Int
  package let sample: Sample

  /// Precondition: there are one to four channels.
  package init(channels: Int, _ sample: Sample) {
    precondition((1...4).contains(channels), "a pixel of \(channels) channels")
    self.channels = channels
    self.sample = sample
  }

  package static let rgb8 = SampleFormat(channels: 3, .uint8)

  /// Alpha is the last channel.
  package var hasAlpha: Bool { channels % 2 == 0 }
  /// The channels without alpha: 1 or 3.
  package var colors: Int { hasAlpha ? channels - 1 : channels }
  package var bytesPerPixel: Int { channels * sample.bytes }
}
