import CIntrinsics

/// A rectangle of pixels that is wanted next, asked for a part at a time while another one is transformed.
///
/// A transform goes through its pixels a few cache lines at a time, in an order that no hardware foresees, and would wait
/// for each line that is far away. Here they are asked for row by row, as they lie in memory.
struct UpcomingPixels {
  private let first: UnsafePointer<Float>
  private let rows: Int
  private let columns: Int
  private let channels: Range<Int>
  private let layout: PixelLayout

  /// The part inside the image of the `height` x `width` pixels from (`top`, `left`) on; of it `channels`, whole vectors.
  @inline(__always)
  init(
    _ image: UnsafePointer<Float>, _ layout: PixelLayout, top: Int, left: Int, height: Int, width: Int,
    channels: Range<Int>
  ) {
    let (row, column) = (max(top, 0), max(left, 0))
    rows = max(0, min(top + height, layout.height) - row)
    columns = max(0, min(left + width, layout.width) - column)
    first = image + row * layout.rowStride + column * layout.pixelStride
    self.channels = channels
    self.layout = layout
  }

  /// Asks for the rows that fall to one of as many steps as the channels have ``Register``s.
  @inline(never)
  func fetch(step: Int) {
    let steps = channels.count / Register.scalarCount
    for row in rows * step / steps..<rows * (step + 1) / steps {
      for column in 0..<columns {
        let pixel = first + row * layout.rowStride + column * layout.pixelStride
        for channel in stride(from: channels.lowerBound, to: channels.upperBound, by: Vector.scalarCount) {
          prefetch(pixel + layout.offset(channel: channel))
        }
      }
    }
  }
}
