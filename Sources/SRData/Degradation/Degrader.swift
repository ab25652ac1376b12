import SRFiles
import SRProcess
import SRTensor

/// Makes low-resolution pictures by a recipe. The result is a function of recipe, key and picture: it has the same bits on any
/// thread, rank and CPU, with one version of libjpeg.
package final class Degrader: Sendable {
  package let recipe: DegradationRecipe
  package let scale: Int
  private let poisson = PoissonTables()
  private let memory = BufferPool()

  package init(_ recipe: DegradationRecipe, scale: Int) {
    self.recipe = recipe
    self.scale = scale
  }

  /// Throws ``DegradationError`` if the pairs' pictures cannot be degraded: if they are not 8-bit RGB, or by
  /// ``check(width:height:)``.
  package convenience init(_ recipe: DegradationRecipe, for pairs: any PairSource) throws(DegradationError) {
    self.init(recipe, scale: pairs.scale)
    guard pairs.isRGB8 else {
      throw DegradationError(
        key: nil,
        problem:
          "the pictures of \(pairs.summary) are not 8-bit RGB, and only such pictures are degraded. Leave out the recipe; or, for "
          + "--train-hr, read PNG files as such by --depth 8 --in-channels 3 --out-channels 3"
      )
    }
    try check(width: pairs.highResWidth, height: pairs.highResHeight)
  }

  /// The largest side that libjpeg encodes.
  private static let largestSide = 65_500

  /// Throws ``DegradationError`` if pictures of a size become too large on their way, or have no pixel at the end.
  package func check(width: Int, height: Int) throws(DegradationError) {
    let largest = Double(Self.largestSide) / recipe.largestFactor
    guard min(width, height) >= scale, Double(max(width, height)) <= largest else {
      throw DegradationError(
        key: nil,
        problem:
          "a picture has \(width) x \(height) pixels, and \(scale) to \(Int(largest)) on each side are needed"
          + (recipe.largestFactor > 1 ? " by a recipe that enlarges \(recipe.largestFactor)-fold" : ""))
    }
  }

  /// Writes the low-resolution picture as float32 HWC, multiples of 1/255 in 0...1.
  ///
  /// - Parameters:
  ///   - highRes: float32 HWC, 0...1. Its sides are multiples of the scale.
  ///   - lowRes: room for [height / scale, width / scale, 3].
  package func degrade(
    _ highRes: UnsafePointer<Float>, width: Int, height: Int, key: DegradationKey,
    to lowRes: UnsafeMutablePointer<Float>
  ) {
    let (lowWidth, lowHeight) = (width / scale, height / scale)
    let steps = recipe.steps(key, width: width, height: height, lowWidth: lowWidth, lowHeight: lowHeight)
    memory.with { buffers in
      var picture = WorkingPicture(width: width, height: height, place: 0, buffers: buffers)
      picture.pixels.update(from: highRes, count: picture.count)
      picture.apply(steps, poisson)
      picture.clamp(rounded: true)
      lowRes.update(from: picture.pixels, count: picture.count)
    }
  }

  /// Makes the original as the recipe wants it beside its low-resolution picture: grey, if both become grey.
  ///
  /// - Parameter highRes: float32 HWC, 0...1. Grey values are multiples of 1/255, as the low-resolution picture's are.
  package func finish(
    _ highRes: UnsafeMutablePointer<Float>, width: Int, height: Int, key: DegradationKey
  ) {
    guard recipe.colorChanges(key).greysOriginal else { return }
    memory.with { buffers in
      let picture = WorkingPicture(width: width, height: height, place: 0, buffers: buffers)
      picture.pixels.update(from: highRes, count: picture.count)
      picture.apply(.grey)
      picture.clamp(rounded: true)
      highRes.update(from: picture.pixels, count: picture.count)
    }
  }

  /// The original as ``finish(_:width:height:key:)`` makes it.
  package func finished(_ highRes: RGBImage, key: DegradationKey) -> RGBImage {
    guard recipe.colorChanges(key).greysOriginal else { return highRes }
    var pixels = highRes.pixels.map { Float($0) / 255 }
    pixels.withUnsafeMutableBufferPointer {
      finish($0.baseAddress!, width: highRes.width, height: highRes.height, key: key)
    }
    return RGBImage(
      width: highRes.width, height: highRes.height, pixels: pixels.map { WorkingPicture.byte($0) })
  }

  /// The low-resolution picture of a high-resolution one, whose sides are multiples of the scale.
  package func degrade(_ highRes: RGBImage, key: DegradationKey) -> RGBImage {
    let (width, height) = (highRes.width / scale, highRes.height / scale)
    var lowRes = [Float](repeating: 0, count: 3 * width * height)
    highRes.pixels.map { Float($0) / 255 }.withUnsafeBufferPointer { pixels in
      lowRes.withUnsafeMutableBufferPointer {
        degrade(
          pixels.baseAddress!, width: highRes.width, height: highRes.height, key: key, to: $0.baseAddress!)
      }
    }
    return RGBImage(width: width, height: height, pixels: lowRes.map { WorkingPicture.byte($0) })
  }

  /// A picture after some steps: float32 HWC, neither clamped nor rounded at the end.
  package static func apply(
    _ steps: [DegradationStep], to pixels: [Float], width: Int, height: Int
  ) -> (width: Int, height: Int, pixels: [Float]) {
    precondition(pixels.count == 3 * width * height, "\(pixels.count) floats for \(width) x \(height) pixels")
    var picture = WorkingPicture(width: width, height: height, place: 0, buffers: DegradationBuffers())
    pixels.withUnsafeBufferPointer { picture.pixels.update(from: $0.baseAddress!, count: $0.count) }
    picture.apply(steps, PoissonTables())
    return (
      picture.width, picture.height,
      Array(UnsafeBufferPointer(start: picture.pixels, count: picture.count))
    )
  }
}

extension WorkingPicture {
  fileprivate mutating func apply(_ steps: [DegradationStep], _ poisson: PoissonTables) {
    for step in steps {
      switch step {
      case .blur(let kernel): blur(kernel)
      case .resize(let filter, let width, let height): resize(filter, width: width, height: height)
      case .gaussianNoise(let sigma, let isGrey, let stream):
        addGaussianNoise(sigma: sigma, isGrey: isGrey, stream)
      case .poissonNoise(let scale, let isGrey, let stream):
        addPoissonNoise(scale: scale, isGrey: isGrey, poisson, stream)
      case .jpeg(let quality): compress(quality: quality)
      case .color(let change): apply(change)
      }
    }
  }
}

/// Buffers that nobody is using. There are never more than threads that degrade.
private final class BufferPool: @unchecked Sendable {
  private let lock = Condition()
  private var free: [DegradationBuffers] = []

  func with(_ body: (DegradationBuffers) -> Void) {
    let buffers = lock.withLock { free.popLast() } ?? DegradationBuffers()
    body(buffers)
    lock.withLock { free.append(buffers) }
  }
}
