/// The five transforms of Winograd's minimal filtering F(m x m, 3 x 3), each for one tile and a ``Register`` of channels.
///
/// With d an n x n input tile (n = m + 2), g a 3 x 3 kernel and y an m x m output tile:
///
///     V = Bt d B    U = G g Gt    y = At (sum over input channels of U * V) A
///     D = A y' At                 g' = Gt (sum over tiles of V * D) G
///
/// Here y' and g' are gradients, and * is element by element. An element of V, U, D is a "frequency".
/// (A. Lavin, S. Gray, Fast Algorithms for Convolutional Neural Networks, CVPR 2016.)
///
/// Implementations are `@inline(never)`. Otherwise they would be inlined into the requirement's thunk, and in a thunk the
/// compiler leaves every fused multiplication a call.
protocol WinogradTransform {
  /// m: rows and columns of an output tile.
  static var outputTile: Int { get }
  static var name: String { get }

  /// V: reads n x n pixels, writes n * n frequencies.
  static func input(
    _ source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
    into frequencies: UnsafeMutablePointer<Float>, frequencyStride: Int)
  /// y: reads n * n frequencies, writes m x m pixels: `max(floor, bias + y)`.
  static func output(
    _ frequencies: UnsafePointer<Float>, frequencyStride: Int, bias: Register, floor: Register,
    into destination: UnsafeMutablePointer<Float>, rowStride: Int, columnStride: Int)
  /// D: reads m x m pixels, writes n * n frequencies.
  static func gradient(
    _ source: UnsafePointer<Float>, rowStride: Int, columnStride: Int,
    into frequencies: UnsafeMutablePointer<Float>, frequencyStride: Int)
  /// U: reads 9 kernel elements, `stride` floats apart, writes n * n frequencies.
  static func weights(
    _ kernel: UnsafePointer<Float>, stride: Int, into frequencies: UnsafeMutablePointer<Float>,
    frequencyStride: Int)
  /// g': reads n * n frequencies, writes 9 kernel elements, `stride` floats apart.
  static func weightGradient(
    _ frequencies: UnsafePointer<Float>, frequencyStride: Int,
    into kernel: UnsafeMutablePointer<Float>, stride: Int)
}

extension WinogradTransform {
  /// n: rows and columns of an input tile.
  @inline(always) static var inputTile: Int { outputTile + 2 }
  /// n * n
  @inline(always) static var frequencyCount: Int { inputTile * inputTile }
}
