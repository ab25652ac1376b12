import SRKernels

/// The changes that training images undergo at random each epoch, as BasicSR's `use_hflip` and `use_rot`.
package struct Augmentation: Sendable, Equatable, CustomStringConvertible {
  /// Left and right are swapped in half of the images.
  package var flips = false
  /// Top and bottom are swapped in half of the images, and rows and columns in half of the images. With flips, all eight
  /// orientations are equally frequent.
  package var rotates = false

  package static let none = Augmentation()
  package static let flip = Augmentation(flips: true)

  /// The numbers of all orientations that occur are below this.
  var places: Int { rotates ? SampleIdentity.Orientation.count : flips ? 2 : 1 }

  package init(flips: Bool = false, rotates: Bool = false) {
    self.flips = flips
    self.rotates = rotates
  }

  static let expected = "none, flip, rot or 'flip,rot'"

  /// Nil if the text names no augmentation.
  init?(_ text: String) {
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map {
      $0.filter { !$0.isWhitespace }
    }
    let isList = Set(names).count == names.count && names.allSatisfy(["flip", "rot"].contains)
    guard isList || names == ["none"] else { return nil }
    self.init(flips: names.contains("flip"), rotates: names.contains("rot"))
  }

  package var description: String {
    let names = (flips ? ["flip"] : []) + (rotates ? ["rot"] : [])
    return names.isEmpty ? "none" : names.joined(separator: ",")
  }
}
