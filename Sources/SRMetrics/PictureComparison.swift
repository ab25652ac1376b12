import SRKernels
import SRTensor

/// Two pictures of one size, compared by a convention of the literature, in double precision.
package struct PictureComparison: Sendable {
  /// The side of SSIM's window.
  static let windowSize = SSIMWindow.taps
  private static let peak = 255.0

  private let width: Int
  private let height: Int
  /// One for each channel: both pictures' values without the border.
  private let planes: [(picture: [Double], original: [Double])]

  /// - Parameters:
  ///   - picture: [height, width, 3], as `original`.
  ///   - isGrey: whether the original is grey. Then its value is its luma, and the picture's is
  ///     0.299 R + 0.587 G + 0.114 B, rounded.
  /// - Precondition: no side is below the convention's ``PictureConvention/smallestSide``.
  package init(
    _ picture: UnsafeBufferPointer<UInt8>, _ original: UnsafeBufferPointer<UInt8>, width: Int, height: Int,
    isGrey: Bool, _ convention: PictureConvention
  ) {
    precondition(
      picture.count == width * height * 3 && original.count == picture.count
        && min(width, height) >= convention.smallestSide,
      "pictures of \(picture.count) and \(original.count) bytes, \(width) x \(height) pixels, are compared with a border "
        + "of \(convention.border)")
    let border = convention.border
    self.width = width - 2 * border
    self.height = height - 2 * border
    func plane(_ bytes: UnsafeBufferPointer<UInt8>, _ value: (Int) -> Double) -> [Double] {
      var plane: [Double] = []
      plane.reserveCapacity((width - 2 * border) * (height - 2 * border))
      for y in border..<height - border {
        for x in border..<width - border { plane.append(value((y * width + x) * 3)) }
      }
      return plane
    }
    func planes(_ bytes: UnsafeBufferPointer<UInt8>) -> [[Double]] {
      switch convention.channels {
      case .rgb, .all: (0..<3).map { channel in plane(bytes) { Double(bytes[$0 + channel]) } }
      case .luma:
        [
          plane(bytes) { pixel in
            let (red, green, blue) = (Int(bytes[pixel]), Int(bytes[pixel + 1]), Int(bytes[pixel + 2]))
            return Double(isGrey ? Self.grey(red, green, blue) : Self.luma(red, green, blue))
          }
        ]
      }
    }
    self.planes = zip(planes(picture), planes(original)).map { ($0, $1) }
  }

  /// The same for intensities, which are not rounded. Luma is Y of three channels, as that of 8 bits before it is rounded; another
  /// number of channels is compared channel by channel.
  ///
  /// - Parameters:
  ///   - picture: [height, width, channels], as `original`.
  ///   - isGrey: as for 8 bits, without rounding.
  /// - Precondition: as for 8 bits.
  package init(
    intensities picture: UnsafeBufferPointer<Float>, _ original: UnsafeBufferPointer<Float>, channels: Int,
    width: Int, height: Int, isGrey: Bool, _ convention: PictureConvention
  ) {
    precondition(
      picture.count == width * height * channels && original.count == picture.count
        && min(width, height) >= convention.smallestSide,
      "pictures of \(picture.count) and \(original.count) values, \(width) x \(height) pixels, are compared with a border "
        + "of \(convention.border)")
    let border = convention.border
    let (innerWidth, innerHeight) = (width - 2 * border, height - 2 * border)
    func plane(_ value: (Int) -> Double) -> [Double] {
      (0..<innerHeight * innerWidth).map { index in
        let (y, x) = (border + index / innerWidth, border + index % innerWidth)
        return value((y * width + x) * channels)
      }
    }
    func planes(_ values: UnsafeBufferPointer<Float>) -> [[Double]] {
      if convention.channels == .luma, channels == 3 {
        if isGrey {
          return [
            plane {
              Self.peak
                * (0.299 * Double(values[$0]) + 0.587 * Double(values[$0 + 1]) + 0.114
                  * Double(values[$0 + 2]))
            }
          ]
        }
        return [
          plane {
            16 + 65.481 * Double(values[$0]) + 128.553 * Double(values[$0 + 1]) + 24.966
              * Double(values[$0 + 2])
          }
        ]
      }
      return (0..<channels).map { channel in plane { Self.peak * Double(values[$0 + channel]) } }
    }
    self.width = innerWidth
    self.height = innerHeight
    self.planes = zip(planes(picture), planes(original)).map { ($0, $1) }
  }

  /// Y of ITU-R BT.601, in 16...235: 16 + (65.481 R + 128.553 G + 24.966 B) / 255, rounded.
  private static func luma(_ red: Int, _ green: Int, _ blue: Int) -> Int {
    16 + (2 * (65481 * red + 128553 * green + 24966 * blue) + 255_000) / 510_000
  }

  /// The same weights over the full range: a pixel of three equal values has this value.
  private static func grey(_ red: Int, _ green: Int, _ blue: Int) -> Int {
    (299 * red + 587 * green + 114 * blue + 500) / 1000
  }

  /// Peak signal-to-noise ratio in dB: 10 log10(255^2 / MSE), with the mean over all values. Infinite for equal pictures.
  package func psnr() -> Double {
    var sum = 0.0
    for (picture, original) in planes {
      for (left, right) in zip(picture, original) { sum += (left - right) * (left - right) }
    }
    let error = sum / Double(planes.count * width * height)
    return 10 * Elementary.log10(Self.peak * Self.peak / error)
  }

  /// Structural similarity: the mean over all windows that lie within the pictures, and over the channels. Windows have 11 x 11
  /// pixels with Gaussian weights of deviation 1.5; the constants are (0.01 * 255)^2 and (0.03 * 255)^2.
  ///
  /// Wang, Bovik, Sheikh, Simoncelli: "Image Quality Assessment: From Error Visibility to Structural Similarity"
  /// (IEEE TIP 2004).
  package func ssim() -> Double {
    planes.reduce(0) { $0 + similarity($1.picture, $1.original) } / Double(planes.count)
  }

  private static let weights = (0..<windowSize).map { SSIMWindow.gaussian.weight(tap: $0) }

  /// The mean similarity of one channel.
  private func similarity(_ picture: [Double], _ original: [Double]) -> Double {
    let size = Self.windowSize
    let (columns, rows) = (width - size + 1, height - size + 1)
    // The means along rows of x, y, x^2, y^2 and xy, for the rows of one window. Row r lies at r % 11.
    let quantities = 5
    var ring = [Double](repeating: 0, count: size * quantities * columns)
    var means = [Double](repeating: 0, count: quantities * columns)
    var total = 0.0
    picture.withUnsafeBufferPointer { x in
      original.withUnsafeBufferPointer { y in
        ring.withUnsafeMutableBufferPointer { ring in
          means.withUnsafeMutableBufferPointer { means in
            for row in 0..<height {
              let slot = row % size * quantities * columns
              for index in slot..<slot + quantities * columns { ring[index] = 0 }
              for (tap, weight) in Self.weights.enumerated() {
                let source = row * width + tap
                for column in 0..<columns {
                  let (left, right) = (x[source + column], y[source + column])
                  ring[slot + column] += weight * left
                  ring[slot + columns + column] += weight * right
                  ring[slot + 2 * columns + column] += weight * (left * left)
                  ring[slot + 3 * columns + column] += weight * (right * right)
                  ring[slot + 4 * columns + column] += weight * (left * right)
                }
              }
              guard row >= size - 1 else { continue }
              for index in means.indices { means[index] = 0 }
              for (tap, weight) in Self.weights.enumerated() {
                let source = (row - size + 1 + tap) % size * quantities * columns
                for index in means.indices { means[index] += weight * ring[source + index] }
              }
              total += Self.sum(of: UnsafeBufferPointer(means), columns)
            }
          }
        }
      }
    }
    return total / Double(columns * rows)
  }

  /// The similarities of a row of windows, added up.
  private static func sum(of means: UnsafeBufferPointer<Double>, _ columns: Int) -> Double {
    let (c1, c2) = ((0.01 * peak) * (0.01 * peak), (0.03 * peak) * (0.03 * peak))
    var sum = 0.0
    for column in 0..<columns {
      let (x, y) = (means[column], means[columns + column])
      let xVariance = means[2 * columns + column] - x * x
      let yVariance = means[3 * columns + column] - y * y
      let covariance = means[4 * columns + column] - x * y
      sum +=
        (2 * x * y + c1) * (2 * covariance + c2)
        / ((x * x + y * y + c1) * (xVariance + yVariance + c2))
    }
    return sum
  }
}
