/// What of two pictures is compared, as the literature on super-resolution does it for 8 bits.
package struct PictureConvention: Sendable, Hashable {
  package enum Channels: Sendable, Hashable {
    /// Red, green and blue alike.
    case rgb
    /// The luma Y of BT.601, as MATLAB's `rgb2ycbcr` gives it. A grey original is its own Y.
    case luma
    /// Each channel alike, whatever it means.
    case all
  }

  package let channels: Channels
  /// The pixels that are left out at each edge.
  package let border: Int
  /// Which values are compared, in a text.
  package let values: String
  package static let bytes = "8 bit"

  package init(channels: Channels, border: Int, values: String = bytes) {
    precondition(border >= 0, "a border of \(border) pixels")
    self.channels = channels
    self.border = border
    self.values = values
  }

  /// A metric's title under this convention, such as `PSNR-Y`. LPIPS always compares RGB.
  package func title(_ metric: MetricDescription) -> String {
    channels == .luma && metric != .lpips ? "\(metric.title)-Y" : metric.title
  }

  /// A metric's title and convention, such as `PSNR-Y, 8 bit, border 4`.
  package func text(_ metric: MetricDescription) -> String {
    let colours = metric == .lpips || channels == .rgb ? ", RGB" : ""
    return "\(title(metric))\(colours), \(values), border \(border)"
  }

  /// The shortest side of a picture that can be measured.
  package var smallestSide: Int { 2 * border + PictureComparison.windowSize }
}
