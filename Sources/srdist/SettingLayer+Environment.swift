import Foundation
import SRTraining

extension SettingLayer {
  /// Settings that environment variables give; every command's options win over them.
  ///
  /// `SRDIST_WEIGHTS`: the folder of the perceptual networks' weights; empty, it counts as unset.
  static var environment: SettingLayer {
    var layer = SettingLayer(origin: "the environment", values: [:])
    if let folder = ProcessInfo.processInfo.environment["SRDIST_WEIGHTS"], !folder.isEmpty {
      layer.values[.weightsDir] = folder
    }
    return layer
  }
}
