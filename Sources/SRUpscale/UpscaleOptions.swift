import SRData
import SRMetrics
import SRTensor

/// What `srdist upscale` is asked for.
package struct UpscaleOptions: Sendable {
  /// Which format a picture gets.
  package enum Ending: String, Sendable, CaseIterable {
    /// That of the input.
    case auto
    case png
    /// JPEG for 8 bits without alpha. JPEG can hold neither alpha nor 16 bits, so other pictures become PNG.
    case jpg
  }

  /// What happens to a file that has the name of an output.
  package enum Existing: Sendable {
    /// Nothing, and an error ends the job before any work.
    case error
    case replace
    /// Nothing, and its input is left out.
    case skip
  }

  /// Files and folders.
  package var inputs: [String]
  /// A folder. It is created if it does not exist.
  package var output: String
  /// The output's size divided by the input's; nil for the network's scale.
  package var factor: Double?
  /// Stands after `_` behind the input's name; empty for nothing.
  package var suffix = "out"
  package var ending = Ending.auto
  /// The values that stand for the intensities 0 and 1 in all inputs; nil for those on which the network was trained.
  package var range: ValueRange?
  /// Of JPEG files.
  package var quality = PictureEncoder.standardQuality
  /// Whether folders below the inputs are searched.
  package var isRecursive = false
  package var existing = Existing.error
  /// The bytes that each rank may use.
  package var memory: Int
  /// The folder of the originals; nil for none.
  package var reference: String?
  /// How inputs are named after their originals; nil for the usual ways (``FolderOriginals``).
  package var template: FileNameTemplate?
  package var channels = PictureConvention.Channels.rgb
  /// Pixels that are left out at each edge as outputs are measured; nil for as many as the network's scale.
  package var border: Int?
  /// Whether a sheet is written that shows LR, bicubic, SR and the original side by side.
  package var comparesPictures = false

  package init(inputs: [String], output: String, memory: Int) {
    self.inputs = inputs
    self.output = output
    self.memory = memory
  }

  /// The largest factor. A larger one is a slip of the keyboard.
  package static let factorRange = 0.01...64.0
}

/// What keeps a job of `srdist upscale` from its start, or a picture from being enlarged.
package struct UpscaleError: Error, CustomStringConvertible, Sendable {
  package let description: String
  package init(_ description: String) { self.description = description }
}
