import SRLayers
import SRTensor

/// The places of one activation of all images in a workspace. One kind of image follows the other, pair after pair.
struct FeatureSlots {
  /// Floats of one image's activation.
  let count: Int
  private let start: Int
  private let sharesMemory: Bool

  /// - Parameter sharesMemory: whether a pair's images use the same place, one after the other.
  init(_ shape: FeatureShape, pairs: Int, sharesMemory: Bool, in workspace: inout WorkspacePlanner) {
    count = shape.count
    start = workspace.reserve((sharesMemory ? 1 : FeatureNetwork.PairedImage.allCases.count) * pairs * count)
    self.sharesMemory = sharesMemory
  }

  /// - Parameter pairs: how many pairs go through the network together this time. Their images lie without gaps.
  func place(_ image: FeatureNetwork.PairedImage, of pair: Int, pairs: Int) -> Int {
    start + ((sharesMemory ? 0 : image.rawValue * pairs) + pair) * count
  }
}
