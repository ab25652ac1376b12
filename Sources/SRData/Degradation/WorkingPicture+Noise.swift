import SRTensor

/// Where a picture's noise comes from: a stream of Philox for each noise.
package struct NoiseStream: Sendable, Equatable {
  package let seed: UInt64
  package let epoch: UInt32
  package let index: UInt32

  package init(seed: UInt64, epoch: UInt32, index: UInt32) {
    self.seed = seed
    self.epoch = epoch
    self.index = index
  }

  fileprivate var philox: Philox4x32 { Philox4x32(key: seed) }

  /// Four numbers of the stream.
  @inline(__always) fileprivate func block(_ position: Int, _ philox: Philox4x32) -> SIMD4<UInt32> {
    philox.block(
      at: [
        UInt32(truncatingIfNeeded: position), UInt32(truncatingIfNeeded: position >> 32), epoch, index,
      ])
  }
}

/// Noise.
extension WorkingPicture {
  /// The luma of BT.601, as torchvision's `rgb_to_grayscale` computes it.
  @inline(__always) static func luma(_ pixel: UnsafePointer<Float>) -> Float {
    0.2989 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]
  }

  /// Adds normal noise, and clamps to 0...1.
  ///
  /// Box-Muller: two numbers u, v give sqrt(-2 ln u) cos(2 pi v) and sqrt(-2 ln u) sin(2 pi v).
  ///
  /// - Parameters:
  ///   - sigma: of 255 levels.
  ///   - isGrey: whether a pixel's channels get the same noise.
  func addGaussianNoise(sigma: Double, isGrey: Bool, _ stream: NoiseStream) {
    let (philox, pixels) = (stream.philox, pixels)
    let total = isGrey ? width * height : count
    let scale = sigma / 255
    @inline(__always) func add(_ noise: Double, at position: Int) {
      guard position < total else { return }
      let noise = Float(noise)
      if isGrey {
        for channel in 3 * position..<3 * position + 3 {
          pixels[channel] = min(max(pixels[channel] + noise, 0), 1)
        }
      } else {
        pixels[position] = min(max(pixels[position] + noise, 0), 1)
      }
    }
    for block in 0..<(total + 3) / 4 {
      let numbers = stream.block(block, philox)
      for half in 0..<2 {
        // From 2^-33 to 1 - 2^-33: the logarithm is finite.
        let u = (Double(numbers[2 * half]) + 0.5) * 0x1p-32
        let radius = scale * (-2 * Elementary.log(u)).squareRoot()
        let (cosine, sine) = Elementary.circle(Double(numbers[2 * half + 1]) * 0x1p-32)
        add(radius * cosine, at: 4 * block + 2 * half)
        add(radius * sine, at: 4 * block + 2 * half + 1)
      }
    }
  }

  /// Adds the noise of counted light, and clamps to 0...1.
  ///
  /// With x the picture at 256 levels and v the power of two that is not below the number of different levels in x, the noise is
  /// `scale` (P(x v) / v - x), where P draws from Poisson's distribution. So says BasicSR.
  ///
  /// - Parameter isGrey: whether a pixel's channels get the same noise, which their luma makes.
  func addPoissonNoise(scale: Double, isGrey: Bool, _ tables: PoissonTables, _ stream: NoiseStream) {
    let (philox, pixels) = (stream.philox, pixels)
    let total = isGrey ? width * height : count
    @inline(__always) func level(_ position: Int) -> UInt8 {
      Self.byte(isGrey ? Self.luma(pixels + 3 * position) : pixels[position])
    }
    withUnsafeTemporaryAllocation(of: Bool.self, capacity: 256) { isUsed in
      isUsed.initialize(repeating: false)
      for position in 0..<total { isUsed[Int(level(position))] = true }
      let table = tables.table(levels: isUsed.count { $0 })
      let factor = Float(scale)
      for block in 0..<(total + 3) / 4 {
        let numbers = stream.block(block, philox)
        for lane in 0..<min(4, total - 4 * block) {
          let position = 4 * block + lane
          let level = level(position)
          let drawn = table.draw(level: Int(level), numbers[lane])
          let noise = factor * (Float(drawn) / Float(table.peak) - Float(level) / 255)
          if isGrey {
            for channel in 3 * position..<3 * position + 3 {
              pixels[channel] = min(max(pixels[channel] + noise, 0), 1)
            }
          } else {
            pixels[position] = min(max(pixels[position] + noise, 0), 1)
          }
        }
      }
    }
  }
}

/// Poisson's distributions of 256 levels of grey, for each power of two that white may stand for.
struct PoissonTables: Sendable {
  struct Table: Sendable {
    /// The mean of white, 1 to 256.
    let peak: Int
    /// Of each level: the distribution function at 0, 1, 2, ... times 2^32, without a last part that is nearly 1.
    fileprivate let thresholds: [UInt32]
    fileprivate let starts: [Int]

    fileprivate init(peak: Int) {
      self.peak = peak
      var (thresholds, starts): ([UInt32], [Int]) = ([], [0])
      for level in 0...255 {
        let mean = Double(level * peak) / 255
        var probability = Elementary.exp(-mean)
        var (sum, count) = (probability, 0.0)
        while sum < 1 - 0x1p-33, count < 4 * mean + 40 {
          thresholds.append(UInt32(min(sum * 0x1p32, 0x1.fffffffep31)))
          count += 1
          probability *= mean / count
          sum += probability
        }
        starts.append(thresholds.count)
      }
      self.thresholds = thresholds
      self.starts = starts
    }

    /// The smallest number whose distribution function exceeds a uniform one.
    @inline(__always) func draw(level: Int, _ uniform: UInt32) -> Int {
      var (low, high) = (starts[level], starts[level + 1])
      while low < high {
        let middle = (low + high) / 2
        if uniform < thresholds[middle] { high = middle } else { low = middle + 1 }
      }
      return low - starts[level]
    }
  }

  private let tables: [Table]

  init() { tables = (0...8).map { Table(peak: 1 << $0) } }

  /// The table for pictures of so many different levels.
  func table(levels: Int) -> Table {
    tables.first { $0.peak >= levels } ?? tables[8]
  }
}
