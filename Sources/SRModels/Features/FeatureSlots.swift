import SRLayers
import SRTensor

/// Where one activation of all images lies in a workspace: of one kind of image after the other, pair after pair.
struct FeatureSlots {
  /// Floats of one image's.
  let count: Int
  private let start: Int
  private let sharesMemory: Bool

  /// - Parameter sharesMemory: whether a pair's images use the same place, one after the other.
  init(_ shape: FeatureShape, pairs: Int, sharesMemory: Bool, in workspace: inout WorkspacePlanner) {
    count = shape.count
    start = workspace.reserve((sharesMemory ? 1 : FeatureNetwork.PairedImage.allCases.count) * pairs * count)
    self.sharesMemory = sharesMemory
  }

  /// - Parameter pairs: how many go through the network together this time; their images lie without gaps.
  func place(_ image: FeatureNetwork.PairedImage, of pair: Int, pairs: Int) -> Int {
    start + ((sharesMemory ? 0 : image.rawValue * pairs) + pair) * count
  }
}
